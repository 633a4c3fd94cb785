"""Pieces from nothing have a form: sections of eight bars that close on a long note, come back, and end anew."""

from __future__ import annotations

import itertools

import pytest

import realtime.models.phrase.code as code
from realtime.models.phrase.form import FORMS, NEW_ENDING_BARS, SECTION_BARS, sections
from realtime.models.phrase.model import Phrase

BAR = 4 * code.TICKS


@pytest.fixture(scope="module")
def model() -> Phrase:
    return Phrase.load()


@pytest.mark.parametrize("style", range(len(code.STYLES)))
@pytest.mark.parametrize("bars, upbeat", [(16, 0), (20, 24), (32, 0), (64, 12)])
def test_sections_cover_the_bars_and_bring_back_what_the_form_says(style, bars, upbeat):
    first_bar = BAR if upbeat else 0
    parts = list(sections(style, bars, BAR, first_bar, upbeat))
    assert parts[0].start == first_bar - upbeat and parts[-1].end == first_bar + bars * BAR - upbeat
    assert all(a.end == b.start for a, b in itertools.pairwise(parts))
    form = FORMS.get(code.STYLES[style], "AABB")
    for k, part in enumerate(parts):
        earlier = form[: k % len(form)].find(form[k % len(form)]) if k < len(form) else form.find(form[k % len(form)])
        if earlier < 0:
            assert part.kept == 0
        else:
            assert part.source == parts[earlier].start
            assert part.kept == max(0, part.end - part.start - NEW_ENDING_BARS * BAR)


@pytest.mark.parametrize("bars", [1, 7, 15])
def test_a_short_piece_is_one_section(bars):
    assert list(sections(1, bars, BAR)) == [(0, bars * BAR, 0, 0)]


@pytest.mark.parametrize("style", ["folk", "jazz"])
def test_a_tune_comes_back_with_another_ending(model, style):
    number = code.STYLES.index(style)
    different = 0
    for seed in range(6):
        tune = model.generate(None, 32, seed, style=number, texture=1)
        first_onset = tune.notes[0].beat
        upbeat = first_onset >= 2.0
        start = first_onset if upbeat else 0.0
        at = [[(round(n.beat - start - 32.0 * k, 4), n.pitch) for n in tune.notes if 0 <= n.beat - start - 32.0 * k < 32.0]
              for k in range(4)]  # fmt: skip
        again = FORMS[style].rindex("A") if style == "jazz" else 1
        body = 4.0 * (SECTION_BARS - NEW_ENDING_BARS)
        same = [[note for note in at[k] if note[0] < body] for k in (0, again)]
        assert same[0] == same[1] and len(same[0]) > 4
        different += at[0] != at[again]
        assert tune.end_beat <= 4.0 * (32 + upbeat) + 1e-6
    assert different >= 4


def test_sections_close_on_long_notes_as_tunes_do(model):
    """Three of four last notes of a section last a beat or more; the bars before them seldom do."""
    long, sections_seen, upbeats = 0, 0, 0
    for seed in range(12):
        tune = model.generate(None, 32, seed, style=1, texture=1)
        upbeats += (late := tune.notes[0].beat >= 2.0)
        start = tune.notes[0].beat if late else 0.0
        for k in range(1, 5):
            last = [n for n in tune.notes if n.beat - start < 32.0 * k - 1e-6][-1]
            long += last.duration >= 0.95
            sections_seen += 1
    assert long / sections_seen > 0.6
    assert 4 <= upbeats <= 11


def test_answers_to_a_call_close_too(model):
    from realtime.music.sequence import Note, NoteSequence

    call = NoteSequence([Note(k / 2, 0.5, p, 0.7) for k, p in enumerate((67, 69, 71, 72, 74, 72, 71, 69) * 4)])
    long = 0
    for seed in range(12):
        answer = model.generate(call, 4, seed, task=1, style=1)
        last = answer.notes[-1]
        long += last.duration >= 0.95 and last.end > 15.0
    assert long >= 7
