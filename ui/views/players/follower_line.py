"""What is heard of the music, large: chord now and next, key, section, beat; and where the hand leads the band; Qt thread."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from ui import strings
from ui.model import Parameter
from ui.store import Store
from ui.style import theme
from ui.style.draw import LEFT, draw_box, draw_text, painter_of
from ui.style.theme import px
from ui.widgets.bar import Bar
from ui.widgets.button import Button
from ui.widgets.frame import column, row
from ui.widgets.learning import learnable

HEIGHT, LOW, FADER_WIDE, GAP = 104, 56, 330, 12
BESIDE_FROM = 1250
"""Design pixels of a view in which facts, sections and fader stand on one line."""
FOLLOWER, SECTION, INTENSITY = "/follower", "/band/section", "/band/intensity"
CALL = "/band/call"
BY_EAR = -1.0
"""The intensity that means: as it is heard."""
READ = ("chord", "next", "key", "section", "beat")


class Facts(QWidget):
    """Chord, next chord, key, section and beat, painted large. `said` by name."""

    def __init__(self) -> None:
        super().__init__()
        self.said = dict.fromkeys(READ, "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.fix(self, height=HEIGHT)
        theme.least(self, 420, HEIGHT)

    def show_fact(self, name: str, text: str) -> None:
        """One of READ."""
        if self.said.get(name) != text:
            self.said[name] = text
            words = (strings.CHORD_NOW, strings.CHORD_NEXT, strings.KEY_NOW, strings.SECTION_NOW, strings.BEAT_NOW)
            pairs = zip(words, self.said.values(), strict=True)
            self.setAccessibleName(", ".join(f"{word} {value or strings.NO_CHORD}" for word, value in pairs))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, box = painter_of(self), QRectF(self.rect())
        draw_box(painter, box, theme.colour.surface, theme.colour.line)
        inner = box.adjusted(px(18), px(4), -px(12), -px(4))
        wide, said = inner.width(), self.said
        chord = QRectF(inner.left(), inner.top(), wide * 0.33, inner.height())
        draw_text(
            painter,
            chord,
            said["chord"] or strings.NO_CHORD,
            theme.face("stage_title", 0.7),
            theme.colour.text,
            LEFT,
            0.4,
        )
        then = QRectF(chord.right() + px(14), inner.top(), wide * 0.25, inner.height())
        if said["next"]:
            draw_text(
                painter, then, strings.THEN.format(said["next"]), theme.face("stage"), theme.colour.you, LEFT, 0.5
            )
        half = inner.height() / 2
        left = then.right() + px(12)
        upper = QRectF(left, inner.top(), inner.right() - left, half)
        lower = QRectF(left, inner.top() + half, (inner.right() - left) * 0.72, half)
        section = strings.BAND_SECTIONS.get(said["section"], said["section"])
        draw_text(painter, upper, said["key"], theme.face("large"), theme.colour.text, LEFT, 0.6)
        draw_text(painter, lower, section, theme.face("large"), theme.colour.player, LEFT, 0.6)
        beat = QRectF(lower.right(), lower.top(), inner.right() - lower.right(), half)
        draw_text(painter, beat, said["beat"], theme.face("large"), theme.colour.dim, LEFT, 0.6)


class Push(Bar):
    """Intensity of the whole band: what is heard, until a hand takes it; the scene's value gives it back to the ear."""

    def __init__(self, parameter: Parameter) -> None:
        self.by_hand = False
        self._heard = 0.5
        super().__init__(replace(parameter, low=0.0, high=1.0, home=None), strings.BAND_INTENSITY, "player", tall=HEIGHT,
                         role="head")  # fmt: skip

    def value_text(self) -> str:
        said = super().value_text()
        return said if self.by_hand else strings.AS_HEARD.format(said)

    def show_value(self, value: float) -> None:
        """From the tree: below 0 the ear leads."""
        self.by_hand = value >= 0.0
        super().show_value(value if self.by_hand else self._heard)
        self.update()

    def show_heard(self, value: float) -> None:
        """What the follower hears."""
        self._heard = value
        if not self.by_hand:
            super().show_value(value)

    def edit(self, value: float) -> None:
        self.by_hand = True
        super().edit(value)

    def go_home(self, *, factory: bool = False) -> None:
        self.start_gesture()
        self.by_hand = False
        self.edited.emit(BY_EAR, self.gesture)
        self.update()


class FollowerLine(QWidget):
    """Hidden, all or in part, where the instrument has none of it, or nobody who would listen."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.facts = Facts()
        self.sections: dict[str, Button] = {}
        self.fader: Push | None = None
        self._wanted, self._pending = False, ""
        for name, title in strings.BAND_SECTIONS.items():
            button = Button(title, tint="player", tip=strings.TIP_SECTION, height=50, role="label", least=84)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _on=False, name=name: self.call(name))
            learnable(button, store, f"{CALL}/{name}")
            self.sections[name] = button
        self._hand = QWidget()
        self._fader_row = row()
        four = list(self.sections.values())
        self._hand.setLayout(column(row(*four[:4], spacing=6), row(*four[4:], spacing=6), spacing=4))
        self.chart = Button(strings.CHART, tip=strings.TIP_CHART, checkable=True, height=50, role="label", least=96)
        self.chart.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._line = row(self.facts, self._hand, row(self._fader_row, self.chart, spacing=GAP), spacing=GAP)
        self.setLayout(self._line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        store.watch(FOLLOWER, self._on_follower, self)
        store.watch(SECTION, lambda *_: self._light(), self)
        store.structure_changed.connect(self.rebuild)
        self.rebuild()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On one line, or below each other where the view is narrow."""
        wide = self.width() >= px(BESIDE_FROM)
        self._line.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        if self.fader is not None:
            self.fader.set_tall(HEIGHT if wide else LOW)

    @property
    def has_follower(self) -> bool:
        """Whether somebody follows the music."""
        return self.store.has(f"{FOLLOWER}/chord")

    def rebuild(self) -> None:
        """What of it the tree has."""
        store = self.store
        self.facts.setVisible(self.has_follower)
        self._hand.setVisible(store.has(SECTION))
        self.chart.setVisible(store.has("/chart/draft"))
        parameter = store.parameter(INTENSITY)
        if parameter is None and self.fader is not None:
            self.fader.hide()
            self.fader.deleteLater()
            self.fader = None
        elif parameter is not None and self.fader is None:
            self.fader = store.bind(Push(parameter))
            theme.least(self.fader, FADER_WIDE)
            self._fader_row.addWidget(self.fader)
            self._on_follower(f"{FOLLOWER}/intensity", store.value(f"{FOLLOWER}/intensity"))
        self._show()
        for name in READ[:-1]:
            self._on_follower(f"{FOLLOWER}/{name}", store.value(f"{FOLLOWER}/{name}"))

    def show_wanted(self, wanted: bool) -> None:
        """Whether there is a band that listens; without one the line is there only while a chord is known."""
        self._wanted = wanted
        self._show()

    def _show(self) -> None:
        there = self.has_follower or self.store.has(SECTION) or self.fader is not None
        self.setVisible(there and (self._wanted or bool(self.facts.said["chord"])))

    def call(self, name: str) -> None:
        """A section, from the next bar on."""
        self._pending = name
        self.store.send(SECTION, name)
        self._light()

    def show_beat(self, beat: float | None) -> None:
        """Beat of the bar from 0, of whoever counts; None: nobody does."""
        self.facts.show_fact("beat", "" if beat is None else f"{int(beat) + 1}")

    def _on_follower(self, address: str, value: Any) -> None:
        name, section = address.rsplit("/", 1)[-1], self.facts.said["section"]
        if name in READ[:-1]:
            self.facts.show_fact(name, str(value or ""))
        if name == "chord":
            self._show()
        elif name == "section":
            self._pending = self._pending if self.facts.said["section"] == section else ""
            self._light()
        elif name == "intensity" and self.fader is not None and isinstance(value, (int, float)):
            self.fader.show_heard(float(value))

    def _light(self) -> None:
        """The section that is played now, and the one that is called."""
        now = self.store.value(f"{FOLLOWER}/section") or self.store.value(SECTION)
        for name, button in self.sections.items():
            button.show_lit(name == now)
            button.set_look(strings.BAND_SECTIONS[name], "right" if name == self._pending != now else "")
