"""A chart that is being written is read as it stands: bars, sections, and every fault by its line."""

import json

import pytest

from realtime.session.chart_draft import MOST_FAULTS, draft, draft_json

GOOD = "key: F\n[verse x2]\n| F7 | Bb7 . . C7 |\n[ending]\n3/4 | F7 | N.C. |\n"


def test_a_chart_is_read_to_bars_with_chords_and_to_sections():
    found = draft(GOOD)
    assert found["of"] == GOOD and found["faults"] == [] and found["key"] == "F major"
    assert [bar["chords"] for bar in found["bars"][:2]] == [[[0.0, "F7"]], [[0.0, "Bb7"], [3.0, "C7"]]]
    assert [(one["name"], one["bar"], one["bars"]) for one in found["sections"]] == [
        ("verse", 1, 2), ("verse", 3, 2), ("ending", 5, 2),
    ]  # fmt: skip
    assert found["bars"][-1]["metre"] == [3, 4] and draft(GOOD, 6, 8)["bars"][0]["metre"] == [6, 8]


def test_every_wrong_line_is_told_and_the_others_are_read():
    found = draft("| C | Hb7 |\n| F |\n[solo 8 bars\n| G | Qm |\n")
    first, *_, last = found["faults"]
    assert (first["line"], last["line"]) == (1, 4) and "Hb7" in first["text"] and "Qm" in last["text"]
    assert not first["text"].startswith("Chart") and "F" in [bar["chords"][0][1] for bar in found["bars"]]


@pytest.mark.parametrize("text", ["# nothing but a remark", "|", "key: H\n", "[verse]", "x" * 30_000, "| Z |\n" * 50])
def test_what_cannot_be_read_is_a_few_sentences_and_no_bars(text):
    found = json.loads(draft_json(text))
    assert 1 <= len(found["faults"]) <= MOST_FAULTS + 1 and found["bars"] == []
    assert all(one["text"] and "Traceback" not in one["text"] for one in found["faults"])


def test_no_text_is_no_fault():
    assert json.loads(draft_json(" \n")) == {"of": " \n", "faults": [], "bars": [], "sections": [], "key": None}
