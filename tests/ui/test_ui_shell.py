"""The shell against a real session: views, header, foot, keys, closing, and an engine that dies and comes back."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMessageBox, QWidget

from tests.ui.playing import own_folders, playing
from ui import strings
from ui.shell import closing
from ui.shell.revive import command
from ui.style import measures, theme
from ui.views import registry
from ui.widgets.control import Control

CUTOFF = "/rack/1/cutoff_hz"
LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    with playing(app, tmp_path_factory.mktemp("shell")) as made:
        yield made


@pytest.fixture(autouse=True)
def as_it_was(stage, request):
    """Each test begins on the stage view at the design's size, with nothing recorded."""
    panel = stage.panel
    panel.resize(1920, 1080)
    panel.show_view("stage")
    for drawer in panel.drawers:
        panel.show_drawer(drawer, False)
    panel.restyle()
    panel.activateWindow()
    assert QTest.qWaitForWindowActive(panel)
    panel.setFocus()
    stage.sent.clear()
    yield


def inside(part, window):
    place = QRect(part.mapTo(window, QPoint(0, 0)), part.size())
    return window.rect().contains(place)


# views


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_view_opens_by_its_button_and_its_key_and_names_all_it_holds(stage, name):
    panel = stage.panel
    QTest.mouseClick(panel.header.tabs.buttons[name], LEFT)
    assert panel.view is panel.views[name] and panel.header.tabs.buttons[name].isChecked()
    panel.show_view("stage")
    QTest.keyClick(panel, getattr(Qt.Key, f"Key_{registry.NAMES.index(name) + 1}"), CONTROL)
    assert panel.view is panel.views[name]
    stage.settle()
    nameless = [
        type(one).__name__
        for one in panel.findChildren(QWidget)
        if isinstance(one, (Control, QAbstractButton, QLineEdit)) and one.isVisible() and not one.accessibleName()
    ]
    assert nameless == []


SIZES = [
    (1024, 600, 1.0), (1280, 800, 1.0), (1920, 1080, 0.75), (1920, 1080, 1.0), (1920, 1080, 1.5), (1920, 1080, 2.0),
    (1920, 1080, 2.5), (1366, 768, 1.3), (2560, 1440, 1.0), (3840, 2160, 1.0), (3840, 2160, 2.0),
]  # fmt: skip


@pytest.mark.parametrize(("width", "height", "scale"), SIZES)
def test_panic_record_and_the_piano_never_leave_the_screen(stage, width, height, scale):
    panel = stage.panel
    theme.set_scale(scale)
    panel.resize(width, height)
    panel.restyle()
    for name in registry.NAMES:
        panel.show_view(name)
        panel.show_drawer("piano", True)
        QTest.qWait(20)
        assert (panel.width(), panel.height()) == (width, height), (name, "the window kept its size")
        header, foot = panel.header, panel.foot
        for part in (
            header.panic,
            header.record,
            header.play,
            header.position,
            foot.scene,
            panel.piano.piano,
            panel.stack,
        ):
            assert part.isVisible() and inside(part, panel), (name, part.accessibleName())
        unit = theme.unit()
        assert header.panic.height() >= round(measures.TOUCH * unit) - 1
        assert header.panic.width() >= header.panic.sizeHint().width()
        seen = [one for one in header.findChildren(QAbstractButton) if one.isVisible()]
        for one in seen:
            assert inside(one, panel), one.accessibleName()
        places = [QRect(one.mapTo(panel, QPoint(0, 0)), one.size()) for one in seen]
        assert not any(a.intersects(b) for at, a in enumerate(places) for b in places[at + 1 :])
    panel.show_drawer("piano", False)


def test_what_is_pressed_in_header_and_foot_is_touch_sized(stage):
    small = [
        one.accessibleName()
        for part in (stage.panel.header, stage.panel.foot)
        for one in part.findChildren(QAbstractButton)
        if one.isVisible() and min(one.width(), one.height()) < 40
    ]
    assert small == []


@pytest.mark.parametrize("name", ["light", "contrast", "dark"])
def test_a_theme_is_put_on_without_building_anew(stage, name):
    panel = stage.panel
    view = panel.view
    panel.set_theme(name)
    QTest.qWait(30)
    ground = panel.grab().toImage().pixelColor(3, panel.height() // 2)
    assert ground.name() == theme.colour.ground.name() and panel.view is view


def test_the_zoom_keys_change_the_size_of_everything(stage):
    panel = stage.panel
    before = panel.header.panic.height()
    QTest.keyClick(panel, Qt.Key.Key_Plus, CONTROL)
    assert theme.scale() == 1.15 and panel.header.panic.sizeHint().height() > before
    QTest.keyClick(panel, Qt.Key.Key_0, CONTROL)
    assert theme.scale() == 1.0


def test_tab_walks_through_all_that_can_be_pressed_and_the_focus_is_seen(stage):
    panel = stage.panel
    panel.show_view("mixer")
    stage.settle()
    panel.setFocus()
    seen = []
    for _ in range(120):
        QTest.keyClick(QApplication.focusWidget() or panel, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        if focus in seen:
            break
        seen.append(focus)
    assert {panel.header.panic, panel.header.record, panel.foot.scene} <= set(seen)
    faders = [strip.fader for strip in panel.views["mixer"].strips.values()]
    assert set(faders) <= set(seen)
    plain = faders[0].grab().toImage()
    faders[0].setFocus()
    assert faders[0].grab().toImage() != plain


# header and foot


def test_transport_tempo_and_the_way_back_to_bar_1(stage):
    panel, header = stage.panel, stage.panel.header
    if not stage.get("/transport/playing"):
        QTest.keyClick(panel, Qt.Key.Key_Space)
    assert stage.until(lambda: stage.get("/transport/playing") and header.play.isChecked())
    assert stage.until(lambda: header.position.bar >= 1)
    header.tempo.edit_once(93.5)
    assert stage.until(lambda: stage.get("/transport/tempo_bpm") == 93.5)
    QTest.keyClick(panel, Qt.Key.Key_Home)
    assert stage.until(lambda: not stage.get("/transport/playing") and not panel.store.value("/transport/playing"))
    assert stage.get("/transport/beat") > 1.0, "stop is a pause"
    QTest.keyClick(panel, Qt.Key.Key_Home)
    assert stage.until(lambda: stage.get("/transport/beat") == 0.0 and header.position.words() == "1 : 1")


def test_a_typed_tempo_and_metre(stage):
    header = stage.panel.header
    for number, text, address, value in (
        (header.tempo, "120", "/transport/tempo_bpm", 120.0), (header.metre, "3", "/transport/numerator", 3),
        (header.metre, "4", "/transport/numerator", 4),
    ):  # fmt: skip
        number.setFocus()
        QTest.keyClick(number, Qt.Key.Key_Return)
        QTest.keyClicks(number._entry, text)
        QTest.keyClick(number._entry, Qt.Key.Key_Return)
        assert stage.until(lambda: stage.get(address) == value)  # noqa: B023
    header.tempo.open_entry()
    QTest.keyClicks(header.tempo._entry, "fast")
    QTest.keyClick(header.tempo._entry, Qt.Key.Key_Return)
    assert "fast" in header.tempo.told
    assert stage.sent == [], "digits that are typed are no notes"


def test_record_shows_its_time_and_its_end(stage):
    header = stage.panel.header
    QTest.mouseClick(header.record, LEFT)
    assert stage.until(lambda: str(stage.get("/record/state")).startswith("recording"))
    assert re.search(r"antiphon-\d{8}-\d{6}\.wav", stage.get("/record")), "the engine knows the folder"
    assert stage.until(lambda: header.record.text() == f"{strings.RECORD} 0:00")
    QTest.keyClick(stage.panel, Qt.Key.Key_R, CONTROL)
    assert stage.until(lambda: header.record.text() == strings.RECORD)


def test_panic_by_button_and_key_lets_everything_go(stage, monkeypatch):
    heard = []
    monkeypatch.setattr(stage.tree.node("/panic"), "set", lambda _value: heard.append("panic"))
    stage.panel.piano.piano.press("mouse", 60, 100)
    QTest.mouseClick(stage.panel.header.panic, LEFT)
    QTest.keyClick(stage.panel, Qt.Key.Key_Escape, SHIFT)
    assert stage.until(lambda: len(heard) == 2)
    assert stage.until(lambda: stage.sent[-1:] == [(0x80, 60, 0)])


def test_scenes_are_searched_and_chosen_and_leave_no_key_lit(stage):
    panel = stage.panel
    panel.desk.heard.close_all()
    panel.desk.heard.push("Answer", True, 64, 0.8, 0.0)
    assert panel.desk.heard.sounding() == {64: "Answer"}
    focus = panel.views["stage"].macros[0]
    focus.setFocus()
    popup = panel.foot.open_scenes()
    popup.list.search.setText("frozen lake")
    assert popup.list.keys() == ["frozen_lake"]
    QTest.keyClick(popup.list.search, Qt.Key.Key_Return)
    assert stage.until(lambda: stage.get("/scene") == "frozen_lake" and "frozen_lake" in panel.windowTitle())
    assert panel.desk.heard.sounding() == {}
    stage.settle()
    panel.foot.step_scene(-1)
    assert stage.until(lambda: panel.store.value("/scene") != "frozen_lake")
    panel.store.send("/scene", "first_light")
    assert stage.until(lambda: panel.store.value("/scene") == "first_light" and CUTOFF in panel.store.nodes)
    stage.settle()


def test_a_refusal_is_shown_in_the_line_at_the_foot(stage):
    stage.panel.connection.send("/scene", "no such scene")
    assert stage.until(lambda: "no such scene" in stage.panel.foot.words())


def test_what_the_instrument_has_not_is_not_offered(stage):
    panel, has = stage.panel, stage.panel.store.has
    for button, address in (
        (panel.foot.save, "/save"), (panel.foot.undo, "/undo"), (panel.foot.compare, "/snapshot/recall"),
        (panel.header.lock, "/lock"),
    ):  # fmt: skip
        assert button.isHidden() is not has(address)
    assert not panel.store.send("/no/such/node", 1)
    assert panel.foot.words() == strings.NO_SUCH_NODE.format("/no/such/node")


# keys


def test_the_computer_keyboard_plays_also_with_a_knob_focused_and_escape_gives_the_keys_back(stage):
    knob = stage.panel.views["stage"].macros[0]
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_Z)
    assert stage.until(lambda: stage.sent == [(0x90, 48, 96), (0x80, 48, 0)])
    knob = stage.panel.views["stage"].macros[0]
    knob.setFocus()
    before = knob.value
    QTest.keyClick(knob, Qt.Key.Key_Right)
    assert knob.value != before, "arrows turn a focused knob"
    QTest.keyClick(knob, Qt.Key.Key_Escape)
    assert not knob.hasFocus()
    octave = stage.panel.piano.piano.octave_c
    QTest.keyClick(stage.panel, Qt.Key.Key_Right)
    assert stage.panel.piano.piano.octave_c == octave + 12, "and the piano's octave otherwise"
    QTest.keyClick(stage.panel, Qt.Key.Key_Left)


def test_a_pedal_of_a_keyboard_lights_sustain_and_its_keys_light_too(stage):
    panel = stage.panel
    panel.show_drawer("piano", True)
    stage.session.note(0xB0, 64, 127)
    stage.session.note(0x90, 64, 90)
    assert stage.until(lambda: panel.piano.sustain.lit and 64 in panel.piano.piano.sounding)
    stage.session.note(0x80, 64, 0)
    stage.session.note(0xB0, 64, 0)
    assert stage.until(lambda: not panel.piano.sustain.lit and 64 not in panel.piano.piano.sounding)
    assert not panel.piano.sustain.isChecked(), "the panel's own pedal is up"


def test_a_key_that_is_down_stays_lit_when_the_tree_changes_its_shape(stage):
    panel = stage.panel
    panel.show_drawer("piano", True)
    stage.session.note(0x90, 65, 90)
    assert stage.until(lambda: 65 in panel.piano.piano.sounding)
    panel.store._on_instrument(panel.store.instrument)  # every value is told again
    stage.settle()
    assert 65 in panel.piano.piano.sounding
    stage.session.note(0x80, 65, 0)
    assert stage.until(lambda: 65 not in panel.piano.piano.sounding)


def test_where_two_drawers_would_leave_no_view_only_the_one_wanted_is_out(stage):
    panel = stage.panel
    for scale, both in ((1.0, True), (2.0, False)):
        theme.set_scale(scale)
        panel.restyle()
        panel.show_drawer("scope", True)
        panel.show_drawer("piano", True)
        assert panel.piano.isVisible() and panel.scope.isHidden() is not both
        assert panel.foot.piano.isChecked() and panel.foot.scope.isChecked() is both
        panel.show_drawer("piano", False)
        panel.show_drawer("scope", False)
    theme.set_scale(1.0)
    panel.restyle()


def test_focus_loss_releases_what_is_held(stage):
    stage.panel.activateWindow()
    assert stage.until(lambda: stage.panel.isActiveWindow() and not QApplication.activePopupWidget())
    stage.settle()
    QTest.keyPress(stage.panel, Qt.Key.Key_Z)
    QTest.keyPress(stage.panel, Qt.Key.Key_Q)
    assert stage.until(lambda: stage.sent[:2] == [(0x90, 48, 96), (0x90, 60, 96)]), stage.sent
    other = QWidget()
    other.show()
    other.activateWindow()
    assert stage.until(lambda: set(stage.sent[2:]) == {(0x80, 48, 0), (0x80, 60, 0)})
    other.close()
    other.deleteLater()
    stage.panel.activateWindow()


def cutoff_tile(stage):
    """The tile of the scene's macro that moves the cutoff through its whole range, once the scene is shown."""

    def found():
        tiles = (one for one in stage.panel.views["stage"].macros if one.label == "Cutoff")
        return next((one for one in tiles if one.parameter.inner.address == CUTOFF), None)

    tile = stage.until(found)
    assert tile is not None
    return tile


def test_knob_and_tree_follow_each_other_and_the_scene_s_value_is_known(stage):
    panel = stage.panel
    panel.show_view("stage")
    knob = cutoff_tile(stage)
    place = knob.parameter.inner.position
    assert knob.home == pytest.approx(place(1300.0)) and knob.parameter.default != knob.home
    knob.edit_once(place(440.0))
    assert stage.until(lambda: stage.get(CUTOFF) == pytest.approx(440.0))
    stage.tree.set(CUTOFF, 880.0)
    assert stage.until(lambda: knob.value == pytest.approx(place(880.0)))
    QTest.mouseDClick(knob, LEFT)
    assert stage.until(lambda: stage.get(CUTOFF) == pytest.approx(1300.0))


# closing


def hand_closes(panel):
    """The window's cross, as the window system tells it; whether the window would go."""
    event = QCloseEvent()
    event.spontaneous = lambda: True
    panel.closeEvent(event)
    return event.isAccepted()


def test_closing_while_recording_asks_and_stays(stage, monkeypatch):
    panel = stage.panel
    monkeypatch.setattr(panel, "ends_show", True)
    asked = []
    monkeypatch.setattr(panel, "ask_to_end", lambda reason: asked.append(reason) or strings.END_STAY)
    panel.toggle_recording(True)
    assert stage.until(lambda: str(panel.store.value("/record/state")).startswith("recording"))
    assert not hand_closes(panel) and asked == [strings.END_RECORDING] and not panel.ended
    panel.toggle_recording(False)
    assert stage.until(lambda: not str(panel.store.value("/record/state")).startswith("recording"))


def test_the_question_shows_its_words_as_they_are(stage, monkeypatch):
    shown = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: shown.append((box.text(), box.textFormat())))
    assert closing.ask(stage.panel, "<b>bold</b>") == strings.END_STAY, "a box that goes without a choice means stay"
    assert shown == [("<b>bold</b> Closing this window would end it.", Qt.TextFormat.PlainText)]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_panel_killed_with_a_note_down_leaves_silence_and_nothing_else(stage, how):
    script = (
        "import sys\nfrom ui.shell import window\nfrom ui import panel\n"
        "old = window.Panel._on_state\n"
        "def pressing(self, state):\n"
        "    old(self, state)\n"
        "    if state == 'connected':\n"
        "        self.piano.piano.press('mouse', 72, 100)\n"
        "window.Panel._on_state = pressing\n"
        f"sys.exit(panel.main(['--port', '{stage.session.control.server.port}']))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    try:
        assert stage.until(lambda: (0x90, 72, 100) in stage.sent, 60.0)
        child.send_signal(how)
        assert stage.until(lambda: child.poll() is not None, 20.0)
        assert child.returncode in (0, -how)
        if how == signal.SIGTERM:
            assert stage.until(lambda: stage.sent == [(0x90, 72, 100), (0x80, 72, 0)], 20.0)
        assert stage.until(lambda: stage.session.control.server.clients == 1, 20.0)
    finally:
        child.kill()
        child.wait()


# edits that a crash left


@pytest.mark.parametrize(("button", "address"), [("take", "/recover/take"), ("drop", "/recover/drop")])
def test_what_a_crash_left_is_offered_in_a_bar_and_taken_or_let_go_by_one_press(stage, monkeypatch, button, address):
    offer, tree = stage.panel.offer, stage.tree
    said, pressed = ["the last run ended with unsaved edits of 'tide'"], []
    assert offer.isHidden()
    monkeypatch.setattr(tree.node("/recover/offer"), "get", lambda: said[0])
    monkeypatch.setattr(tree.node(address), "set", lambda _value: (pressed.append(address), said.__setitem__(0, "")))
    tree.touch("/recover/offer")
    assert stage.until(offer.isVisible)
    assert offer.words.text.startswith("The last run ended with unsaved edits of 'tide'")
    QTest.mouseClick(getattr(offer, button), LEFT)
    assert stage.until(lambda: pressed)
    tree.touch("/recover/offer")
    assert stage.until(offer.isHidden)


def test_undo_and_redo_name_what_they_would_do(stage):
    foot, knob = stage.panel.foot, stage.panel.views["stage"].macros[0]
    knob.edit_once(knob.parameter.at(0.31))
    told = strings.UNDO_NAMED.format
    assert stage.until(
        lambda: "Cutoff" in stage.get("/undo/name") and foot.undo.toolTip() == told(stage.get("/undo/name"))
    )
    QTest.mouseClick(foot.undo, LEFT)
    told = strings.REDO_NAMED.format
    assert stage.until(
        lambda: "Cutoff" in stage.get("/redo/name") and foot.redo.toolTip() == told(stage.get("/redo/name"))
    )


def test_a_scene_left_with_edits_is_told_and_undo_brings_it_back(stage):
    panel, store = stage.panel, stage.panel.store
    said: list[str] = []
    store.watch("/log/recent", lambda _address, value: said.append(str(value)), panel)
    knob = cutoff_tile(stage)
    knob.edit_once(knob.parameter.inner.position(777.0))
    assert stage.until(lambda: panel.foot.mark.isVisible() and stage.get(CUTOFF) == pytest.approx(777.0))
    store.send("/scene", "frozen_lake")
    assert stage.until(lambda: store.value("/scene") == "frozen_lake")
    assert stage.until(lambda: any("left with edits that are not saved" in sentence for sentence in said)), said
    store.send("/undo")
    assert stage.until(lambda: store.value("/scene") == "first_light" and store.value(CUTOFF) == pytest.approx(777.0))
    assert stage.until(lambda: panel.foot.mark.isVisible()), "it is still not saved"
    store.send("/undo")
    assert stage.until(lambda: stage.get(CUTOFF) != pytest.approx(777.0))


def test_the_instrument_s_sentence_is_told_once(stage):
    foot = stage.panel.foot
    session = stage.session
    session.say("first of two")
    session.say("second of two")
    seen: list[str] = []
    assert stage.until(lambda: seen.append(foot.words()) or "second of two" in foot.words())
    assert any("first of two" in words for words in seen), "a sentence said with another was lost"
    foot._notice_until = 0.0
    foot.tick()
    stage.panel.store._on_instrument(stage.panel.store.instrument)  # as when nodes come or go
    assert "of two" not in foot.words()


# an engine that dies


def test_the_command_that_brings_it_back_names_scene_port_and_sound():
    values = {
        "/scene": "tide",
        "/audio/state": '{"driver": "jack", "server": "x", "sample_rate": 48000.0, "frames": 64}',
    }
    line = command(values, 4711)
    assert line[3:] == [
        "play", "tide", "--headless", "--control-port", "4711", "--driver", "jack", "--server", "x", "--rate", "48000",
        "--frames", "64",
    ]  # fmt: skip
    assert "--driver" not in command({"/scene": "tide", "/audio/state": "broken"}, None)


@pytest.mark.timeout(400)
def test_a_dead_engine_is_a_banner_with_one_button_that_brings_it_back(app, tmp_path):
    with playing(app, tmp_path) as made:
        panel, port = made.panel, made.session.control.server.port
        assert made.until(lambda: panel.store.value("/transport/playing"))
        assert panel.banner.isHidden() and not panel.shade.isVisible()
        made.session.close()
        end = time.monotonic() + 30.0
        while panel.banner.isHidden() and time.monotonic() < end:
            QTest.qWait(20)
        assert panel.banner.isVisible() and panel.banner.words.text == strings.DEAD
        assert panel.banner.button.text() == strings.REVIVE
        QTest.qWait(50)
        assert panel.shade.isVisible() and panel.shade.geometry() == panel.stack.geometry()
        assert not panel.header.play.isEnabled() and not panel.foot.isEnabled()
        assert panel.header.panic.isEnabled()
        before = panel.header.position.words()
        QTest.qWait(700)
        assert panel.header.position.words() == before and not panel.header.position.playing, "nothing counts on"
        with own_folders(tmp_path):
            QTest.mouseClick(panel.banner.button, LEFT)
            assert panel.banner.words.text == strings.REVIVING
            try:
                end = time.monotonic() + 300.0
                while panel.store.state != "connected" and time.monotonic() < end and panel.reviver.busy:
                    QTest.qWait(50)
                assert panel.store.state == "connected", panel.banner.words.text
                assert panel.connection.client.endpoint.port == port
                QTest.qWait(100)
                assert panel.store.value("/scene") == "first_light"
                assert panel.banner.isHidden() and not panel.shade.isVisible() and panel.foot.isEnabled()
            finally:
                panel.reviver.end()
                panel.reviver.process.wait(30)


def test_an_instrument_that_does_not_start_says_why(stage):
    panel = stage.panel
    said = []
    panel.reviver.failed.connect(said.append)
    panel.reviver.start([sys.executable, "-c", "import sys; print('antiphon: no such scene'); sys.exit(2)"])
    assert stage.until(lambda: said)
    assert said == ["no such scene"] and panel.banner.words.text == strings.REVIVE_FAILED.format("no such scene")
    panel.banner.hide()
