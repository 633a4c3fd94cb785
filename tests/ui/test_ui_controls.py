"""Knob, switch, choice and piano under mouse and keyboard, offscreen."""

import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from ui import strings
from ui.model import Parameter
from ui.widgets.choice import DropDown, Segments, Toggle
from ui.widgets.choose import control_for
from ui.widgets.fader import Fader, level_at, travel
from ui.widgets.knob import DRAG_PIXELS, Knob
from ui.widgets.piano import Piano

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CUTOFF = Parameter("/rack/1/cutoff_hz", "Cutoff", "f", 20.0, 20000.0, 1000.0, "Hz", (), "log", value=1000.0)
LEVEL = Parameter("/rack/1/level", "Level", "f", 0.0, 1.0, 0.25, value=0.5, home=0.6)
VOICES = Parameter("/rack/1/voices", "Voices", "i", 1, 8, 4, value=4)


def shown(app, widget):
    widget.resize(widget.sizeHint())
    widget.show()
    widget.activateWindow()
    app.processEvents()
    return widget


@pytest.fixture
def knob(app):
    made = shown(app, Knob(LEVEL))
    made.heard = []
    made.edited.connect(lambda value, gesture: made.heard.append((value, gesture)))
    yield made
    made.deleteLater()


def drag(widget, pixels, modifier=Qt.KeyboardModifier.NoModifier):
    start = QPoint(widget.width() // 2, widget.height() // 2)
    QTest.mousePress(widget, LEFT, modifier, start)
    for step in range(1, 11):
        move_to = start - QPoint(0, round(pixels * step / 10))
        _move(widget, move_to, modifier)
    QTest.mouseRelease(widget, LEFT, modifier, start - QPoint(0, pixels))


def _move(widget, point, modifier):
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(point), widget.mapToGlobal(QPointF(point)), LEFT, LEFT, modifier)
    QApplication.sendEvent(widget, event)


def wheel(widget, clicks, modifier=Qt.KeyboardModifier.NoModifier):
    middle = QPointF(widget.width() / 2, widget.height() / 2)
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120 * clicks),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_dragging_up_turns_up_and_is_one_gesture(knob):
    drag(knob, 45)
    assert knob.value == pytest.approx(0.5 + 45 / DRAG_PIXELS, abs=0.01)
    assert len({gesture for _, gesture in knob.heard}) == 1
    drag(knob, -45)
    assert knob.value == pytest.approx(0.5, abs=0.02)
    assert len({gesture for _, gesture in knob.heard}) == 2


def test_shift_drags_ten_times_finer(knob):
    drag(knob, 60, SHIFT)
    assert knob.value == pytest.approx(0.5 + 6 / DRAG_PIXELS, abs=0.003)


def test_dragging_past_the_ends_stops_there(knob):
    drag(knob, 1000)
    assert knob.value == 1.0
    drag(knob, -5000)
    assert knob.value == 0.0


def test_double_click_gives_the_scene_s_value_and_with_alt_the_factory_s(knob):
    QTest.mouseDClick(knob, LEFT)
    assert knob.value == 0.6
    QTest.mouseDClick(knob, LEFT, Qt.KeyboardModifier.AltModifier)
    assert knob.value == 0.25


def test_the_wheel_turns_only_a_knob_that_was_clicked(knob):
    assert not wheel(knob, 1), "a knob under the pointer while scrolling stays as it is"
    knob.setFocus()  # by Tab
    assert not wheel(knob, 1)
    assert knob.heard == []
    QTest.mouseClick(knob, LEFT)
    assert wheel(knob, 1)
    assert knob.value == pytest.approx(0.51)
    wheel(knob, 1, SHIFT)
    assert knob.value == pytest.approx(0.511)
    knob.clearFocus()
    assert not wheel(knob, 1), "and it forgets the click with the focus"


def test_keys_turn_a_focused_knob(knob):
    for key, value in (
        (Qt.Key.Key_Up, 0.51),
        (Qt.Key.Key_PageUp, 0.61),
        (Qt.Key.Key_Down, 0.60),
        (Qt.Key.Key_End, 1.0),
        (Qt.Key.Key_Home, 0.0),
        (Qt.Key.Key_Delete, 0.6),
    ):
        QTest.keyClick(knob, key)
        assert knob.value == pytest.approx(value)


def type_into(control, text):
    control.setFocus()
    QTest.keyClick(control, Qt.Key.Key_Return)
    assert control._entry is not None
    QTest.keyClicks(control._entry, text)
    QTest.keyClick(control._entry, Qt.Key.Key_Return)


def test_a_value_can_be_typed_and_enter_gives_the_keys_back(app):
    knob = shown(app, Knob(CUTOFF))
    type_into(knob, "2.5k")
    assert knob.value == pytest.approx(2500.0)
    assert knob._entry is None and QApplication.focusWidget() is knob
    knob.open_entry()
    QTest.keyClicks(knob._entry, "99")
    QTest.keyClick(knob._entry, Qt.Key.Key_Escape)
    assert knob._entry is None
    assert knob.value == pytest.approx(2500.0)


def test_what_is_no_value_is_said_at_the_knob(app):
    knob = shown(app, Knob(CUTOFF))
    type_into(knob, "banana")
    assert knob._entry is None, "the box never stays to eat the piano's keys"
    assert knob.value == 1000.0
    assert "banana" in knob.told and "Cutoff" in knob.told and "1.2k" in knob.told


def test_the_value_typed_over_milliseconds_is_in_milliseconds(app):
    decay = Parameter("/rack/1/decay_s", "Decay", "f", 0.005, 30.0, 1.0, "s", curve="log", value=0.5)
    knob = shown(app, Knob(decay))
    assert knob.value_text() == "500 ms"
    type_into(knob, "700")
    assert knob.value == pytest.approx(0.7)


def test_whole_numbers_step_by_one_and_move_by_slow_drags(app):
    knob = shown(app, Knob(VOICES))
    QTest.mouseClick(knob, LEFT)
    wheel(knob, 1)
    assert knob.value == 5.0
    for _ in range(30):
        drag(knob, 2)
    assert knob.value == 5.0  # each grip starts from the whole value
    drag(knob, int(DRAG_PIXELS / 7 * 2))
    assert knob.value == 7.0


def test_the_hand_wins_over_echoes_from_the_wire(knob):
    knob.show_value(0.9)
    assert knob.value == 0.9
    QTest.mousePress(knob, LEFT)
    knob.show_value(0.1)
    assert knob.value == 0.9
    QTest.mouseRelease(knob, LEFT)
    assert knob.heard == []
    QTest.qWait(700)
    assert knob.value == 0.1  # the wire's last word is taken after the hand let go


def test_kinds_of_control():
    def kind(**named):
        return type(control_for(Parameter("/rack/1/x", "X", **named), "X"))

    assert kind(kind="T", curve="bool") is Toggle
    assert kind(kind="i", high=1, labels=("peak", "RMS"), curve="enum") is Segments
    assert kind(kind="i", high=5, labels=tuple("abcdef"), curve="enum") is DropDown
    assert kind() is Knob


def test_toggle_and_segments_follow_clicks(app):
    toggle = shown(app, Toggle(Parameter("/a", "A", "T", curve="bool")))
    QTest.mouseClick(toggle, LEFT)
    assert toggle.value == 1.0
    QTest.mouseClick(toggle, LEFT)
    assert toggle.value == 0.0
    segments = shown(app, Segments(Parameter("/b", "B", "i", 0, 2, 0, labels=("low", "band", "high"), curve="enum")))
    for index, box in enumerate(segments.segment_boxes()):
        QTest.mouseClick(segments, LEFT, pos=box.center().toPoint())
        assert segments.value == index


def test_a_choice_steps_by_wheel_and_opens_a_menu(app):
    choice = shown(app, DropDown(Parameter("/a", "A", "i", 0, 5, 0, labels=tuple("abcdef"), curve="enum")))
    choice._clicked = True
    choice.setFocus()
    wheel(choice, 2)
    assert choice.value_text() == "c"
    choice.open_menu()
    menu = QApplication.activePopupWidget()
    assert [action.text() for action in menu.actions()] == list("abcdef")
    menu.actions()[4].trigger()
    menu.close()
    assert choice.value_text() == "e"


def test_a_continuous_range_with_names_is_a_knob_that_says_them(app):
    shape = Parameter("/rack/1/osc1_shape", "Shape", "f", 0.0, 3.0, 0.0, labels=("sine", "triangle", "saw", "pulse"))
    knob = shown(app, control_for(shape))
    assert type(knob) is Knob
    type_into(knob, "saw")
    assert knob.value == 2.0 and knob.value_text() == "saw"


def test_the_menu_offers_scene_and_factory_and_learn_where_the_instrument_can(knob):
    asked = []
    knob.learn_wanted.connect(lambda: asked.append("learn"))
    menu = knob.open_actions(QPoint(1, 1))
    words = [action.text() for action in menu.actions()]
    assert words[1] == strings.TO_SCENE.format("60 %") and words[2] == strings.TO_FACTORY.format("25 %")
    assert not menu.actions()[3].isEnabled()
    menu.close()
    knob.can_learn = lambda: True
    menu = knob.open_actions(QPoint(1, 1))
    menu.actions()[3].trigger()
    menu.close()
    assert asked == ["learn"]


@pytest.mark.parametrize("level", [-60.0, -40.0, -24.0, -12.0, 0.0, 6.0, 12.0])
def test_a_fader_s_way_has_an_inverse(level):
    assert level_at(travel(level, -60.0, 12.0), -60.0, 12.0) == pytest.approx(level)


def test_a_fader_moves_from_where_it_stands_and_finely_with_shift(app):
    gain = Parameter("/mix/you/gain_db", "Gain", "f", -60.0, 12.0, 0.0, "dB", value=-6.0)
    fader = Fader(gain)
    fader.resize(120, 500)
    fader.show()
    drag(fader, 0)
    assert fader.value == -6.0, "a press alone is no jump"
    drag(fader, 60)
    coarse = fader.value
    assert coarse > -2.0
    drag(fader, -60, SHIFT)
    assert coarse - 2.0 < fader.value < coarse
    type_into(fader, "-9")
    assert fader.value == -9.0
    assert fader.cap_box().height() >= 20 and fader.width() >= 44


# the piano


@pytest.fixture
def piano(app):
    made = Piano()
    made.resize(2000, 160)
    made.heard = []
    made.midi.connect(lambda *message: made.heard.append(message))
    made.show()
    app.processEvents()
    yield made
    made.deleteLater()


def key(kind, name, *, repeat=False):
    code = {",": Qt.Key.Key_Comma}.get(name) or getattr(Qt.Key, f"Key_{name.upper()}")
    return QKeyEvent(kind, code, Qt.KeyboardModifier.NoModifier, name, repeat)


PRESS, RELEASE = QEvent.Type.KeyPress, QEvent.Type.KeyRelease


def test_two_rows_play_two_octaves_from_c(piano):
    for name in "zsx,q2w":
        assert piano.key_pressed(key(PRESS, name))
        piano.key_released(key(RELEASE, name))
    assert [data for status, data, _ in piano.heard if status == 0x90] == [48, 49, 50, 60, 60, 61, 62]
    assert len([1 for status, _, _ in piano.heard if status == 0x80]) == 7


def test_auto_repeat_makes_no_new_notes(piano):
    piano.key_pressed(key(PRESS, "z"))
    for _ in range(10):
        piano.key_released(key(RELEASE, "z", repeat=True))
        piano.key_pressed(key(PRESS, "z", repeat=True))
    assert piano.heard == [(0x90, 48, 96)]


def test_a_note_held_over_an_octave_change_ends_at_its_own_pitch(piano):
    piano.key_pressed(key(PRESS, "z"))
    piano.shift_octave(1)
    piano.key_released(key(RELEASE, "z"))
    assert piano.heard == [(0x90, 48, 96), (0x80, 48, 0)]
    assert piano.octave_c == 60
    for _ in range(20):
        piano.shift_octave(1)
    assert piano.octave_c + 24 <= piano.span()[1]


def test_a_key_held_twice_sounds_once_and_ends_with_the_last(piano):
    piano.press("mouse", 60, 100)
    piano.key_pressed(key(PRESS, "q"))  # the same C
    piano.release("mouse")
    assert piano.heard == [(0x90, 60, 100)]
    piano.key_released(key(RELEASE, "q"))
    assert piano.heard[-1] == (0x80, 60, 0)


def test_release_all_ends_every_note_and_lifts_the_pedal(piano):
    for name in "zxcqwe":
        piano.key_pressed(key(PRESS, name))
    piano.set_sustain(True)
    piano.release_all()
    on = sorted(data for status, data, _ in piano.heard if status == 0x90)
    off = sorted(data for status, data, _ in piano.heard if status == 0x80)
    assert on == off
    assert len(on) == 6
    assert piano.heard[-1] == (0xB0, 64, 0)


def test_hiding_the_piano_ends_notes(piano):
    piano.key_pressed(key(PRESS, "b"))
    piano.hide()
    assert piano.heard[-1] == (0x80, 55, 0)


def test_the_mouse_plays_louder_towards_the_edge_and_slides(piano):
    boxes = piano.boxes()

    def spot(note, depth):
        box = boxes[note]
        x = box.left() + 2 if note % 12 in (0, 5) else box.center().x()
        return QPoint(int(x), int(box.height() * depth))

    QTest.mousePress(piano, LEFT, pos=spot(60, 0.95))
    _move(piano, spot(61, 0.3), Qt.KeyboardModifier.NoModifier)
    _move(piano, QPoint(-50, -50), Qt.KeyboardModifier.NoModifier)
    QTest.mouseRelease(piano, LEFT)
    assert [message[:2] for message in piano.heard] == [(0x90, 60), (0x90, 61), (0x80, 60), (0x80, 61)] or [
        message[:2] for message in piano.heard
    ] == [(0x90, 60), (0x80, 60), (0x90, 61), (0x80, 61)]
    loud, soft = (message[2] for message in piano.heard if message[0] == 0x90)
    assert loud > soft > 0


def test_keys_lie_side_by_side(piano):
    boxes = piano.boxes()
    first, last = piano.span()
    assert set(boxes) == set(range(first, last + 1))
    for note, box in boxes.items():
        assert box.left() >= -1
        assert box.right() <= piano.width() + 1
        assert piano.key_at(QPointF(box.center().x(), box.height() * 0.9)) == note
