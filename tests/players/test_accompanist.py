"""`accompanist` on stage: in the chord, on time, turned round within the beat, under the tune, ended on a closing bar; by the
model and by rule alike."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.sequence import Note
from realtime.players.accompanist import BASS_LANE, PAD_LANE, PIANO_LANE, AccompanistPlayer
from realtime.players.coda import CLOSE, PLAY_ON
from realtime.players.plan import Moment, Planned
from realtime.players.registry import player_class, player_names
from realtime.players.rehearsal import chord_record, perform, shipped_package, sounding, told_record
from tests.players.stage import line

TUNE = line([72, 74, 76, 77, 79, 77, 76, 74] * 8, step=1.0)
LOOP = ("C", "Am", "F", "G7")


@cache
def package():
    return shipped_package(AccompanistPlayer)


def made(way: str = "rules", **values) -> AccompanistPlayer:
    return AccompanistPlayer(package=package() if way == "model" else None, seed=4, **values)


@pytest.fixture(params=["model", "rules"])
def way(request) -> str:
    return request.param


def chart(symbols=LOOP, bars: int = 16, bar: float = 4.0, start: float = 0.0):
    """A chord a bar, announced two bars ahead."""
    rows = [(start + i * bar, parse_chord(symbols[i % len(symbols)])) for i in range(bars)]
    return [(max(0.0, beat - 2 * bar), chord_record(beat, chord)) for beat, chord in rows], rows


def by_hand(rows, lag: float = 0.1):
    """Chords as a follower names them that hears hands: a little after they begin."""
    return [(beat + lag, chord_record(beat, chord)) for beat, chord in rows]


def chord_at(rows, beat: float) -> Chord:
    return [chord for at, chord in rows if at <= beat + 1e-6][-1]


def in_chord(notes: list[Planned], rows, on_beat: bool = True) -> float:
    """Share of the notes on beats that are in the chord."""
    found = [n.key % 12 in chord_at(rows, round(n.beat)).classes for n in notes if abs(n.beat - round(n.beat)) < 0.06]
    assert len(found) > 16
    return sum(found) / len(found)


def test_no_bar_is_left_without_a_bass(way):
    told, rows = chart(bars=32)
    for known in (told, by_hand(rows)):
        notes = sounding(perform(made(way), line([72, 74, 76, 77] * 32, step=1.0), 128.0, told=known))
        for bar in range(1, 31):
            bass = [n for n in notes if n.lane == BASS_LANE and 4 * bar <= n.beat < 4 * bar + 4]
            assert sum(n.duration_beats for n in bass) >= 0.8, (
                f"bar {bar}: {[(n.beat, n.duration_beats) for n in bass]}"
            )


def test_it_is_found_by_its_file():
    assert "accompanist" in player_names() and player_class("accompanist") is AccompanistPlayer


def test_with_a_chart_every_beat_is_in_the_chord_and_every_lane_plays(way):
    told, rows = chart()
    notes = sounding(perform(made(way), TUNE, 64.0, told=told))
    assert in_chord(notes, rows) >= 0.97
    for lane in (PIANO_LANE, BASS_LANE, PAD_LANE):
        bars = {int(n.beat // 4) for n in notes if n.lane == lane}
        assert len(bars) >= 12, f"lane {lane} plays in {sorted(bars)}"
    assert min(n.beat for n in notes) < 0.1, "it comes in on the first beat"


def test_nothing_is_planned_for_the_past(way):
    told, rows = chart()
    for heard in (perform(made(way), TUNE, 32.0, told=t, tempo_bpm=200.0) for t in (told, by_hand(rows))):
        late = [(at, p.beat) for at, p in heard if p.kind == wire.PLAN_NOTE and p.beat < at]
        assert not late


def test_the_bass_is_one_line_and_stands_on_the_root_where_the_chord_changes(way):
    told, rows = chart()
    bass = [n for n in sounding(perform(made(way), TUNE, 64.0, told=told)) if n.lane == BASS_LANE]
    assert all(a.beat + a.duration_beats <= b.beat + 1e-3 for a, b in pairwise(bass))
    ones = {round(n.beat): n.key % 12 for n in bass if abs(n.beat % 4.0) < 0.06}
    roots = [ones.get(round(beat)) == chord.bass for beat, chord in rows]
    assert sum(roots) >= 13 and all(28 <= n.key <= 60 for n in bass)


def test_a_sudden_change_is_followed_within_the_beat_and_nothing_foreign_rings_on(way):
    told, _ = chart(("C",), bars=4)
    change = 9.1
    told = [t for t in told if t[1]["beat"] < 4.0] + [(change, chord_record(9.0, parse_chord("Ab")))]
    player = made(way)
    notes = sounding(perform(player, TUNE, 16.0, told=told))
    new = parse_chord("Ab").classes
    begun = [n for n in notes if change < n.beat <= change + 1.0 and n.key % 12 in new]
    assert any(n.lane == BASS_LANE for n in begun) and any(n.lane == PAD_LANE for n in begun)
    foreign = [
        n for n in notes if n.key % 12 not in new and n.beat < 16.0 and n.beat + n.duration_beats > change + 0.05
    ]
    onbeat = [n for n in foreign if n.beat <= change or n.lane != PIANO_LANE]
    assert not onbeat, onbeat


def test_what_is_common_to_both_chords_sounds_on_in_the_pad():
    told, _ = chart(("C",), bars=4)
    told = [t for t in told if t[1]["beat"] < 4.0] + [(9.1, chord_record(9.0, parse_chord("Am")))]
    pad = [n for n in sounding(perform(made(), [], 16.0, told=told)) if n.lane == PAD_LANE]
    held = [n for n in pad if n.beat < 9.0 and n.beat + n.duration_beats > 10.0]
    assert {n.key % 12 for n in held} == {0, 4}


def test_chords_by_hand_are_waited_for_and_expected_once_they_return():
    _, rows = chart(bars=16)
    player = made()
    notes = sounding(perform(player, TUNE, 64.0, told=by_hand(rows)))
    assert in_chord(notes, rows) >= 0.95
    strikes = {round(n.beat / 4.0): n.beat for n in notes if n.lane == BASS_LANE and n.beat % 4.0 < 0.5}
    assert all(0.0 < strikes[bar] - 4.0 * bar < 0.4 for bar in (1, 2, 3)), "as soon as the new chord is heard"
    assert all(abs(strikes[bar] - 4.0 * bar) < 1e-3 for bar in range(9, 16)), "on the beat, for it knows the loop"


def test_a_broken_expectation_is_mended_at_once():
    _, rows = chart(bars=13)
    rows = [*rows[:12], (48.0, parse_chord("Eb"))]  # the loop would have C
    notes = sounding(perform(made(), TUNE, 56.0, told=by_hand(rows)))
    wrong = [n for n in notes if n.beat + n.duration_beats > 48.6 and n.key % 12 not in parse_chord("Eb").classes]
    assert not wrong
    assert any(n.lane == BASS_LANE and 48.0 < n.beat <= 49.0 and n.key % 12 == 3 for n in notes)


def test_keys_held_are_chords_where_nobody_names_any(way):
    held = [Note(bar * 4.0 + 0.01 * i, 3.8, key, 0.6) for bar in range(4) for i, key in enumerate((57, 60, 64))]
    notes = sounding(perform(made(way), held, 16.0))
    assert notes and all(n.key % 12 in (9, 0, 4) for n in notes if n.lane != PIANO_LANE)


def test_the_pad_stays_under_the_tune(way):
    told, _ = chart()
    tune = line([64, 62, 60, 62, 67, 65, 64, 60] * 8, step=1.0)
    pad = [n for n in sounding(perform(made(way), tune, 64.0, told=told)) if n.lane == PAD_LANE]
    over = [
        t for t in tune
        if any(n.beat <= t.beat + 0.1 < n.beat + n.duration_beats and n.key >= t.pitch for n in pad)
    ]  # fmt: skip
    assert pad and len(over) <= 1


def test_one_hand_can_play_each_of_its_piano_chords():
    told, _ = chart(("Cmaj9", "F#m7b5", "B7b9", "Em11"))
    notes = [n for n in sounding(perform(made(), TUNE, 64.0, told=told)) if n.lane == PIANO_LANE]
    for beat in {n.beat for n in notes}:
        keys = [n.key for n in notes if n.beat == beat]
        assert max(keys) - min(keys) <= 16 and len(keys) <= 5


@pytest.mark.parametrize(("numerator", "denominator"), [(3, 4), (6, 8), (5, 4), (7, 8), (2, 4), (12, 8)])
def test_other_metres_have_their_one(way, numerator, denominator):
    bar = numerator * 4.0 / denominator
    told, rows = chart(bars=16, bar=bar)
    heard = perform(made(way), TUNE, 16 * bar, numerator=numerator, denominator=denominator, told=told)
    bass = [n for n in sounding(heard) if n.lane == BASS_LANE]
    ones = {round(n.beat / bar) for n in bass if min(n.beat % bar, bar - n.beat % bar) < 0.05}
    assert len(ones) >= 12


def run(player: AccompanistPlayer, moments, told=()):
    told, heard = list(told), []
    for now in moments:
        while told and told[0][0] <= now.beat:
            player.hear(told.pop(0)[1])
        player.tick(now)
        heard += [(now.beat, p) for p in player.take()]
    return heard


def test_a_change_of_metre_moves_the_one(way):
    four = [Moment(0.04 * i, 120.0, 0.04 * i // 4 * 4, 4, 4) for i in range(200)]
    three = [Moment(8.0 + 0.04 * i, 120.0, 8.0 + 0.04 * i // 3 * 3, 3, 4) for i in range(600)]
    rows = [(0.0, "C"), (4.0, "F"), *((8.0 + 3 * k, ("G", "C")[k % 2]) for k in range(8))]
    told = [(max(0.0, beat - 4.0), chord_record(beat, parse_chord(symbol))) for beat, symbol in rows]
    bass = [n for n in sounding(run(made(way), four + three, told)) if n.lane == BASS_LANE]
    begun = [n.beat for n in bass]
    assert all(any(abs(b - (8.0 + 3 * k)) < 0.05 for b in begun) for k in range(7))


@pytest.mark.parametrize("tempo_bpm", [20.0, 400.0])
def test_it_keeps_up_at_any_tempo(way, tempo_bpm):
    told, rows = chart(bars=8)
    notes = sounding(perform(made(way), TUNE, 32.0, tempo_bpm=tempo_bpm, told=told))
    assert in_chord(notes, rows) >= 0.95 and max(n.beat for n in notes) > 28.0


def test_a_chart_that_says_no_chord_is_silence():
    told, _ = chart(bars=4)
    told += [(8.0, chord_record(16.0, None)), (12.0, chord_record(20.0, parse_chord("C")))]
    notes = sounding(perform(made(), TUNE, 24.0, told=told))
    assert not [n for n in notes if 16.0 <= n.beat < 20.0 - 1e-6]
    assert not [n for n in notes if n.beat < 16.0 and n.beat + n.duration_beats > 16.0 + 1e-6]
    assert [n for n in notes if n.beat >= 20.0]


def test_it_closes_on_the_last_bar_of_an_ending_on_the_tonic(way):
    told, _ = chart(bars=8)
    told = [(0.0, told_record(wire.KEY, 0.0, key=0, number=0)), *told]
    told = sorted([*told, (8.0, told_record(wire.SECTION, 24.0, number=wire.SECTIONS.index("ending"), value=2.0))],
                  key=lambda t: t[0])  # fmt: skip
    player = made(way)
    notes = sounding(perform(player, TUNE, 40.0, told=told))
    assert player.coda.closed and not [n for n in notes if n.beat > 28.1]
    last = [n for n in notes if abs(n.beat - 28.0) < 0.1]
    assert {n.lane for n in last} == {PIANO_LANE, BASS_LANE, PAD_LANE}
    assert all(n.beat + n.duration_beats <= 32.0 + 1e-3 for n in notes)
    assert {n.key % 12 for n in last} <= parse_chord("G7").classes, "the chart's own last chord"


def test_without_a_chart_it_closes_on_the_key():
    told = [(0.0, told_record(wire.KEY, 0.0, key=7, number=0)), (0.0, chord_record(0.0, parse_chord("D7")))]
    told += [(9.0, told_record(wire.SECTION, 12.0, number=wire.SECTIONS.index("ending")))]
    notes = sounding(perform(made(), TUNE, 24.0, told=told))
    last = {n.key % 12 for n in notes if abs(n.beat - 12.0) < 0.1}
    assert last == {7, 11, 2} and max(n.beat for n in notes) < 12.2


@pytest.mark.parametrize(("rest", "end"), [(PLAY_ON, 60.0), (CLOSE, 20.5)])
def test_when_you_rest_it_does_as_it_is_asked(rest, end):
    told, _ = chart(bars=2)
    player = made(rest=rest)
    notes = sounding(perform(player, [n for n in TUNE if n.beat < 8.0], 64.0, told=told))
    assert player.coda.closed == (rest == CLOSE)
    last = max(n.beat for n in notes)
    assert last <= end if rest == CLOSE else last >= end
    if rest == CLOSE:  # and you begin again
        again = sounding(perform(player, line([72, 74, 76, 77] * 4, 1.0, start=64.0), 80.0, start=64.0))
        assert [n for n in again if n.beat >= 64.0] and not player.coda.closed


def test_a_performer_silent_for_a_minute_is_closed_for_and_thinned_out_before():
    told, _ = chart(("C", "F"), bars=2)
    player = made()
    notes = sounding(perform(player, [n for n in TUNE if n.beat < 8.0], 128.0, told=told))
    per_bar = [sum(1 for n in notes if n.lane == PIANO_LANE and 4 * k <= n.beat < 4 * k + 4) for k in range(32)]
    assert sum(per_bar[:2]) / 2 > max(per_bar[6:9]) and player.coda.closed and max(n.beat for n in notes) < 48.0


def test_a_locate_begins_again_from_there_with_the_last_chord(way):
    told, _ = chart(bars=4)
    player = made(way)
    perform(player, TUNE, 10.0, told=told)
    player.locate(Moment(40.0, 120.0, 40.0))
    released = [p for p in player.take() if p.kind == wire.PLAN_RELEASE]
    notes = sounding(perform(player, [], 48.0, start=40.0))
    assert released and notes and all(n.beat >= 40.0 for n in notes)
    assert all(n.key % 12 in parse_chord("F").classes for n in notes if n.lane != PIANO_LANE)


def test_a_transport_that_stops_stops_it_and_starts_it_again():
    told, _ = chart(bars=2)
    player = made()
    perform(player, TUNE, 6.0, told=told)
    stopped = perform(player, [], 12.0, start=6.0, playing=False)
    assert [p.kind for _, p in stopped if p.kind != wire.PLAN_STATUS] == [wire.PLAN_RELEASE]
    assert sounding(perform(player, [], 20.0, start=12.0))


def test_two_hundred_notes_at_once_and_it_plays_on(way):
    told, rows = chart(bars=4)
    flood = [Note(4.0, 0.5, key % 128, 0.9, key % 9) for key in range(200)]
    notes = sounding(perform(made(way), flood, 16.0, told=told))
    assert in_chord([n for n in notes if n.beat > 5.0], rows) >= 0.95


def test_the_same_seed_gives_the_same_notes_whatever_the_ticks_and_another_seed_others():
    told, rows = chart()
    for chords in (told, by_hand(rows, lag=0.0)):
        first, fine = (sounding(perform(made("model"), TUNE, 32.0, told=chords, tick_s=t)) for t in (0.02, 0.005))
        assert [(n.beat, n.key, n.lane, n.duration_beats) for n in first if n.beat < 30.0] == [
            (n.beat, n.key, n.lane, n.duration_beats) for n in fine if n.beat < 30.0
        ]
    other = AccompanistPlayer(package=package(), seed=5)
    assert sounding(perform(other, TUNE, 32.0, told=by_hand(rows, lag=0.0))) != first


def test_intensity_and_density_are_heard_in_the_notes():
    told, _ = chart()

    def played(**values):
        notes = sounding(perform(made("model", pad_level=0.0, **values), TUNE, 64.0, told=told))
        return len(notes), sum(n.velocity for n in notes) / len(notes)

    soft, loud, thin = played(intensity=0.1), played(intensity=0.9), played(density=0.4)
    assert loud[0] > 1.3 * soft[0] and loud[1] > soft[1] + 0.15 and thin[0] < 0.8 * played()[0]


def test_on_the_rules_rung_it_plays_on_without_the_model():
    told, rows = chart()
    player = made("model")
    heard = perform(player, TUNE, 16.0, told=[t for t in told if t[0] < 16.0])
    player.rung = 1
    written = player.writer.tokens
    heard += perform(player, TUNE, 32.0, start=16.0, told=[t for t in told if t[0] >= 16.0])
    assert player.writer.tokens == written
    assert in_chord(sounding(heard), rows) >= 0.95 and max(p.beat for _, p in heard) > 31.0
