"""What is said of the music in the engine: devices read it, players are told it, what is announced holds from its beat on."""

from __future__ import annotations

import math

import pytest

from realtime.contract import player_wire as wire
from realtime.engine import layout
from realtime.engine.engine import Engine
from realtime.native.ring import Ring
from tests.engine.small_devices import gate
from tests.engine.test_engine import RATE, started, track
from tests.engine.test_engine_players import join

C, G, F = (
    {"key": root, "bass": root, "classes": 0b10010001 << root & 0xFFF | 0b10010001 << root >> 12} for root in (0, 7, 5)
)


def now(engine: Engine) -> float:
    return float(engine.record[0]["clock_beat"])


def known(engine: Engine, name: str = "chord_root") -> int:
    return int(engine.record[0]["transport"][name])


def said(engine: Engine, plan: Ring, kind: int = wire.CHORD, **fields: float) -> None:
    plan.push(kind=kind, serial=int(engine.record[0]["jumps"]), **fields)


def until(engine: Engine, beat: float) -> None:
    """Runs to the last quantum before a beat."""
    while now(engine) + 65 / RATE * 2 < beat:
        engine.process(frames=64)


@pytest.fixture
def engine() -> Engine:
    return started(track(gate))


def test_devices_see_the_chord_the_key_and_the_section(engine):
    _, plan = join(engine, layout.FOLLOWER)
    said(engine, plan, beat=0.0, key=7, number=2, bass=11, classes=0b100010000100)
    said(engine, plan, wire.KEY, beat=0.0, key=2, number=1, classes=0b11)
    said(engine, plan, wire.SECTION, beat=0.0, number=wire.SECTIONS.index("chorus"), value=8.0)
    said(engine, plan, wire.INTENSITY, beat=0.0, value=0.75)
    engine.process(frames=64)
    t = engine.record[0]["transport"]
    assert [int(t[f"chord_{name}"]) for name in ("root", "quality", "bass", "classes")] == [7, 2, 11, 0b100010000100]
    assert [int(t[f"key_{name}"]) for name in ("tonic", "mode", "classes")] == [2, 1, 0b11]
    assert int(t["section"]) == 1 + wire.SECTIONS.index("chorus") and float(t["intensity"]) == 0.75
    said(engine, plan, beat=now(engine), key=-1)
    engine.process(frames=64)
    assert known(engine, "chord_classes") == 0


def test_what_is_announced_holds_from_its_beat_on(engine):
    _, plan = join(engine, layout.FOLLOWER)
    listen, _ = join(engine, 3)
    said(engine, plan, beat=0.0, **C)
    said(engine, plan, beat=0.5, **G)
    said(engine, plan, beat=1.0, **F)
    engine.process(frames=64)
    for beat, before, after in ((0.5, 0, 7), (1.0, 7, 5)):
        until(engine, beat)
        assert known(engine) == before and now(engine) < beat
        while now(engine) < beat:
            engine.process(frames=64)
        assert known(engine) == after
    told = [(float(r["beat"]), int(r["key"])) for r in listen.pop_all() if r["kind"] == wire.CHORD]
    assert told == [(0.0, 0), (0.5, 7), (1.0, 5)], "players are told at once, long before"


def test_another_course_takes_the_place_of_what_was_announced(engine):
    _, plan = join(engine, layout.FOLLOWER)
    for beat, chord in ((0.5, G), (0.75, C), (0.5, F)):
        said(engine, plan, beat=beat, **chord)
    said(engine, plan, wire.SECTION, beat=0.6, number=0)
    until(engine, 1.0)
    assert known(engine) == 5 and known(engine, "section") == 1


@pytest.mark.parametrize("jump", [lambda e: e.locate(16.0), lambda e: (e.stop(), e.play())])
def test_a_jump_voids_what_was_announced_and_what_was_on_its_way(engine, jump):
    listen, plan = join(engine, layout.FOLLOWER)
    said(engine, plan, beat=0.0, **C)
    said(engine, plan, beat=0.5, **G)
    engine.process(frames=64)
    jump(engine)
    engine.process(frames=64)
    plan.push(kind=wire.CHORD, serial=0, beat=0.6, **F)
    until(engine, 1.0)
    assert known(engine) == 0
    located = [int(r["note_id"]) for r in listen.pop_all() if r["kind"] == wire.LOCATE]
    said(engine, plan, beat=now(engine) + 0.1, **F)
    assert located[-1] == int(engine.record[0]["jumps"])
    engine.process(frames=8192)
    assert known(engine) == 5


def test_a_newcomer_is_told_what_holds_and_what_comes(engine):
    _, plan = join(engine, layout.FOLLOWER)
    for beat, chord in ((0.0, C), (7.0, G), (9.0, F)):
        said(engine, plan, beat=beat, **chord)
    said(engine, plan, wire.MOOD, beat=0.0, value=0.5, value2=-0.5)
    engine.process(frames=64)
    listen, _ = join(engine, 5)
    engine.process(frames=64)
    told = [(int(r["kind"]), float(r["beat"])) for r in listen.pop_all() if r["kind"] in wire.TOLD_KINDS]
    assert told == [(wire.CHORD, 0.0), (wire.MOOD, 0.0), (wire.CHORD, 7.0), (wire.CHORD, 9.0)]


def test_all_is_forgotten_with_the_scene(engine):
    _, plan = join(engine, layout.FOLLOWER)
    listen, _ = join(engine, 0)
    said(engine, plan, beat=0.0, **G)
    said(engine, plan, wire.KEY, beat=0.0, key=7, classes=0b1)
    engine.process(frames=64)
    engine.players.forget_told()
    engine.process(frames=64)
    assert known(engine, "chord_classes") == known(engine, "key_classes") == 0
    assert [int(r["key"]) for r in listen.pop_all() if r["kind"] in wire.TOLD_KINDS] == [7, 7, -1, -1]
    late, _ = join(engine, 1)
    engine.process(frames=64)
    assert not [r for r in late.pop_all() if r["kind"] in wire.TOLD_KINDS]


def test_the_hands_lead_the_tempo_where_no_clock_does(engine):
    _, plan = join(engine, layout.FOLLOWER)
    for tempo_bpm in (97.5, math.nan, -3.0, 1e9):
        said(engine, plan, wire.PLAN_TEMPO, beat=0.0, value=tempo_bpm)
    engine.process(frames=64)
    assert float(engine.record[0]["transport"]["tempo_bpm"]) == 97.5
    before = now(engine)
    engine.process(frames=RATE)
    assert now(engine) - before == pytest.approx(97.5 / 60.0, rel=1e-3)
    engine.follow_clock(0)
    engine.process(frames=64)
    said(engine, plan, wire.PLAN_TEMPO, beat=0.0, value=150.0)
    engine.process(frames=64)
    assert float(engine.record[0]["transport"]["tempo_bpm"]) == 97.5


def test_nonsense_harms_nobody(engine):
    _, plan = join(engine, layout.FOLLOWER)
    listen, _ = join(engine, 0)
    for kind in (-1, 0, wire.PLAN_NOTE, wire.LOCATE, 99):
        said(engine, plan, kind, beat=0.0, key=1)
    said(engine, plan, beat=math.nan, **G)
    said(engine, plan, wire.MOOD, beat=0.0, value=math.inf)
    said(engine, plan, wire.SECTION, beat=0.0, number=77)
    said(engine, plan, wire.KEY, beat=0.0, key=4, number=12, classes=-1)
    for number in range(2 * layout.MAX_TOLD):
        said(engine, plan, beat=10.0 + number, **C)
        engine.process(frames=16)
    assert known(engine) == 7 and known(engine, "section") == 0 and known(engine, "key_classes") == 0
    assert engine.record[0]["dropped_events"] == layout.MAX_TOLD
    assert {int(r["kind"]) for r in listen.pop_all()} <= {wire.TRANSPORT, *wire.TOLD_KINDS}


def test_players_and_the_follower_know_where_the_song_stands(engine):
    listen, _ = join(engine, layout.FOLLOWER)
    engine.locate(9.0)
    engine.set_loop(8.0, 12.0, True)
    engine.process(frames=1024)
    record = [r for r in listen.pop_all() if r["kind"] == wire.TRANSPORT][-1]
    assert 9.0 <= record["song_beat"] < 9.1 and record["number"] == 2
    assert (record["loop_start"], record["loop_end"]) == (8.0, 12.0)


def metre(engine: Engine) -> tuple[int, int]:
    t = engine.record[0]["transport"]
    return int(t["numerator"]), int(t["denominator"])


def test_a_metre_that_is_led_to_begins_on_its_bar_line_to_the_sample(engine):
    _, plan = join(engine, layout.FOLLOWER)
    listen, _ = join(engine, 3)
    engine.play()
    engine.process(frames=64)
    start = now(engine) - float(engine.record[0]["transport"]["beat"])
    said(engine, plan, wire.PLAN_METRE, beat=start + 4.0, key=3, number=4)
    engine.process(frames=64)
    assert metre(engine) == (4, 4)
    listen.pop_all()
    while float(engine.record[0]["transport"]["beat"]) < 4.0 + 65 / RATE * 2:
        engine.process(frames=64)
    assert metre(engine) == (3, 4)
    t = engine.record[0]["transport"]
    assert (float(t["bar_start_beat"]), int(t["bar"])) == (pytest.approx(4.0, abs=1e-6), 1)
    told = [r for r in listen.pop_all() if r["kind"] == wire.LOCATE]
    a_sample = 2.0 / RATE
    assert [float(r["song_beat"]) for r in told] == [pytest.approx(4.0, abs=1.01 * a_sample)]
    assert (int(told[0]["numerator"]), int(told[0]["denominator"]), int(told[0]["number"])) == (3, 4, 1)
    while float(t["beat"]) < 10.5:
        engine.process(frames=64)
    assert (float(t["bar_start_beat"]), int(t["bar"])) == (pytest.approx(10.0, abs=1e-6), 3)


def test_a_metre_that_holds_already_moves_nothing_and_a_jump_forgets_one_to_come(engine):
    _, plan = join(engine, layout.FOLLOWER)
    engine.play()
    engine.process(frames=64)
    jumps = int(engine.record[0]["jumps"])
    said(engine, plan, wire.PLAN_METRE, beat=0.0, key=4, number=4)
    said(engine, plan, wire.PLAN_METRE, beat=now(engine) + 2.0, key=99, number=4)
    engine.process(frames=64)
    assert int(engine.record[0]["jumps"]) == jumps and metre(engine) == (4, 4)
    said(engine, plan, wire.PLAN_METRE, beat=now(engine) + 2.0, key=5, number=4)
    engine.process(frames=64)
    engine.locate(0.0)
    until(engine, now(engine) + 4.0)
    assert metre(engine) == (4, 4)


def test_a_player_leads_the_band_by_its_chords(engine):
    """What it tells of a beat holds from there on, and all hear of it; what it told before a jump that it had not heard of
    is void."""
    _, plan = join(engine, 1)
    listen, _ = join(engine, 3)
    lead = lambda beat, chord, jumps: plan.push(kind=wire.CHORD, serial=4, beat=beat, value=jumps, **chord)  # noqa: E731
    jumps = float(engine.record[0]["jumps"])
    lead(0.0, C, jumps)
    lead(0.5, G, jumps)
    lead(1.0, F, jumps + 1.0)
    engine.process(frames=64)
    heard = [r for r in listen.pop_all() if r["kind"] == wire.CHORD]
    assert [(float(r["beat"]), int(r["key"]), float(r["value"])) for r in heard] == [(0.0, 0, 0.0), (0.5, 7, 0.0)]
    assert known(engine) == 0
    until(engine, 0.5)
    engine.process(frames=128)
    assert known(engine) == 7
    until(engine, 1.0)
    engine.process(frames=256)
    assert known(engine) == 7
