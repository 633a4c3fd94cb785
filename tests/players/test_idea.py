"""Ideas of `morph`: caught from what was played in any metre, written down and read again as they were."""

from __future__ import annotations

import pytest

from realtime.models.morph import notes_of
from realtime.music.sequence import Note
from realtime.native.errors import AntiphonError
from realtime.players.idea import DRUM_NAMES, Grid, caught, pitch_of, read_idea, written
from realtime.players.morph_pad import WRITTEN
from tests.players.stage import line

TUNE = [60, 64, 67, 72, 71, 67, 65, 62]


def lines(idea, track: str = "melody") -> list[tuple[int, int, int]]:
    """(first sixteenth, sixteenths, pitch)."""
    return [(start, end - start, pitch_of(token)) for start, end, token in notes_of(getattr(idea.bars, track))]


def test_two_bars_are_caught_as_they_were_played():
    idea = caught(line(TUNE, step=1.0, start=8.0), 8.0, 4.0)
    assert [(at, pitch) for at, _, pitch in lines(idea)] == [(4 * k, pitch) for k, pitch in enumerate(TUNE)]
    assert idea.bars.bass is None and idea.bars.hits is None and idea.loud == pytest.approx(0.7)


def test_hands_that_are_not_quite_in_time_are_put_on_sixteenths():
    notes = [n._replace(beat=n.beat + (-1) ** k * 0.08) for k, n in enumerate(line(TUNE, step=1.0))]
    assert [at for at, _, _ in lines(caught(notes, 0.0, 4.0))] == [4 * k for k in range(8)]


def test_channels_are_told_apart_and_a_single_one_is_split():
    bass = [Note(2.0 * k, 1.8, 36 + k, 0.8, 1) for k in range(4)]
    drums = [Note(float(k), 0.1, 36 if k % 2 == 0 else 38, 0.9, 9) for k in range(8)]
    idea = caught([*line(TUNE, step=1.0), *bass, *drums], 0.0, 4.0)
    assert [pitch for _, _, pitch in lines(idea, "bass")] == [36, 37, 38, 39]
    assert idea.bars.hits[:, DRUM_NAMES.index("kick")].nonzero()[0].tolist() == [0, 8, 16, 24]
    both = [n._replace(channel=0) for n in (*line(TUNE, step=1.0), *bass)]
    split = caught(both, 0.0, 4.0, split=48)
    assert lines(split, "bass") == lines(idea, "bass") and lines(split) == lines(idea)
    assert caught(both, 0.0, 4.0).bars.bass is None


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (5, 4), (7, 8), (2, 4), (4, 4), (12, 8)])
def test_in_any_metre_each_sixteenth_of_a_bar_has_its_own_place(metre):
    bar_beats = metre[0] * 4.0 / metre[1]
    cells = Grid.of(bar_beats)
    places = [cells.place(bar, step) for bar in range(cells.bars) for step in range(cells.steps)]
    assert len(set(places)) == len(places) == cells.bars * cells.steps == round(4 * bar_beats * cells.bars)
    notes = [Note(0.25 * k, 0.2, 60 + k % 12, 0.7) for k in range(cells.bars * cells.steps)]
    assert [at for at, _, _ in lines(caught(notes, 0.0, bar_beats))] == sorted(places)


def test_where_nothing_sounds_there_is_no_idea():
    assert caught([], 0.0, 4.0) is None
    assert caught(line(TUNE, start=40.0), 0.0, 4.0) is None
    assert caught([Note(0.0, 1.0, 127, 0.5, 9)], 0.0, 4.0) is None, "no drum has that key"


@pytest.mark.parametrize("text", WRITTEN)
def test_a_text_is_read_as_it_was_written(text):
    idea = read_idea(text)
    again = read_idea(written(idea))
    for track in ("melody", "bass"):
        assert lines(again, track) == lines(idea, track)
    assert (again.bars.hits == idea.bars.hits).all() and again.loud == idea.loud


def test_what_was_caught_is_written_down_and_read_as_it_was():
    idea = caught([*line(TUNE, step=0.75), *line([40, 43], step=4.0)], 0.0, 4.0, split=48)
    again = read_idea(written(idea))
    assert lines(again) == lines(idea) and lines(again, "bass") == lines(idea, "bass") and again.loud == idea.loud


@pytest.mark.parametrize(
    "text, why",
    [
        ("melodie C4 4", "did you mean 'melody'"),
        ("melody H4 4", "not a pitch name"),
        ("melody C 4", "octave"),
        ("melody C4 x", "'x' must be a whole number of sixteenths"),
        ("melody C4 20, D4 20", "40 sixteenths"),
        ("drums kik 0", "did you mean 'kick'"),
        ("drums kick 32", "from 0 to 31"),
        ("drums ", "is no drum"),
        ("melody C4 4; loud 7", "above 0 up to 1"),
        ("melody - 4", "there is no note in it"),
        (";", "is no part"),
    ],
)
def test_a_text_that_makes_no_sense_is_told_with_its_place(text, why):
    with pytest.raises(AntiphonError, match=r"^idea") as told:
        read_idea(text)
    assert why in str(told.value)


def test_no_text_is_no_idea():
    assert read_idea("") is None and read_idea("  \n") is None
