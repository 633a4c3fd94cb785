"""The Map over the real session: learn, keep, edit, remove; a press on any control learns it; nothing hidden is lost."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from tests.ui.views.live_panel import live
from ui import strings
from ui.state import maps
from ui.style import theme
from ui.views.map.table import CURVE, HIGH, LOW, TAKEOVER, TARGET

CUTOFF = "/rack/1/cutoff_hz"
ROW = {"source": {"kind": "cc", "number": 21, "channel": 1}, "scope": "rig",
       "targets": [{"address": CUTOFF, "low": 200.0, "high": 6000.0}]}  # fmt: skip


@pytest.fixture(scope="module")
def session_of_all(app, own_folders):
    with live(app, "map") as made:
        assert made.until(lambda: made.store.has("/map/list") and made.store.has(CUTOFF))
        yield made


@pytest.fixture
def bench(session_of_all):
    """Each test begins with nothing assigned and nothing to learn."""
    made = session_of_all
    made.as_designed()
    for row in rows(made):
        made.store.send("/map/remove", row.id)
    made.view.mode.cancel()
    assert made.until(lambda: not rows(made) and not made.view.model.lines and not made.view.mode.now.on)
    return made


def rows(bench):
    return maps.assignments(bench.store.value("/map/list"))


def assigned(bench, table=ROW):
    bench.store.send_json("/map/set", table)
    assert bench.until(lambda: rows(bench) and bench.view.model.lines)
    return rows(bench)[0]


def test_a_row_is_edited_in_place_and_shows_what_the_tree_says(bench):
    assigned(bench)
    model = bench.view.model
    assert model.index(0, LOW).data() == "200 Hz" and model.index(0, HIGH).data() == "6.00 kHz"
    assert not model.setData(model.index(0, HIGH), "1.2k"), "the tree has the last word"
    assert bench.until(lambda: rows(bench)[0].targets[0].high == pytest.approx(1200.0))
    assert bench.until(lambda: model.index(0, HIGH).data() == "1.20 kHz")
    model.setData(model.index(0, CURVE), "exp")
    assert bench.until(lambda: rows(bench)[0].targets[0].curve == "exp")
    model.setData(model.index(0, TAKEOVER), "jump")
    assert bench.until(lambda: rows(bench)[0].takeover == "jump")
    assert rows(bench)[0].targets[0].low == 200.0, "what was not touched stays"
    bench.view.table.selectRow(0)
    bench.view.invert_chosen()
    assert bench.until(lambda: rows(bench)[0].targets[0].invert)
    assert bench.until(lambda: model.index(0, LOW).data() == "1.20 kHz"), "an inverted range changes sides"


def test_what_is_no_value_is_told_and_changes_nothing(bench):
    before = assigned(bench)
    bench.view.model.setData(bench.view.model.index(0, LOW), "banana")
    assert bench.until(lambda: any("banana" in sentence for sentence in bench.told))
    assert rows(bench) == [before]


def test_delete_removes_the_chosen_assignment(bench):
    assigned(bench)
    bench.view.table.selectRow(0)
    bench.view.table.setFocus()
    QTest.keyClick(bench.view.table, Qt.Key.Key_Delete)
    assert bench.until(lambda: not rows(bench) and not bench.view.model.lines)
    assert bench.until(lambda: bench.view.count.text == strings.NO_ASSIGNMENTS)


def test_learn_waits_shows_its_target_and_lets_go(bench):
    box = bench.view.learn
    QTest.mouseClick(box.start, Qt.MouseButton.LeftButton)
    assert bench.until(lambda: bench.view.mode.now.on)
    assert box.head == strings.LEARN_WAITING and box.start.isChecked() and not box.keep.isEnabled()
    bench.view.mode.start(CUTOFF)
    assert bench.until(lambda: bench.view.mode.now.waiting == CUTOFF)
    assert "Cutoff" in box.target.text or CUTOFF in box.target.text
    assert "20.0 kHz" in box.range.text
    QTest.mouseClick(box.cancel, Qt.MouseButton.LeftButton)
    assert bench.until(lambda: not bench.view.mode.now.on and box.head == strings.LEARN_OFF)


def test_while_learning_a_press_on_a_control_learns_it_and_moves_nothing(bench):
    bench.panel.show_view("rack")
    shown = bench.panel.views["rack"]
    assert bench.until(lambda: shown.device.controls)
    bench.view.mode.start()
    assert bench.until(lambda: bench.view.mode.now.on and shown.learn.isVisible())
    knob = next(
        iter(shown.device.controls.values())
    )  # now: the bar takes room, and may have made others of another size
    before = knob.value
    QTest.mousePress(knob, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(knob, Qt.MouseButton.LeftButton)
    assert bench.until(lambda: bench.view.mode.now.waiting == knob.parameter.address)
    assert knob.value == before and not knob.held
    bench.view.mode.cancel()
    assert bench.until(lambda: not bench.view.mode.now.on)


def test_an_assignment_to_what_is_gone_stays_readable(bench):
    assigned(bench, {"source": {"kind": "cc", "number": 5}, "targets": [{"address": "/rack/99/gone"}], "scope": "rig"})
    assert bench.view.model.index(0, TARGET).data() == "/rack/99/gone"


@pytest.mark.parametrize(
    ("size", "scale"), [((1920, 1080), 2.0), ((1920, 1080), 2.5), ((1024, 600), 1.0), ((1920, 1080), 1.0)]
)
def test_the_table_is_reached_at_every_scale(bench, size, scale):
    theme.set_scale(scale)
    bench.panel.resize(*size)
    bench.panel.restyle()
    view = bench.view

    def seen():
        return view.table.visibleRegion().boundingRect().height()

    assert bench.until(lambda: view.to_table.isVisible() == view.is_short)
    assert view.is_short == (scale >= 2.0), "where both have room nothing is folded"
    if view.is_short:
        QTest.mouseClick(view.to_table, Qt.MouseButton.LeftButton)
    assert bench.until(lambda: seen() >= 200)
    if view.is_short:
        assert not view.box.isVisible()
        QTest.mouseClick(view.to_picture, Qt.MouseButton.LeftButton)
        assert bench.until(lambda: view.box.isVisible() and view.learn.isVisible())
