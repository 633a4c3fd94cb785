"""Every player of the registry keeps the contract: silence, floods, jumps, nonsense, metres, tempi, every control at its ends,
its seed whatever the ticks, and no note that does not end."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.music.sequence import Note
from realtime.players.controls import COMMON, TRIGGERS
from realtime.players.plan import Moment, Planned
from realtime.players.player import Player
from realtime.players.registry import player_class, player_names
from realtime.players.rehearsal import perform, shipped_package, sounding
from tests.players.stage import line, record

TUNE = (62, 64, 66, 67, 69, 71, 69, 66, 67, 64, 62, 61, 62, 66, 69, 74)
NAMES = player_names()


def made(name: str, **values: float) -> Player:
    chosen = player_class(name)
    return chosen(package=shipped_package(chosen), **values)


def listen(player: Player, records) -> list:
    """What comes of records, checked as the engine would wish it."""
    found = []
    for one in records:
        player.hear(one)
        for planned in player.take():
            assert planned.kind in (
                wire.PLAN_NOTE,
                wire.PLAN_CANCEL,
                wire.PLAN_RELEASE,
                wire.PLAN_STATUS,
                wire.PLAN_DAMP,
                wire.CHORD,
            ) or (not player.LANES and planned.kind in (wire.MOOD, wire.PLAN_TEMPO))
            if planned.kind == wire.PLAN_NOTE:
                assert math.isfinite(planned.beat) and 0 < planned.duration_beats <= wire.LONGEST_BEATS
                assert 0 <= planned.key <= 127 and 0 < planned.velocity <= 1 and 0 <= planned.lane < len(player.LANES)
                assert planned.beat < player.now.beat + 64
            found.append(planned)
    return found


def clock(start: float, end: float, kind: int = wire.TRANSPORT):
    return [record(kind, start + 0.04 * i) for i in range(int((end - start) / 0.04))]


def phrase(start: float = 0.0):
    """Two bars of eighths, then a turn of silence for it to answer in."""
    keys = [
        record(kind, start + 0.5 * i + late, key=key, velocity=0.7)
        for i, key in enumerate(TUNE) for kind, late in ((wire.NOTE_ON, 0.0), (wire.NOTE_OFF, 0.45))
    ]  # fmt: skip
    return sorted(keys + clock(start, start + 24.0), key=lambda r: float(r["beat"]))


@pytest.mark.parametrize("name", NAMES)
def test_to_silence_it_comes_to_no_harm(name):
    listen(made(name), clock(0.0, 32.0))


@pytest.mark.parametrize("name", NAMES)
def test_a_flood_of_notes_then_a_panic_and_it_plays_again(name):
    player, dice = made(name), Random(1)
    flood = [
        record(dice.choice((wire.NOTE_ON, wire.NOTE_OFF)), i * 0.005, key=dice.randrange(128), velocity=dice.random(),
               channel=dice.randrange(16), source=dice.randrange(20))
        for i in range(3000)
    ]  # fmt: skip
    listen(player, flood)
    listen(player, [record(wire.PANIC, 15.0)])
    listen(player, phrase(16.0))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [wire.LOCATE, wire.PANIC])
def test_after_a_jump_or_a_panic_nothing_planned_before_is_left(name, kind):
    player = made(name)
    planned = listen(player, phrase())
    left = {p.serial for p in planned if p.kind == wire.PLAN_NOTE and p.beat >= player.now.beat}
    player.hear(record(kind, 24.0))
    released = [p.serial for p in player.take() if p.kind == wire.PLAN_RELEASE]
    assert not left or max(released) >= max(left)


@pytest.mark.parametrize("name", NAMES)
def test_records_of_another_wire_are_ignored(name):
    player = made(name)
    kinds = [k for k in (-1, 0, 99, 2**31 - 1) if k not in wire.HEARD_KINDS]
    odd = [record(kind, 1.0, key=60) for kind in kinds]
    odd += [record(kind, 1.0, key=4000, number=-9, value=math.nan, velocity=math.nan) for kind in range(1, 20)]
    odd += [record(kind, beat) for kind in range(1, 20) for beat in (math.nan, math.inf, -math.inf)]
    odd += [np.zeros(1, wire.LISTEN)[0]]
    for one in odd:
        player.hear(one)
        player.take()
    listen(player, phrase(8.0))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("first", ["minimum", "maximum"])
def test_every_control_may_stand_at_either_end_and_be_moved_while_it_plays(name, first):
    player = made(name)
    tell(player, 0.0)
    ends = ("minimum", "maximum") if first == "minimum" else ("maximum", "minimum")
    start = 0.0
    for row, param in enumerate(player.TABLE):
        records = [one for one in phrase(start) if float(one["beat"]) < start + 14.0]
        for at, end in zip((0, len(records) // 2), ends, strict=True):
            records.insert(at, record(wire.PARAMETER, start, number=row, value=getattr(param, end)))
        listen(player, records)
        assert player.values[param.id] == param.clamp(getattr(param, ends[1]))
        listen(player, [record(wire.PARAMETER, start + 14.0, number=row, value=param.default)])
        start += 16.0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_all_its_controls_may_stand_at_one_end(name, end):
    player = made(name, **{param.id: getattr(param, end) for param in player_class(name).TABLE})
    tell(player, 0.0)
    listen(player, phrase())


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_asked_for_all_in_any_order_while_it_plays(name):
    player, dice = made(name), Random(3)
    tell(player, 0.0)
    for start in range(0, 96, 24):
        records = phrase(float(start))
        for _ in range(6):
            asked = wire.FIRST_TRIGGER + dice.randrange(len(TRIGGERS) + 2)  # some that do not exist
            records.insert(dice.randrange(len(records)), record(wire.PARAMETER, start, number=asked))
        listen(player, records)


def tell(player: Player, start: float, bars: int = 64, bar: float = 4.0) -> None:
    """The follower's words: a key, and a chord for each bar of a chart."""
    player.hear(record(wire.KEY, start, key=2, number=0))
    for number in range(bars):
        root = (2, 11, 7, 9)[number % 4]
        third = 3 if root == 11 else 4
        mask = sum(1 << ((root + step) % 12) for step in (0, third, 7))
        player.hear(record(wire.CHORD, start + bar * number, key=root, number=0, bass=root, classes=mask))
    player.take()


def performance(
    name: str, tick_s: float = 0.02, tempo: float = 120.0, metre=(4, 4), playing: bool = True, **values
) -> list[Planned]:
    """What sounds of eight bars with two of your phrases."""
    player = made(name, **values)
    bar = metre[0] * 4.0 / metre[1]
    tell(player, 0.0, bar=bar)
    keys = list((TUNE * 2)[: int(4 * bar)])
    notes = line(keys) + line(keys, start=5 * bar)
    heard = perform(player, notes, 12 * bar, tempo, *metre, playing=playing, tick_s=tick_s)
    for at, one in heard:
        if one.kind == wire.PLAN_NOTE:
            assert at - 1e-9 <= one.beat + wire.LATE_BEATS, "it is not planned when it is over"
    return sounding(heard)


def told_apart(notes: list[Planned], first: float, until: float) -> list[tuple]:
    """What there is to compare; in the bar in which it is started it comes in as soon as it is told of time."""
    return [
        (round(n.beat, 4), round(n.duration_beats, 4), n.lane, n.key, round(n.velocity, 5))
        for n in notes
        if first <= n.beat < until
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_and_the_same_playing_give_the_same_notes_however_the_ticks_fall(name):
    first, *others = (told_apart(performance(name, tick, seed=5), 4.0, 40.0) for tick in (0.02, 0.02, 0.0137, 0.005))
    for other in others:
        assert other == first


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (5, 4), (7, 8), (12, 8), (2, 2)])
def test_in_any_metre_every_note_ends(name, metre):
    bar = metre[0] * 4.0 / metre[1]
    for note in performance(name, metre=metre):
        assert 0.0 < note.duration_beats <= 16 * bar and 0 <= note.key <= 127


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tempo", [20.0, 400.0])
def test_at_any_tempo_it_plays_in_time(name, tempo):
    late = 0
    player = made(name)
    tell(player, 0.0)
    for at, one in perform(player, line(list(TUNE)), 32.0, tempo):
        late += one.kind == wire.PLAN_NOTE and one.beat < at - 1e-6
    assert late == 0, "off stage it is never late"


@pytest.mark.parametrize("name", NAMES)
def test_where_the_song_stands_it_comes_to_no_harm(name):
    for note in performance(name, playing=False):
        assert note.duration_beats > 0.0


@pytest.mark.parametrize("name", NAMES)
def test_two_hundred_notes_at_once_and_then_a_minute_of_silence(name):
    player, dice = made(name), Random(2)
    tell(player, 0.0)
    crash = [Note(4.0 + 0.0005 * i, 2.0, dice.randrange(128), 0.9, dice.randrange(16)) for i in range(200)]
    notes = sounding(perform(player, crash, 124.0))
    ons: dict[tuple[int, int], float] = {}
    for note in notes:
        assert note.beat >= ons.get((note.lane, note.key), -1.0) - 1e-3, "a key is not struck while it sounds"
        ons[note.lane, note.key] = note.beat + note.duration_beats


@pytest.mark.parametrize("name", NAMES)
def test_the_metre_changes_and_the_clock_jumps_on_the_way(name):
    player = made(name)
    tell(player, 0.0)
    perform(player, line(list(TUNE)), 20.0)
    for number, (beat, numerator, denominator) in enumerate(((20.0, 3, 4), (20.0, 7, 8), (2.0, 4, 4), (900.0, 5, 4))):
        player.hear(record(wire.LOCATE, beat, bar_start_beat=beat, numerator=numerator, denominator=denominator))
        released = [one.kind for one in player.take()]
        assert wire.PLAN_NOTE not in released
        tell(player, beat, bar=numerator * 4.0 / denominator)
        heard = perform(
            player, line(list(TUNE), start=beat + 0.5), beat + 20.0, 120.0, numerator, denominator, start=beat
        )
        assert all(one.beat >= beat for _, one in heard if one.kind == wire.PLAN_NOTE), f"jump {number}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("quantise", range(4))
def test_stopped_it_is_silent_from_its_boundary_on_and_started_it_is_back(name, quantise):
    def sounds(player, first, last, heard):
        return [n for n in sounding(heard) if first <= n.beat < last]

    player = made(name, quantise=quantise)
    tell(player, 0.0, bars=128)
    heard = perform(player, line(list(TUNE)), 10.0)
    player.set("playing", 0)
    heard += perform(player, line(list(TUNE), start=24.0), 60.0, start=10.0)
    assert not sounds(player, 12.0, 60.0, heard)
    player.set("playing", 1)
    heard += perform(player, line(list(TUNE), start=64.0), 100.0, start=60.0)
    assert sounds(player, 64.0, 100.0, heard) or not sounds(player, 0.0, 12.0, heard)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_still_through_the_count_in(name):
    player = made(name)
    tell(player, 0.0)
    for beat in range(200):
        player.tick(Moment(0.04 * beat, playing=False, counting=True))
        if beat % 12 == 0:
            player.note_on(0.04 * beat, TUNE[beat // 12 % 16], 0.7)
            player.note_off(0.04 * beat + 0.03, TUNE[beat // 12 % 16])
        assert not [one for one in player.take() if one.kind == wire.PLAN_NOTE]


@pytest.mark.parametrize("name", NAMES)
def test_it_has_every_common_control_once(name):
    ids = [param.id for param in player_class(name).TABLE]
    assert {param.id for param in COMMON} <= set(ids) and len(ids) == len(set(ids))
    assert set(ids) >= player_class(name).SHAPES
