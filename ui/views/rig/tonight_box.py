"""Tonight: what is recorded, what is saved, what a crash left, whether the panel is locked, what came late; Qt thread."""

from ui import strings
from ui.store import Store
from ui.views.rig.parts import Switch
from ui.widgets.button import Button
from ui.widgets.frame import Frame, Words, row


class TonightBox(Frame):
    """Lines, each with what can be done about it."""

    def __init__(self, store: Store) -> None:
        super().__init__(strings.TONIGHT)
        self.store = store
        self.recording = Words("", "label")
        self.saved = Words("", "label")
        self.engine = Words("", "label")
        self.offer = Words("", "label", "warn")
        self.take = Button(strings.RECOVER, tint="warn", height=48, role="label")
        self.drop = Button(strings.DROP, height=48, role="label")
        self.take.clicked.connect(lambda: store.send("/recover/take"))
        self.drop.clicked.connect(lambda: store.send("/recover/drop"))
        self.lock = Switch(store, "/lock", strings.LOCK_STAGE, strings.TIP_LOCK_RIG, "warn")
        for line in (self.recording, self.saved, self.engine, self.offer):
            self.body.addWidget(line)
        self.body.addLayout(row(self.take, self.drop, None, spacing=8))
        self.body.addStretch(1)
        self.body.addLayout(row(self.lock, None))
        for address in ("/record/state", "/save/changed", "/save/name", "/autosave", "/recover/offer", "/engine"):
            store.watch(address, lambda *_: self.refresh(), self)
        store.structure_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """All lines as they are now."""
        value = self.store.value
        state = str(value("/record/state") or strings.UNKNOWN)
        failed = state.startswith("failed")
        self.recording.set_text(strings.RECORDING_LINE.format(state), "danger" if failed else "text")
        name = str(value("/save/name") or value("/scene") or "")
        if not self.store.has("/save/changed"):
            self.saved.set_text(strings.NO_SAVE, "dim")
        elif value("/save/changed"):
            self.saved.set_text(strings.UNSAVED.format(name), "warn")
        else:
            self.saved.set_text(strings.ALL_SAVED.format(name), "text")
        late, xruns = int(value("/engine/late") or 0), int(value("/engine/xruns") or 0)
        self.engine.set_text(strings.LATE_LINE.format(late, xruns), "warn" if late or xruns else "text")
        offer = str(value("/recover/offer") or "")
        self.offer.set_text(offer or (strings.NOTHING_TO_RECOVER if self.store.has("/recover/offer") else strings.NO_RECOVERY),
                            "warn" if offer else "dim")  # fmt: skip
        self.take.setVisible(bool(offer))
        self.drop.setVisible(bool(offer))
