"""The chart written in the panel: read while it is typed, wrong lines marked, drawn in bars, applied as one step of undo."""

import json

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from tests.ui.views.live_panel import live
from ui import strings
from ui.state.chart import BARS_A_LINE, read

FIRST = "[verse]\n| C | Am7 |\n"
SECOND = "[intro]\n| F | G7 . . C |\n[verse]\n| C | Am7 | Dm7 | G7 | C |\n"
SCENE = f'''
chart = """
{FIRST}"""
[[track]]
name = "keys"
[[track.device]]
device = "poly"
'''


@pytest.fixture(scope="module")
def charted(app, own_folders):
    path = own_folders / "charted.toml"
    path.write_text(SCENE)
    with live(app, "players", path) as made:
        yield made


@pytest.fixture
def pane(charted):
    """The pane open on the scene's first chart, nothing written yet."""
    made = charted
    made.as_designed()
    made.store.send("/chart/text", FIRST)
    pane = made.view.chart
    assert made.until(lambda: made.store.value("/chart/text") == FIRST)
    pane.pen.setPlainText(FIRST)
    made.view.show_chart(True)
    assert made.until(lambda: pane.draft.of == FIRST and pane.draft.bars == 2)
    yield pane
    made.view.show_chart(False)


def test_it_takes_the_place_of_the_roll_and_shows_the_scene_s_chart(charted, pane):
    assert pane.isVisible() and not charted.view.roll.isVisible() and pane.pen.hasFocus()
    assert pane.said.text == f"2 bars · {strings.CHART_PLAYS}"
    assert not pane.apply.isEnabled() and not pane.revert.isEnabled()
    pane.sheet.grab()
    assert pane.sheet.drawn == ["C", "Am7"] and pane.sheet.accessibleDescription() == "C | Am7"


def test_what_is_typed_is_read_and_drawn_and_played_only_when_it_is_applied_as_one_step(charted, pane):
    made, session = charted, charted.session
    steps = len(session.editor.history.names)
    pane.pen.selectAll()
    QTest.keyClicks(pane.pen, SECOND.replace("\n", " \r"))
    assert made.until(lambda: pane.draft.of == pane.text and pane.draft.bars == 7)
    assert [line.section for line in pane.draft.lines] == ["intro", "verse", ""]
    assert [len(line.bars) for line in pane.draft.lines] == [2, BARS_A_LINE, 1]
    assert pane.draft.lines[0].bars[1].chords == ((0.0, "G7"), (0.75, "C"))
    assert strings.CHART_NOT_APPLIED in pane.said.text and session.scene.chart == FIRST
    QTest.mouseClick(pane.apply, Qt.MouseButton.LeftButton)
    assert made.until(lambda: session.scene.chart == pane.text and not pane.is_changed)
    assert len(session.editor.history.names) == steps + 1
    made.store.send("/undo")
    assert made.until(lambda: session.scene.chart == FIRST and pane.text == FIRST), "undo brings the former one back"


def test_wrong_lines_are_marked_and_told_and_cannot_be_played(charted, pane):
    pane.pen.setPlainText("| C | Hb7 |\n| F |\n| G | Qm |\n")
    assert charted.until(lambda: [fault.line for fault in pane.draft.faults] == [1, 3])
    assert pane.said.text.startswith("Line 1: ") and "Hb7" in pane.said.text and "and 1 more" in pane.said.text
    assert [mark.cursor.blockNumber() for mark in pane.pen.extraSelections()] == [0, 2]
    assert not pane.apply.isEnabled() and pane.draft.bars == 1, "what can be read is drawn"
    QTest.mouseClick(pane.revert, Qt.MouseButton.LeftButton)
    assert charted.until(lambda: pane.text == FIRST and not pane.draft.faults and not pane.pen.extraSelections())


def test_what_is_written_survives_another_chart_of_the_scene_and_closing(charted, pane):
    pane.pen.setPlainText(SECOND)
    charted.view.show_chart(False)
    charted.store.send("/chart/text", "| F |\n")
    assert charted.until(lambda: charted.store.value("/chart/text") == "| F |\n" and pane._kept == "| F |\n")
    charted.view.show_chart(True)
    assert pane.text == SECOND and pane.is_changed
    QTest.mouseClick(pane.revert, Qt.MouseButton.LeftButton)
    assert pane.text == "| F |\n"


@pytest.mark.parametrize("value", [
    None, "", "{", "[]", '{"bars": 3, "faults": {}}', json.dumps({"bars": [{"metre": "4", "chords": [[None, 1], 2, ["x"]]}]}),
    json.dumps({"bars": [{"metre": [0, 4], "chords": [[9e9, "C"]]}], "sections": [7], "faults": [{"line": "x"}]}),
])  # fmt: skip
def test_what_a_tree_says_wrongly_is_not_there(value):
    found = read(value)
    assert all(0.0 <= begin <= 1.0 for line in found.lines for bar in line.bars for begin, _ in bar.chords)
