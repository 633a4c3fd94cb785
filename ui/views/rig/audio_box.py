"""Audio: driver, device, server, rate, block, channels; chosen, then applied while it runs; Qt thread."""

import time
from typing import Any

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QLineEdit

from ui import strings
from ui.state import rig
from ui.state.reading import dumps
from ui.store import Store
from ui.views.rig.parts import Pick, named
from ui.widgets.button import Button
from ui.widgets.frame import Frame, Words, row

CHANNELS = (0, 1, 2, 3, 4, 6, 8)
WAIT_S = 12.0
"""So long a change may take before it is called silent."""


class AudioBox(Frame):
    """What is chosen differs from what sounds until Apply; what the tree says stands below."""

    def __init__(self, store: Store) -> None:
        super().__init__(strings.AUDIO)
        self.store = store
        self.audio = rig.Audio()
        self.touched = False
        self.asked: dict[str, Any] = {}
        self._asked_at = 0.0
        picked = self._on_picked
        self.driver, self.device = Pick(strings.DRIVER, picked), Pick(strings.DEVICE, picked)
        self.rate, self.block = Pick(strings.RATE, picked), Pick(strings.BLOCK, picked)
        self.inputs, self.outputs = Pick(strings.INPUTS, picked), Pick(strings.OUTPUTS, picked)
        self.server = QLineEdit()
        self.server.setAccessibleName(strings.SERVER)
        self.server.setPlaceholderText(strings.SERVER_DEFAULT)
        self.server.textEdited.connect(lambda _text: picked())
        self.resize_server = Button(strings.RESIZE, tip=strings.TIP_RESIZE, checkable=True, height=44, role="label")
        self.resize_server.clicked.connect(picked)
        self.apply = Button(strings.APPLY, height=52, least=140)
        self.apply.clicked.connect(self.send)
        self.revert = Button(strings.REVERT, height=52, role="label")
        self.revert.clicked.connect(self.forget)
        self.look = Button(strings.LOOK_AGAIN, height=44, role="label", tip=strings.TIP_LOOK)
        self.look.clicked.connect(lambda: store.send("/audio/look"))
        self.now = Words("", "label", "good")
        self.told = Words("", "label", "dim")
        self.body.addLayout(named(strings.DRIVER, self.driver, self.look))
        self.body.addLayout(named(strings.DEVICE, self.device))
        self._server_line = named(strings.SERVER, self.server, self.resize_server)
        self.body.addLayout(self._server_line)
        self.body.addLayout(named(strings.RATE, self.rate, self.block))
        self.body.addLayout(named(strings.INPUTS, self.inputs, self.outputs))
        self.body.addWidget(self.now)
        self.body.addWidget(self.told)
        self.body.addStretch(1)
        self.body.addLayout(row(self.apply, self.revert, None))
        self._patience = QTimer(self)
        self._patience.setInterval(500)
        self._patience.timeout.connect(self._check_patience)
        store.watch("/audio/state", lambda _address, value: self._on_state(value), self)
        store.watch("/log", lambda _address, value: self._on_log(str(value)), self)
        store.notice.connect(self._on_log)
        store.structure_changed.connect(self.refresh)
        self.refresh()

    # what is wished

    def wish(self) -> dict[str, Any]:
        """What the hand has chosen, as far as it differs."""
        chosen: dict[str, Any] = {
            "driver": self.driver.value, "device": self.device.value, "sample_rate": self.rate.value,
            "frames": self.block.value, "inputs": self.inputs.value, "outputs": self.outputs.value,
        }  # fmt: skip
        wished = self.audio.differing({name: value for name, value in chosen.items() if value is not None})
        if self.server.isEnabled() and self.server.text().strip() != self.audio.server:
            wished["server"] = self.server.text().strip()
        if self.resize_server.isEnabled() and self.resize_server.isChecked() != bool(
            self.audio.raw.get("resize_server")
        ):
            wished["resize_server"] = self.resize_server.isChecked()
        return wished

    def send(self) -> None:
        """Asks for the change."""
        wished = self.wish()
        if wished and self.store.send("/audio/set", dumps(wished)):
            self.asked, self._asked_at = wished, time.monotonic()
            self.told.set_text(strings.CHANGING, "warn")
            self._patience.start()
            self._show_buttons()

    def forget(self) -> None:
        """Back to what sounds."""
        self.touched = False
        self.asked = {}
        self._patience.stop()
        self._show_state()

    # what the tree says

    def refresh(self) -> None:
        """There or not."""
        if not self.store.has("/audio/state"):
            self.now.set_text(strings.NO_AUDIO, "dim")
        self._show_buttons()

    def _on_state(self, value: Any) -> None:
        self.audio = rig.audio(value)
        if self.asked and not self.audio.differing({k: v for k, v in self.asked.items() if hasattr(self.audio, k)}):
            self.asked, self.touched = {}, False
            self._patience.stop()
            self.told.set_text(strings.CHANGED, "good")
        self._show_state()

    def _on_log(self, sentence: str) -> None:
        """While a change is awaited, what the instrument says is about it."""
        if self.asked and sentence and time.monotonic() - self._asked_at < WAIT_S:
            self.told.set_text(sentence, "warn")

    def _check_patience(self) -> None:
        if self.asked and time.monotonic() - self._asked_at > WAIT_S:
            self._patience.stop()
            self.asked = {}
            if self.told.text == strings.CHANGING:
                self.told.set_text(strings.NOT_CHANGED, "danger")
            self.touched = False
            self._show_state()

    def _show_state(self) -> None:
        now = self.audio
        line = strings.SOUNDS_NOW.format(now.description or now.driver, now.latency_ms)
        running = now.raw.get("running", True)
        self.now.set_text(
            line if running else strings.STANDS_STILL.format(now.description), "good" if running else "danger"
        )
        if not self.touched and not self.asked:
            titles = strings.DRIVERS
            self.driver.show_choices([(name, titles.get(name, name)) for name in now.drivers], now.driver)
            self.device.show_choices(
                [("", strings.DEFAULT_DEVICE), *((name, name) for name in now.devices)], now.device
            )
            self.rate.show_choices([(one, strings.HZ.format(one / 1000)) for one in now.rates], now.sample_rate)
            self.block.show_choices([(one, strings.FRAMES.format(one)) for one in now.blocks], now.frames)
            self.inputs.show_choices([(one, strings.INS.format(one)) for one in CHANNELS], now.inputs)
            self.outputs.show_choices([(one, strings.OUTS.format(one)) for one in CHANNELS[1:]], now.outputs)
            self.server.setText(now.server)
            self.resize_server.setChecked(bool(now.raw.get("resize_server")))
        self._show_buttons()

    def _on_picked(self) -> None:
        self.touched = True
        self.told.set_text("")
        self._show_buttons()

    def _show_buttons(self) -> None:
        able = self.store.has("/audio/set")
        jack = self.driver.value == "jack"
        for box in (self.driver, self.device, self.rate, self.block, self.inputs, self.outputs):
            box.setEnabled(able)
        self.server.setEnabled(able and jack)
        self.resize_server.setEnabled(able and jack)
        self.look.setEnabled(self.store.has("/audio/look"))
        self.apply.setEnabled(able and self.touched and not self.asked and bool(self.wish()))
        self.revert.setEnabled(self.touched and not self.asked)
