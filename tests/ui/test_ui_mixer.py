"""The mixer against a real session: faders, sends, mute, solo, meters; and what solo leaves behind."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from tests.ui.playing import playing
from ui.style import theme
from ui.views.mixer.solo import Solo
from ui.views.mixer.strips import MASTER

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def desk(app, tmp_path_factory):
    with playing(app, tmp_path_factory.mktemp("mixer")) as made:
        made.panel.show_view("mixer")
        made.settle()
        yield made


@pytest.fixture
def strips(desk):
    return desk.panel.views["mixer"].strips


def test_every_track_bus_and_the_master_has_a_strip_in_order(desk, strips):
    kinds = [strip.info.kind for strip in strips.values()]
    assert kinds == sorted(kinds, key=("track", "bus", "master").index)
    assert [strip.info.title for strip in strips.values()] == ["you", "answer", "hall", "echo", "Master"]
    assert [title for title, _ in strips["you"].info.sends] == ["hall", "echo"]
    assert strips[MASTER].mute is None and strips[MASTER].reduction is not None
    for strip in strips.values():
        for control in strip.controls.values():
            assert control.accessibleName() and control.width() >= 40


def test_faders_stand_on_one_line(desk, strips):
    desk.panel.resize(1920, 1080)
    desk.settle()
    for edge in ("topLeft", "bottomLeft"):
        lines = {strip.fader.mapTo(desk.panel, getattr(strip.fader.rect(), edge)()).y() for strip in strips.values()}
        assert len(lines) == 1, (edge, lines)


def test_fader_send_and_pan_reach_the_tree_and_follow_it(desk, strips):
    fader = strips["you"].fader
    fader.setFocus()
    QTest.keyClick(fader, Qt.Key.Key_Return)
    QTest.keyClicks(fader._entry, "-9")
    QTest.keyClick(fader._entry, Qt.Key.Key_Return)
    assert desk.until(lambda: desk.get("/mix/you/gain_db") == pytest.approx(-9.0))
    desk.tree.set("/mix/you/gain_db", 2.0)
    assert desk.until(lambda: fader.value == pytest.approx(2.0))
    QTest.mouseDClick(fader, LEFT)
    assert desk.until(lambda: desk.get("/mix/you/gain_db") == pytest.approx(-1.5)), "double click: the scene's level"
    send = strips["you"].controls["/mix/you/send_hall"]
    send.edit_once(-30.0)
    assert desk.until(lambda: desk.get("/mix/you/send_hall") == pytest.approx(-30.0))
    assert send.home == pytest.approx(-13.0)
    pan = strips["answer"].controls["/mix/answer/pan"]
    assert pan.value_text() == "R30"


def test_mute_goes_both_ways(desk, strips):
    QTest.mouseClick(strips["you"].mute, LEFT)
    assert desk.until(lambda: desk.get("/mix/you/mute"))
    desk.tree.set("/mix/you/mute", False)
    assert desk.until(lambda: not strips["you"].mute.isChecked())


def test_solo_mutes_the_others_and_leaves_them_as_they_were(desk, strips):
    QTest.mouseClick(strips["you"].solo, LEFT)
    own = desk.panel.store.has("/mix/you/solo")
    where = "/mix/you/solo" if own else "/mix/answer/mute"
    assert desk.until(lambda: desk.get(where))
    assert strips["you"].solo.isChecked() and not desk.get("/mix/hall/mute"), "returns are heard on"
    QTest.mouseClick(strips["you"].solo, LEFT)
    assert desk.until(lambda: not desk.get(where))
    assert not strips["you"].solo.isChecked()


def test_solo_remembers_what_was_muted_before():
    muted = {"a": True, "b": False, "c": False}
    solo = Solo(muted.__setitem__, muted.__getitem__)
    solo.toggle("b", list(muted))
    assert muted == {"a": True, "b": False, "c": True}
    solo.toggle("a", list(muted))
    assert muted == {"a": False, "b": False, "c": True}
    solo.toggle("a", list(muted))
    solo.toggle("b", list(muted))
    assert muted == {"a": True, "b": False, "c": False}


def test_meters_move_with_the_sound(desk, strips):
    desk.session.note(0x90, 60, 110)
    assert desk.until(lambda: strips[MASTER].level.sounds)
    desk.session.note(0x80, 60, 0)
    desk.panel.views["mixer"]._on_meters({"track_you_peak_db": -6.0, "limiter_db": -3.0})
    assert strips["you"].level.shown_db == pytest.approx(-6.0)
    assert strips[MASTER].reduction.reduction_db == pytest.approx(-3.0)


def test_a_low_window_shows_faders_and_turns_to_sends_by_a_button(desk, strips):
    view = desk.panel.views["mixer"]
    theme.set_scale(2.0)
    desk.panel.restyle()
    desk.settle()
    assert view.flip.isVisible() and strips["you"].fader.isVisible()
    assert not strips["you"].controls["/mix/you/send_hall"].isVisible()
    QTest.mouseClick(view.flip, LEFT)
    assert strips["you"].controls["/mix/you/send_hall"].isVisible() and not strips["you"].fader.isVisible()
    QTest.mouseClick(view.flip, LEFT)
    theme.set_scale(1.0)
    desk.panel.restyle()
    desk.settle()
    assert not view.flip.isVisible() and strips["you"].fader.isVisible()
