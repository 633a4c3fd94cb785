"""`roll` on stage: a texture of the chord's own tones that waits for a chord, goes with it, moves with its noise, and holds
together; by the model and by rule alike."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord_symbol import parse_chord
from realtime.music.sequence import Note
from realtime.players.controls import OFF, STRICT
from realtime.players.plan import Planned
from realtime.players.rehearsal import chord_record, perform, shipped_package, sounding, told_record
from realtime.players.roll import KNOBS, RollPlayer, smoothed

CHART = ("C", "Am", "Dm7", "G7", "Em7", "Am", "F", "G7")


@cache
def package():
    return shipped_package(RollPlayer)


@pytest.fixture(params=["model", "rules"])
def way(request) -> str:
    return request.param


def made(way: str = "model", seed: int = 3, **values) -> RollPlayer:
    return RollPlayer(package=package() if way == "model" else None, seed=seed, **{"rest": 0, **values})


def chart(names=CHART, bar: float = 4.0, late: float | None = None):
    """All of it at once, or each chord as a hand plays it, so many beats late."""
    rows = [(0.0, told_record(wire.KEY, 0.0, key=0, number=0))]
    return rows + [
        (0.0, chord_record(bar * k, parse_chord(name))) if late is None
        else (bar * k + late, chord_record(bar * k + late, parse_chord(name)))
        for k, name in enumerate(names)
    ]  # fmt: skip


def played(way: str = "model", told=(), until: float = 32.0, metre=(4, 4), notes=(), **values) -> list[Planned]:
    return sounding(perform(made(way, **values), list(notes), until, 120.0, *metre, told=told))


def inside(notes, names, late: float = 0.0, bar: float = 4.0) -> float:
    """Share of the sounding time that lies on tones of the chord."""
    good = total = 0.0
    for n in notes:
        for k, name in enumerate(names):
            shared = min(n.beat + n.duration_beats, bar * k + bar) - max(n.beat, bar * k + late)
            if shared > 0.0:
                total += shared
                good += shared * (n.key % 12 in parse_chord(name).classes)
    return good / total


def test_on_a_chart_it_sounds_the_chords(way):
    notes = played(way, chart(), guard=STRICT)
    assert len(notes) > 20 and inside(notes, CHART) > 0.999


def test_chords_by_hand_are_sounded_as_soon_as_they_are_heard_and_nothing_is_struck_wrongly_before(way):
    notes = played(way, chart(late=0.06))
    assert inside(notes, CHART, late=0.12) > 0.98
    assert not [n for n in notes if n.duration_beats < 0.12], "no false start on the bar line"


def test_of_the_model_alone_most_is_in_the_chord():
    assert inside(played("model", chart(), guard=OFF), CHART) > 0.8


def test_without_a_chord_it_waits(way):
    assert not played(way)
    notes = played(way, [(9.0, chord_record(9.0, parse_chord("F")))])
    assert min(n.beat for n in notes) == pytest.approx(12.0, abs=0.3)


def test_keys_that_are_held_are_its_chord_where_nobody_names_one(way):
    hands = [Note(4.0 * k, 3.9, key, 0.7) for k in range(8) for key in (53, 57, 60)]
    notes = played(way, notes=hands)
    assert notes and inside(notes, ("F",) * 8) > 0.8


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (5, 4), (7, 8), (12, 8)])
def test_in_any_metre_it_fills_its_bars(way, metre):
    bar = metre[0] * 4.0 / metre[1]
    notes = played(way, chart(bar=bar), 8 * bar, metre)
    assert inside(notes, CHART, bar=bar) > 0.95
    for k in range(8):
        assert [n for n in notes if bar * k - 0.1 <= n.beat < bar * k + bar], f"bar {k}"


def test_it_stays_where_it_is_told_to_and_is_soft(way):
    notes = played(way, chart(), lowest=55.0, highest=72.0)
    assert all(55 <= n.key <= 72 for n in notes) and max(n.velocity for n in notes) < 0.6


@pytest.mark.parametrize("knob", [*KNOBS, "seed", "spread"])
def test_its_noise_is_turned_from_the_next_bar_on(knob):
    player = made("model", smooth_beats=0.0)
    heard = perform(player, [], 9.0, told=chart())
    same = list(heard)
    other = made("model", smooth_beats=0.0)
    perform(other, [], 9.0, told=chart())
    other.set(knob, 2.0 if knob in ("seed", "spread") else 0.7)
    same += perform(player, [], 32.0, start=9.0)
    turned = perform(other, [], 32.0, start=9.0)
    rows = [[(n.beat, n.key) for n in sounding(some) if 12.0 <= n.beat < 31.0] for some in (same, turned)]
    assert rows[0] != rows[1]
    assert all(p.beat >= 11.9 for _, p in turned if p.kind == wire.PLAN_NOTE)


def test_the_density_is_a_threshold():
    counts = [
        sum(n.duration_beats for n in played("model", chart(), density=d, polyphony=32.0)) for d in (0.25, 1.0, 4.0)
    ]
    assert counts[0] < counts[1] < counts[2]


def test_smooth_notes_are_long_and_leave_no_specks():
    rough, smooth = (played("model", chart(), smooth_beats=s) for s in (0.0, 1.0))
    assert np.median([n.duration_beats for n in smooth]) > np.median([n.duration_beats for n in rough])
    assert min(n.duration_beats for n in smooth) >= 0.9


def test_smoothing_closes_rests_and_drops_specks():
    sounds = np.array([1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0], bool)
    assert smoothed(sounds, 3) == [(0, 6)]
    assert smoothed(sounds, 1) == [(0, 2), (3, 6), (10, 11)]
    assert smoothed(np.zeros(12, bool), 3) == []


def test_a_chord_in_the_middle_of_a_bar_ends_what_is_foreign_to_it(way):
    rows = [*chart(("C", "C")), (6.5, chord_record(6.5, parse_chord("Db")))]
    notes = played(way, rows, 8.0, guard=STRICT)
    late = [n for n in notes if n.beat + n.duration_beats > 6.75]
    assert late and all(n.key % 12 in parse_chord("Db").classes for n in late)


def test_after_an_ending_it_is_silent(way):
    ending = wire.SECTIONS.index("ending")
    rows = [*chart(), (0.0, told_record(wire.SECTION, 8.0, number=ending, value=2.0))]
    notes = played(way, rows)
    assert [n for n in notes if 12.0 <= n.beat < 12.2] and all(n.beat + n.duration_beats <= 16.1 for n in notes)


def test_a_chord_just_before_its_first_bar_is_the_chord_of_that(way):
    rows = [(9.0, chord_record(9.0, parse_chord("C"))), (11.8, chord_record(11.8, parse_chord("F")))]
    notes = played(way, rows, 20.0, guard=STRICT)
    assert min(n.beat for n in notes) >= 11.99 and inside(notes, ("F",) * 5) > 0.98


def test_its_bar_is_the_same_bar_when_it_is_written_twice():
    rows = [*chart(("C",) * 8), (17.0, chord_record(17.0, parse_chord("C6")))]
    once, twice = (played("model", told, noise=0.5, guard=OFF) for told in (chart(("C",) * 8), rows))
    for first, until in ((4.0, 16.5), (20.0, 31.0)):
        a, b = ([(n.beat, n.key) for n in notes if first <= n.beat < until] for notes in (once, twice))
        assert first > 17.0 or a == b
