"""The Rig over the real session: audio applied or told why not, switches of the tree, the monitor, the own touch."""

import json

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from tests.ui.views.live_panel import live, overlapping
from ui import strings
from ui.style import theme
from ui.views.rig.keyboard_box import VelocityPicture


@pytest.fixture(scope="module")
def session_of_all(app, own_folders):
    with live(app, "rig") as made:
        assert made.until(lambda: made.store.has("/audio/state") and made.view.audio.audio.frames)
        yield made


@pytest.fixture
def bench(session_of_all):
    """Each test begins with what sounds."""
    made = session_of_all
    made.as_designed()
    made.view.audio.forget()
    made.view.monitor.hold.setChecked(False)
    made.view.keyboard.picture.velocities.clear()
    return made


def choose(pick, value):
    pick.setCurrentIndex(pick.findData(value))
    pick.activated.emit(pick.currentIndex())


def test_audio_is_changed_while_it_runs(bench):
    box = bench.view.audio
    now = box.audio.frames
    wanted = next(one for one in (256, 512) if one != now and box.block.findData(one) >= 0)
    assert not box.apply.isEnabled(), "nothing differs yet"
    choose(box.block, wanted)
    assert box.wish() == {"frames": wanted} and box.apply.isEnabled()
    QTest.mouseClick(box.apply, Qt.MouseButton.LeftButton)
    assert box.told.text == strings.CHANGING
    assert bench.until(lambda: box.audio.frames == wanted)
    assert bench.session.driver.frames == wanted and box.told.text == strings.CHANGED
    assert not box.apply.isEnabled() and box.block.value == wanted


def test_a_change_that_is_taken_back_sends_nothing(bench):
    box = bench.view.audio
    now = box.audio.frames
    choose(box.block, 1024)
    QTest.mouseClick(box.revert, Qt.MouseButton.LeftButton)
    assert box.block.value == now and box.wish() == {} and not box.revert.isEnabled()


def test_switches_show_what_the_tree_says(bench):
    thru = bench.view.midi.thru
    QTest.mouseClick(thru, Qt.MouseButton.LeftButton)
    assert bench.until(lambda: thru.isChecked())
    assert bench.store.value("/midi/thru") is True
    bench.session.control.tree.set("/midi/thru", False)
    assert bench.until(lambda: not thru.isChecked())


def test_the_monitor_watches_while_it_is_seen(bench):
    box = bench.view.monitor
    assert bench.until(lambda: bench.store.value("/midi/watch"))
    bench.session.note(0x90, 61, 77)
    assert bench.until(lambda: box.model.rowCount() > 0)
    assert any("77" in line.text for line in box.model.lines)
    box.hold.click()
    held = list(box.model.lines)
    bench.session.note(0x80, 61, 0)
    assert bench.until(lambda: len(json.loads(bench.store.value("/midi/monitor"))) > len(held))
    assert box.model.lines == held, "held, it stands still"
    bench.panel.show_view("stage")
    assert bench.until(lambda: not bench.store.value("/midi/watch"))


def test_the_own_touch_is_drawn(bench):
    bench.session.note(0x90, 64, 100)
    picture = bench.view.keyboard.picture
    assert bench.until(lambda: len(picture.velocities) == 1)
    assert picture.bins().index(1.0) == int(100 / 127 * 16)


def test_velocity_curves_are_drawn_as_they_are_named_or_given(app):
    picture = VelocityPicture()
    picture.show_curve("soft")
    middle = dict(picture.curve_points())[0.5]
    assert middle > 0.6, "a light touch is already loud"
    picture.show_curve([[40, 20], [90, 96]])
    assert picture.curve_points()[1] == (40 / 127.0, 20 / 127.0)
    assert picture.curve_points()[-1] == (1.0, 1.0)


@pytest.mark.parametrize(
    ("size", "zoom"), [((1024, 600), 1.0), ((1920, 1080), 1.0), ((1920, 1080), 2.0), ((3840, 2160), 1.0)]
)
def test_boxes_lie_apart_and_fill_no_more_than_the_width(bench, size, zoom):
    theme.set_scale(zoom)
    bench.panel.resize(*size)
    bench.panel.restyle()
    bench.until(lambda: bench.view.width() == size[0], 5.0)
    for _ in range(20):
        bench.until(lambda: True)
    assert (bench.panel.width(), bench.panel.height()) == size
    assert overlapping(bench.view.boxes) == []
    for box in bench.view.boxes:
        assert box.x() >= 0 and box.x() + box.width() <= bench.view.width(), box.head


def test_what_is_said_of_a_midi_clock_stays_and_nothing_else_does(bench):
    sync = bench.view.sync
    bench.session.say("no sound device (null clock), 48000 Hz")
    assert bench.until(lambda: "null clock" in str(bench.store.value("/log/recent")))
    assert not sync.said.isVisible()
    bench.session.say("following the MIDI clock")
    assert bench.until(lambda: sync.said.text.endswith("following the MIDI clock") and sync.said.isVisible())


def test_whose_clock_leads_is_chosen_from_a_list(bench):
    leads = bench.view.sync.leads
    assert bench.until(lambda: leads.isEnabled() and leads.count() >= 2)
    assert [leads.itemData(at) for at in range(2)] == ["", "any"] and leads.value == ""
    choose(leads, "any")
    assert bench.until(lambda: bench.store.value("/clock/follow") == "any" and leads.value == "any")
    bench.store.send("/clock/follow", "KEYS*")
    assert bench.until(lambda: leads.value == "KEYS*"), "what is set stands in the list, whether it is there or not"
    bench.store.send("/clock/follow", "")
    assert bench.until(lambda: leads.value == "")
