"""`drummer` on stage: it stands on one and on the backbeat, goes with the bass, fills where it should, in any metre; by the
model and by rule alike."""

from __future__ import annotations

from functools import cache

import pytest

from realtime.contract import player_wire as wire
from realtime.music.metre import default_grouping
from realtime.music.sequence import Note
from realtime.players.coda import CLOSE
from realtime.players.drummer import DrummerPlayer
from realtime.players.plan import Moment, Planned
from realtime.players.registry import player_class, player_names
from realtime.players.rehearsal import perform, shipped_package, sounding, told_record
from tests.players.stage import line

KICK, SNARE, SIDE_STICK, CLOSED, CRASH, RIDE = 36, 38, 37, 42, 49, 51
TOMS = {43, 47, 50}
YOU = line([72, 74, 76, 77] * 32, step=1.0)
SECTIONS = {name: number for number, name in enumerate(wire.SECTIONS)}


@cache
def package():
    return shipped_package(DrummerPlayer)


def made(way: str = "rules", seed: int = 3, **values) -> DrummerPlayer:
    return DrummerPlayer(package=package() if way == "model" else None, seed=seed, **values)


@pytest.fixture(params=["model", "rules"])
def way(request) -> str:
    return request.param


def section(beat: float, name: str, bars: float = 0.0):
    return told_record(wire.SECTION, beat, number=SECTIONS[name], value=bars)


def near(notes, beat: float, *keys: int, within: float = 0.13, loud: float = 0.0) -> list[Planned]:
    return [n for n in notes if n.key in keys and abs(n.beat - beat) < within and n.velocity >= loud]


def in_bar(notes, bar: int, length: float = 4.0) -> list[Planned]:
    return [n for n in notes if bar * length - 0.1 <= n.beat < (bar + 1) * length - 0.1]


def test_it_is_found_by_its_file():
    assert "drummer" in player_names() and player_class("drummer") is DrummerPlayer


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_kick_stands_on_one_and_the_snare_on_two_and_four(way, seed):
    notes = sounding(perform(made(way, seed), YOU, 96.0))
    bars = range(1, 24)
    ones = [bool(near(notes, 4.0 * b, KICK)) for b in bars]
    backs = [bool(near(notes, 4.0 * b + k, SNARE, SIDE_STICK, loud=0.25)) for b in bars for k in (1, 3)]
    assert sum(ones) / len(ones) >= 0.95, "real drummers: .96"
    assert sum(backs) / len(backs) >= 0.79, "real drummers: .79"
    hats = [len([n for n in in_bar(notes, b) if n.key in (CLOSED, 46, RIDE)]) for b in bars]
    assert sum(h >= 3 for h in hats) >= 20


def test_it_waits_for_you_and_enters_on_the_bar(way):
    silent = made(way)
    assert not sounding(perform(silent, [], 16.0))
    notes = sounding(perform(silent, [n._replace(beat=n.beat + 17.0) for n in YOU], 32.0, start=16.0))
    assert min(n.beat for n in notes) == pytest.approx(20.0, abs=0.1)
    assert min(n.beat for n in sounding(perform(made(way, enter=1), [], 8.0))) < 0.1


def test_nothing_is_planned_for_the_past_and_never_more_than_two_bars_ahead(way):
    for at, p in perform(made(way), YOU, 64.0, tempo_bpm=200.0):
        if p.kind == wire.PLAN_NOTE:
            assert at <= p.beat <= at + 8.0


def test_the_theme_returns_and_the_phrase_ends_in_a_fill_and_a_crash(way):
    notes = sounding(perform(made(way, intensity=0.7), YOU, 96.0))

    def backbone(bar):
        return {(round((n.beat - 4 * bar) * 4), n.key) for n in in_bar(notes, bar) if n.key in (KICK, SNARE)}

    assert backbone(9) == backbone(17) and backbone(9)
    for last in (7, 15):
        end = [n for n in notes if 4 * last + 2 - 0.1 <= n.beat < 4 * last + 3.95]
        assert len([n for n in end if n.key in TOMS | {SNARE}]) >= 4
        assert near(notes, 4.0 * (last + 1), CRASH) and not near(notes, 4.0 * last, CRASH)


def test_a_fill_on_demand_begins_on_the_next_beat_and_ends_on_the_bar(way):
    player = made(way, fill_bars=0, intensity=0.7)
    heard = perform(player, YOU, 17.2)
    player.set("fill", 1.0)
    heard += perform(player, YOU, 21.9, start=17.2)
    player.set("fill", 0.0)
    heard += perform(player, YOU, 32.0, start=21.9)
    notes = sounding(heard)
    filled = [n for n in notes if 17.9 <= n.beat < 19.9]
    assert len([n for n in filled if n.key in TOMS | {SNARE}]) >= 4 and not near(filled, 18.5, CLOSED, RIDE)
    assert near(notes, 20.0, CRASH) and near(notes, 20.0, KICK)
    assert not [n for n in notes if n.beat > 20.9 and n.key in TOMS and n.beat % 4 > 3.0 and n.velocity > 0.9]


def test_before_another_section_it_fills_whether_announced_or_told_late():
    announced = [(1.0, section(0.0, "verse")), (9.0, section(16.0, "chorus"))]
    late = [(1.0, section(0.0, "verse")), (13.2, section(16.0, "chorus"))]
    for told in (announced, late):
        notes = sounding(perform(made(intensity=0.6, fill_bars=0), YOU, 24.0, told=told))
        assert len([n for n in notes if 13.9 <= n.beat < 16.0 and n.key in TOMS | {SNARE}]) >= 4
        assert near(notes, 16.0, CRASH)


def test_a_bar_before_a_section_that_is_written_already_may_be_written_anew(way):
    """The next section is in the plan when the bar that still sounds is played anew: it lies before the phrase's begin."""
    player = made(way, seed=0)
    perform(player, YOU, 15.0, told=[(1.0, section(0.0, "verse")), (9.0, section(16.0, "chorus"))])
    assert player._phrase == 16.0
    player.take()
    player._rewrite(14.0)
    anew = [p for p in player.take() if p.kind == wire.PLAN_NOTE]
    assert anew and all(14.0 - 1e-6 <= p.beat < 16.0 for p in anew)
    for number in range(-9, 0):
        player._phrase = 16.0 - 4.0 * number
        assert player._strokes(16.0, 0.5)


def test_a_section_of_fill_is_a_bar_of_fill_and_a_break_is_a_stop():
    told = [(1.0, section(0.0, "verse")), (5.0, section(8.0, "fill")), (6.0, section(12.0, "break"))]
    told.append((7.0, section(16.0, "verse")))
    notes = sounding(perform(made(intensity=0.6, fill_bars=0), YOU, 24.0, told=told))
    assert len([n for n in in_bar(notes, 2) if n.key in TOMS | {SNARE}]) >= 7
    assert {n.key for n in in_bar(notes, 3)} == {KICK, CRASH} and all(
        abs(n.beat - 12.0) < 0.1 for n in in_bar(notes, 3)
    )
    assert near(notes, 17.0, SNARE)


def test_it_ends_with_one_hit_on_the_last_bar_of_an_ending(way):
    told = [(1.0, section(0.0, "verse")), (5.0, section(16.0, "ending", 2.0))]
    player = made(way)
    notes = sounding(perform(player, YOU, 32.0, told=told))
    assert {n.key for n in notes if n.beat > 19.9} == {KICK, CRASH} and max(n.beat for n in notes) < 20.1
    assert player.coda.closed


def test_when_you_rest_it_stops_if_asked_and_comes_in_again_with_you():
    player = made(rest=CLOSE)
    notes = sounding(perform(player, [n for n in YOU if n.beat < 16.0], 48.0))
    assert 20.0 < max(n.beat for n in notes) < 33.0 and player.coda.closed
    again = sounding(perform(player, [n for n in YOU if n.beat >= 50.0], 64.0, start=48.0))
    assert min(n.beat for n in again) == pytest.approx(52.0, abs=0.1)


def bass(pattern, bars: int) -> list[Note]:
    return [Note(4.0 * b + place, 0.4, 40, 0.8, 1) for b in range(bars) for place in pattern]


def kicks_with(player, pattern) -> float:
    notes = sounding(perform(player, bass(pattern, 24), 96.0))
    kicks = [n.beat % 4.0 for n in notes if n.key == KICK and n.beat > 32.0]
    return sum(any(abs(k - p) < 0.13 or abs(k - p - 4.0) < 0.13 for p in pattern) for k in kicks) / len(kicks)


@pytest.mark.parametrize("pattern", [(0.0, 1.5, 2.5), (0.0, 2.0, 3.5), (0.0, 0.5, 2.0, 2.5)])
def test_the_kick_goes_with_the_bass(way, pattern):
    free = kicks_with(made(way, with_bass=0.0), pattern)
    together = kicks_with(made(way, with_bass=1.0), pattern)
    assert together >= 0.8 and together >= free


@pytest.mark.parametrize(
    ("numerator", "denominator"), [(3, 4), (6, 8), (5, 4), (7, 8), (2, 4), (12, 8), (9, 8), (11, 16)]
)
def test_other_metres_are_played_by_their_groups(way, numerator, denominator):
    bar, unit = numerator * 4.0 / denominator, 4.0 / denominator
    heard = perform(made(way), YOU, 16 * bar, numerator=numerator, denominator=denominator)
    notes = sounding(heard)
    for b in range(2, 7):
        assert near(notes, b * bar, KICK), f"no kick on one of bar {b}"
        snares = [n for n in in_bar(notes, b, bar) if n.key in (SNARE, SIDE_STICK)]
        assert snares and all((n.beat - b * bar) > 0.3 * unit for n in snares if n.velocity > 0.4)
    if denominator == 8 and len(default_grouping(numerator, denominator)) > 1:
        second = default_grouping(numerator, denominator)[0] * unit
        assert near(notes, 2 * bar + second, SNARE)


def test_a_change_of_metre_is_taken_up_on_its_bar(way):
    player = made(way)
    heard = []
    moments = [Moment(0.04 * i, 120.0, 0.04 * i // 4 * 4, 4, 4) for i in range(400)]
    moments += [Moment(16.0 + 0.04 * i, 120.0, 16.0 + 0.04 * i // 3.5 * 3.5, 7, 8) for i in range(400)]
    player.note_on(0.0, 72, 0.7)
    for now in moments:
        player.tick(now)
        heard += [(now.beat, p) for p in player.take()]
    notes = sounding(heard)
    for k in range(1, 4):
        assert near(notes, 16.0 + 3.5 * k, KICK) and near(notes, 16.0 + 3.5 * k + 1.0, SNARE)
    assert not [(at, p.beat) for at, p in heard if p.kind == wire.PLAN_NOTE and p.beat < at]


@pytest.mark.parametrize("tempo_bpm", [20.0, 400.0])
def test_it_keeps_up_at_any_tempo(way, tempo_bpm):
    notes = sounding(perform(made(way), YOU, 48.0, tempo_bpm=tempo_bpm))
    assert all(near(notes, 4.0 * b, KICK, within=0.2) for b in range(1, 7))


def test_what_you_tap_becomes_the_groove(way):
    taps = (0.0, 0.75, 1.5, 2.0, 3.0, 3.5)
    tapped = [Note(4.0 * b + place, 0.1, 36, 0.8, 9) for b in range(2, 6) for place in taps]
    player = made(way, fill_bars=0, variation=0.0)
    notes = sounding(perform(player, sorted([*YOU, *tapped]), 48.0))
    loud = [n for n in notes if n.beat >= 31.9 and n.key in (KICK, SNARE) and n.velocity > 0.3]
    met = [any(abs(n.beat % 4.0 - t) < 0.13 or abs(n.beat % 4.0 - 4.0 - t) < 0.13 for t in taps) for n in loud]
    assert sum(met) / len(met) >= (0.75 if way == "model" else 1.0) and len(loud) >= 12


def test_intensity_and_density_change_what_it_plays(way):
    def played(**values):
        notes = [n for n in sounding(perform(made(way, fill_bars=0, **values), YOU, 64.0)) if n.beat > 4.0]
        return len(notes), sum(n.velocity for n in notes) / len(notes), {n.key for n in notes}

    soft, loud = played(intensity=0.05), played(intensity=0.95)
    assert loud[1] > 1.3 * soft[1] and SIDE_STICK in soft[2] and SNARE not in soft[2] and SNARE in loud[2]
    if way == "model":
        assert played(density=0.4)[0] < played(density=2.5)[0]


def test_it_follows_the_intensity_that_is_told():
    told = [(0.0, told_record(wire.INTENSITY, 0.0, value=0.0)), (30.0, told_record(wire.INTENSITY, 30.0, value=1.0))]
    notes = sounding(perform(made("model", follow=1.0, fill_bars=0), YOU, 64.0, told=told))
    before, after = ([n.velocity for n in notes if a < n.beat < b] for a, b in ((4.0, 28.0), (36.0, 64.0)))
    assert sum(after) / len(after) > 1.25 * sum(before) / len(before)


def test_no_level_no_drum():
    notes = sounding(perform(made("model", hat_level=0.0, cymbal_level=0.0), YOU, 48.0))
    assert not [n for n in notes if n.key in (CLOSED, 46, CRASH, RIDE)] and near(notes, 8.0, KICK)


def test_the_guard_of_the_key_leaves_the_drums_alone():
    told = [(0.0, told_record(wire.KEY, 0.0, key=1, number=0))]
    notes = sounding(perform(made(guard=3, range=0.0), YOU, 32.0, told=told))
    assert {n.key for n in notes} <= {35, *range(36, 52)} and near(notes, 8.0, KICK) and near(notes, 9.0, SNARE)


def test_a_locate_a_stop_and_two_hundred_notes_leave_it_in_time(way):
    player = made(way)
    perform(player, YOU, 10.0)
    player.locate(Moment(41.0, 120.0, 40.0))
    assert [p for p in player.take() if p.kind == wire.PLAN_RELEASE]
    flood = [Note(46.0, 0.5, key % 128, 0.9, key % 9) for key in range(200)]
    notes = sounding(perform(player, flood, 56.0, start=41.0))
    assert min(n.beat for n in notes) == pytest.approx(44.0, abs=0.1) and near(notes, 52.0, KICK)
    stopped = perform(player, [], 60.0, start=56.0, playing=False)
    assert [p.kind for _, p in stopped if p.kind != wire.PLAN_STATUS] == [wire.PLAN_RELEASE]


def test_the_same_seed_gives_the_same_drums_whatever_the_ticks(way):
    first, fine = (sounding(perform(made(way), YOU, 48.0, tick_s=t)) for t in (0.02, 0.004))
    assert [n for n in first if n.beat < 44.0] == [n for n in fine if n.beat < 44.0]
    assert first != sounding(perform(made(way, seed=4), YOU, 48.0))


def test_another_take_is_another_groove():
    player = made("model")
    first = perform(player, YOU, 32.0)
    player.take_number = 1
    player.locate(Moment(0.0, 120.0, 0.0))
    player.take()
    second = perform(player, YOU, 32.0)
    assert [(n.beat, n.key) for n in sounding(first)] != [(n.beat, n.key) for n in sounding(second)]
