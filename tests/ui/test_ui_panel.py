"""The whole panel against a pretended session over real sockets: it shows the tree, sets it, follows it, lets go."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QCloseEvent, QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMessageBox, QWidget

from realtime.control import discovery
from realtime.native.errors import AntiphonError
from tests.control.fake_session import DEVICES, FakeSession, registered_devices
from ui import screenshot as screenshot_module
from ui import text, theme
from ui.buttons import Button
from ui.panel import PLAY_ON, main
from ui.screenshot import screenshot
from ui.window import Panel

CUTOFF = "/rack/1/filter_cutoff_hz"


def wait_for(condition, seconds=8.0):
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        QTest.qWait(5)
    return found


@pytest.fixture
def session():
    with FakeSession() as made:
        yield made


@pytest.fixture
def panel(app, session):
    made = Panel(session.port)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    assert wait_for(lambda: made.views.rack.panels)
    yield made
    made.close()
    made.deleteLater()
    app.processEvents()


def test_every_parameter_of_the_tree_has_its_control(panel, session):
    for node in session.tree:
        if node.address.startswith(("/rack/", "/player/", "/mix/")) and node.access == "rw":
            if node.address.endswith("/bypass"):
                continue
            control = panel.views.rack.control(node.address)
            assert control is not None, node.address
            assert control.value == pytest.approx(float(session.tree.get(node.address)))
    assert [one.device.title for one in panel.views.rack.panels[:6]] == [title for _, title, _, _ in DEVICES]


def test_knob_and_tree_follow_each_other(panel, session):
    knob = panel.views.rack.control(CUTOFF)
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_PageUp)
    assert wait_for(lambda: session.tree.get(CUTOFF) == pytest.approx(knob.value, rel=1e-5))
    assert knob.value > 1850
    mode = panel.views.rack.control("/rack/1/filter_mode")
    session.tree.set("/rack/1/filter_mode", "high")
    assert wait_for(lambda: mode.value == 2)
    session.tree.set("/rack/2/bypass", True)
    assert wait_for(lambda: panel.views.rack.panels[1].bypassed)
    QTest.mouseClick(panel.views.rack.panels[1].power, Qt.MouseButton.LeftButton)
    assert wait_for(lambda: session.tree.get("/rack/2/bypass") is False)


def test_undo_and_redo_reach_the_tree(panel, session):
    knob = panel.views.rack.control(CUTOFF)
    knob.edit_once(440.0)
    knob.edit_once(880.0)
    assert wait_for(lambda: session.tree.get(CUTOFF) == 880.0)
    QTest.keyClick(panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert wait_for(lambda: session.tree.get(CUTOFF) == 440.0)
    QTest.keyClick(panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert wait_for(lambda: session.tree.get(CUTOFF) == 1850.0)
    assert knob.value == 1850.0
    QTest.keyClick(panel, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert wait_for(lambda: session.tree.get(CUTOFF) == 440.0)
    assert session.midi == []  # Ctrl+Z is no note


def test_the_computer_keyboard_plays_and_focus_loss_releases(panel, session):
    QTest.keyPress(panel, Qt.Key.Key_Z)
    QTest.keyPress(panel, Qt.Key.Key_Q)
    assert wait_for(lambda: len(session.midi) == 2)
    assert session.midi == [(0x90, 48, 96), (0x90, 60, 96)]
    other = QWidget()
    other.show()
    other.activateWindow()
    assert wait_for(lambda: len(session.midi) == 4)
    assert set(session.midi[2:]) == {(0x80, 48, 0), (0x80, 60, 0)}
    other.close()
    other.deleteLater()


def test_typing_a_value_plays_no_notes(panel, session):
    knob = panel.views.rack.control(CUTOFF)
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_Return)
    for key in (Qt.Key.Key_2, Qt.Key.Key_5, Qt.Key.Key_0, Qt.Key.Key_0):
        QTest.keyClick(knob._entry, key)
    QTest.keyClick(knob._entry, Qt.Key.Key_Return)
    assert wait_for(lambda: session.tree.get(CUTOFF) == 2500.0)
    assert session.midi == []


def test_closing_releases_notes_and_says_goodbye(app, session):
    panel = Panel(session.port)
    panel.show()
    assert wait_for(lambda: panel.views.rack.panels and session.server.clients == 1)
    panel.views.keyboard.press("mouse", 64, 100)
    panel.views.keyboard.set_sustain(True)
    panel.close()
    assert wait_for(lambda: session.server.clients == 0)
    assert sorted(session.midi) == sorted([(0x90, 64, 100), (0xB0, 64, 127), (0x80, 64, 0), (0xB0, 64, 0)])
    panel.deleteLater()


def test_transport_scene_panic_and_record(panel, session):
    bar = panel.views.transport
    QTest.keyClick(panel, Qt.Key.Key_Space)
    assert wait_for(lambda: session.tree.get("/transport/playing") is True)
    assert wait_for(lambda: bar.play.isChecked())
    bar.tempo.edit_once(93.5)
    assert wait_for(lambda: session.tree.get("/transport/tempo_bpm") == 93.5)
    session.played_beats = 9.0
    assert wait_for(lambda: bar.position.words() == "3 : 2")
    bar.step_scene(1)
    assert wait_for(lambda: bar.scene.scene == "glass bells")
    assert session.loaded == ["first light", "glass bells"]
    QTest.mouseClick(bar.panic, Qt.MouseButton.LeftButton)
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert wait_for(lambda: session.panics == 2)
    QTest.mouseClick(bar.record, Qt.MouseButton.LeftButton)
    assert wait_for(lambda: session.recording)
    assert re.fullmatch(r"antiphon-\d{8}-\d{6}\.wav", session.recording), "a bare name: the engine knows the folder"
    assert wait_for(lambda: bar.record.text() == "0:00")
    QTest.mouseClick(bar.record, Qt.MouseButton.LeftButton)
    assert wait_for(lambda: session.recording == "" and bar.record.text() == text.RECORD)


def test_a_refusal_is_shown(panel, session):
    panel.connection.send("/scene", "no such scene")
    assert wait_for(lambda: "no such scene" in panel.views.status.words())


def test_a_new_scene_rebuilds_the_rack(panel, session):
    session.fill_rack(DEVICES[3:5])
    assert wait_for(lambda: [one.device.title for one in panel.views.rack.panels[:2]] == ["Compressor", "Delay"])
    assert panel.views.rack.control(CUTOFF) is None
    assert panel.views.rack.control("/rack/2/feedback") is not None


def test_streams_move_meters_scope_roll_and_piano(panel, session):
    views = panel.views
    assert wait_for(lambda: session.server.clients == 1)
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(9600) / 48000).astype(np.float32)
    session.server.publish_scope(np.stack([tone, -tone]), 48000)
    session.server.publish_meters({"peak_l_db": -6.0, "peak_r_db": 1.5, "load_percent": 12.5, "late": 3})
    session.server.publish_notes([("you", True, 60, 0.8, 0.0), ("answer", True, 67, 0.8, 0.0)])
    assert wait_for(lambda: views.keyboard.sounding == {60: "you", 67: "answer"})
    assert wait_for(lambda: views.meters.clipped == [False, True])
    assert views.load.figure("late") == "3"
    assert wait_for(lambda: np.abs(panel.trace.audio).max() == pytest.approx(0.5, abs=0.01))
    left, right = views.scope.left.yData, views.scope.right.yData
    assert np.abs(left).max() == pytest.approx(0.5, abs=0.02)
    assert np.allclose(left, -right)
    session.server.publish_notes([("you", False, 60, 0.0, 0.0), ("answer", False, 67, 0.0, 0.0)])
    assert wait_for(lambda: views.keyboard.sounding == {})
    assert {note.key for note in views.roll.notes} == {60, 67}


def test_the_panel_follows_an_engine_that_restarts(app, monkeypatch):
    monkeypatch.setattr("ui.connection.SILENT_AFTER_S", 0.6)
    first = FakeSession()
    panel = Panel(first.port)
    panel.resize(1280, 800)
    panel.show()
    assert wait_for(lambda: panel.views.rack.panels)
    port = first.port
    first.stop()
    assert wait_for(lambda: panel.connection.state == "silent")
    assert panel.views.status.words() == text.SILENT
    with FakeSession(port) as second:
        second.tree.set("/rack/1/filter_cutoff_hz", 333.0)
        assert wait_for(lambda: panel.connection.state == "connected")
        assert wait_for(lambda: panel.views.rack.control(CUTOFF).value == 333.0)
        panel.views.rack.control(CUTOFF).edit_once(444.0)
        assert wait_for(lambda: second.tree.get(CUTOFF) == 444.0)
        panel.close()
    panel.deleteLater()


def visible_children(widget, kind=QWidget):
    return [child for child in widget.findChildren(kind) if child.isVisible()]


def assert_apart(widgets):
    for index, one in enumerate(widgets):
        for other in widgets[index + 1 :]:
            assert not one.geometry().intersects(other.geometry()), (one, other)


@pytest.mark.parametrize(
    ("width", "height", "zoom"), [(1280, 800, 1.0), (1920, 1080, 1.0), (1024, 640, 1.0), (1920, 1080, 1.3)]
)
def test_everything_lies_inside_and_apart_and_no_label_is_cut(panel, width, height, zoom):
    if zoom != 1.0:
        panel.views.keyboard.release_all()
        theme.set_scale(zoom)
        panel.zoom_views()
    panel.resize(width, height)
    QTest.qWait(50)
    views = panel.views
    assert (panel.width(), panel.height()) == (width, height)
    window = QRect(0, 0, width, height)
    for part in (
        views.transport,
        views.rack,
        views.meters,
        views.load,
        views.spectrum.widget,
        views.roll,
        views.keyboard,
        views.status,
    ):
        place = QRect(part.mapTo(panel, QPoint(0, 0)), part.size())
        assert window.contains(place), part
        assert place.width() > 100
        assert place.height() >= 20
    assert_apart([child for child in views.transport.children() if isinstance(child, QWidget) and child.isVisible()])
    for button in visible_children(views.transport, Button):
        assert button.width() >= button.sizeHint().width()
        assert button.height() >= button.sizeHint().height()
    assert_apart(views.rack.panels)
    shelf = views.rack.shelves
    for device in views.rack.panels:
        assert shelf.rect().contains(device.geometry())
        controls = list(device.controls.values())
        assert_apart([*controls, device.fold, device.power])
        for control in controls:
            assert device.rect().contains(control.geometry()), (device.device.title, control.label)
            control.grab()
            assert control.text_is_whole, (device.device.title, control.label)


def test_no_label_of_any_real_device_is_cut(app):
    with FakeSession(devices=registered_devices()) as session:
        panel = Panel(session.port)
        panel.resize(1280, 800)
        panel.show()
        assert wait_for(lambda: panel.views.rack.panels)
        QTest.qWait(50)
        cut = []
        for device in panel.views.rack.panels:
            for control in device.controls.values():
                control.grab()
                if not control.text_is_whole:
                    cut.append(f"{device.device.name}: {control.label}")
        panel.close()
        panel.deleteLater()
    assert cut == []


def pixels(path):
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8)
    return raw.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width(), 2::-1]


def near(picture, colour, tolerance=12):
    wanted = np.array([colour.red(), colour.green(), colour.blue()])
    return (np.abs(picture.astype(int) - wanted).max(axis=2) <= tolerance).sum()


def test_the_screenshot_shows_a_playing_instrument(app, tmp_path):
    with FakeSession(moving=True) as session:
        path = screenshot(tmp_path / "panel.png", session.port, (1280, 800), seconds=2.5)
        picture = pixels(path)
        assert picture.shape == (800, 1280, 3)
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 500
        assert near(picture[:, :940], theme.YOU) > 800  # the instrument's knobs
        assert near(picture[540:670], theme.YOU) + near(picture[540:670], theme.PLAYER) > 300  # notes on the roll
        assert near(picture[60:140, 960:], theme.GOOD) > 500  # meters
        assert near(picture[400:530, 960:], theme.YOU) > 200  # the spectrum
        assert near(picture[670:770, 160:], theme.TEXT, 20) > 20000  # white keys
        assert session.midi == []
        assert wait_for(lambda: session.server.clients == 0)


def test_a_screenshot_without_an_engine_or_a_place_is_one_sentence(app, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(discovery.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(screenshot_module, "CONNECT_S", 0.2)
    with pytest.raises(AntiphonError, match="antiphon play"):
        screenshot(tmp_path / "none.png")
    assert main(["--screenshot", str(tmp_path / "none.png")]) == 2
    assert "antiphon play" in capsys.readouterr().err
    monkeypatch.undo()
    with FakeSession() as session, pytest.raises(AntiphonError, match="could not be written"):
        screenshot(tmp_path / "no" / "such" / "folder.png", session.port, seconds=0.0)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_panel_killed_with_a_note_down_leaves_silence_and_nothing_else(session, how):
    script = (
        "import sys\nfrom ui import window, panel\n"
        "old = window.Panel._on_instrument\n"
        "def pressing(self, fresh):\n"
        "    old(self, fresh)\n"
        "    self.views.keyboard.press('mouse', 72, 100)\n"
        "window.Panel._on_instrument = pressing\n"
        f"sys.exit(panel.main(['--port', '{session.port}']))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    try:
        assert wait_for(lambda: (0x90, 72, 100) in session.midi, 30.0)
        before = {node.address: session.tree.get(node.address) for node in session.tree if node.access == "rw"}
        child.send_signal(how)
        assert child.wait(10) in (0, -how)
        assert wait_for(lambda: session.server.clients == 0, 10.0)
        assert session.midi == [(0x90, 72, 100), (0x80, 72, 0)]
        assert {address: session.tree.get(address) for address in before} == before
    finally:
        child.kill()
        child.wait()


def test_no_key_is_left_to_the_application_after_the_panel(app, panel):
    panel.close()
    assert not panel.views.keyboard.held
    assert QApplication.instance() is app


# Closing it


@pytest.fixture
def owner(app, session):
    """A panel whose window ends the instrument, as `antiphon play` opens it."""
    made = Panel(session.port, ends_show=True)
    made.show()
    assert wait_for(lambda: made.views.rack.panels)
    yield made
    made.ends_show = False
    made.close()
    made.deleteLater()
    app.processEvents()


def hand_closes(panel):
    """The window's cross, as the window system tells it; whether the window is gone."""
    event = QCloseEvent()
    event.spontaneous = lambda: True
    panel.closeEvent(event)
    return event.isAccepted()


def test_a_silent_panel_ends_the_show_unasked_and_a_sounding_one_asks(owner, session, monkeypatch):
    asked = []
    answers = iter([text.END_STAY, text.END_STAY, text.END_PANEL_ONLY])
    monkeypatch.setattr(owner, "ask_to_end", lambda reason: asked.append(reason) or next(answers))
    session.server.publish_notes([("you", True, 60, 0.5, 0.0)])
    assert wait_for(lambda: owner.views.roll.sounding())
    assert not hand_closes(owner) and asked == [text.END_SOUNDING] and not owner.ended
    session.tree.set("/record", "take.wav")
    assert wait_for(lambda: owner.values.get("/record/state", "").startswith("recording"))
    assert not hand_closes(owner) and asked[1:] == [text.END_RECORDING]
    assert owner.connection.state == "connected", "a window that stays goes on"
    assert hand_closes(owner) and not owner.ended and len(asked) == 3, "the panel alone was closed"


def test_nothing_to_lose_is_no_question(owner, monkeypatch):
    monkeypatch.setattr(owner, "ask_to_end", lambda reason: pytest.fail(f"asked: {reason}"))
    assert wait_for(lambda: not owner.to_lose())
    assert hand_closes(owner) and owner.ended


def test_a_panel_that_was_opened_apart_closes_unasked_and_a_signal_never_ends_the_show(panel, owner, monkeypatch):
    for one in (panel, owner):
        monkeypatch.setattr(one, "to_lose", lambda: text.END_RECORDING)
        monkeypatch.setattr(one, "ask_to_end", lambda reason: pytest.fail("asked"))
    assert hand_closes(panel)
    owner.close()  # what the signal's handler does
    assert not owner.isVisible() and not owner.ended and PLAY_ON != 0


def test_the_question_shows_its_words_as_they_are(owner, monkeypatch):
    shown = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: shown.append((box.text(), box.textFormat())))
    assert owner.ask_to_end("<b>bold</b>") == text.END_STAY, "a box that goes away without a choice means stay"
    assert shown == [("<b>bold</b> Closing this window would end it.", Qt.TextFormat.PlainText)]


# What others wrote


def test_names_of_others_are_never_markup(app):
    from ui.control import Control
    from ui.model import Parameter

    parameter = Parameter("/rack/1/x", "<img src=x> & co", "f", 0.0, 1.0, 0.0, description="<b>loud</b>")
    control = Control(parameter, "", theme.YOU)
    assert "<img" not in control.toolTip() and "<b>" not in control.toolTip()
    assert "&lt;b&gt;loud" in control.toolTip()
    assert theme.plain("Gain, 3 & 4") == "Gain, 3 & 4"
    assert theme.plain("Gain: &lt;") == "<qt>Gain: &amp;lt;</qt>"
    assert theme.menu_text("R&D") == "R&&D"


# A panel that cannot start


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display_or_an_instrument_it_is_one_sentence(tmp_path):
    base = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    base |= {discovery.FOLDER_VARIABLE: str(tmp_path)}
    base.pop("QT_QPA_PLATFORM", None)
    for more, words in (({}, "no display"), ({"QT_QPA_PLATFORM": "offscreen"}, "No Antiphon is running")):
        done = subprocess.run(
            [sys.executable, "-m", "ui.panel"], env=base | more, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert done.stderr.startswith("antiphon: ") and words in done.stderr
