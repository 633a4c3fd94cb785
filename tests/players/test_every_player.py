"""Every player of the registry keeps the contract: silence, floods, jumps, nonsense, every control at its ends, its seed."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.players.controls import COMMON
from realtime.players.player import Player
from realtime.players.registry import player_class, player_names
from realtime.players.rehearsal import shipped_package
from tests.players.stage import record

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
            )
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
def test_every_control_may_stand_at_either_end_and_be_moved_while_it_plays(name):
    for row, param in enumerate(player_class(name).TABLE):
        for value in (param.minimum, param.maximum):
            player = made(name, **{param.id: value})
            records = phrase()
            half = len(records) // 2
            other = param.minimum if value == param.maximum else param.maximum
            listen(player, [*records[:half], record(wire.PARAMETER, 12.0, number=row, value=other), *records[half:]])
            assert player.values[param.id] == param.clamp(other)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_and_the_same_playing_give_the_same_notes(name):
    assert listen(made(name, seed=5), phrase()) == listen(made(name, seed=5), phrase())


@pytest.mark.parametrize("name", NAMES)
def test_it_has_every_common_control_once(name):
    ids = [param.id for param in player_class(name).TABLE]
    assert {param.id for param in COMMON} <= set(ids) and len(ids) == len(set(ids))
    assert set(ids) >= player_class(name).SHAPES
