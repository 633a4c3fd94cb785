"""The harmonist as a player at the keys notices it: at once, in tune with itself, and silent when they are."""

from __future__ import annotations

import ctypes
import itertools

import numpy as np
import pytest

import realtime.devices.harmonist as device
from realtime.contract.block import TRANSPORT
from realtime.devices.harmony.harmony import MANNERS
from realtime.devices.registry import find
from realtime.engine.rack import Rack, Track
from realtime.models.chorale import Chorale
from realtime.models.chorale.grid import phases
from realtime.music.sequence import Metre
from realtime.music.voiceleading_rules import FREE, faults
from realtime.native.errors import AntiphonError
from realtime.sampling.reflex import Dice
from tests.devices.reflex_stage import RATE, Heard, ReflexStage, line, scribe

OLD_HUNDREDTH = [67, 67, 66, 64, 62, 67, 69, 71, 71, 71, 71, 69, 67, 72, 71, 69]
BEAT = RATE // 2  # samples, at 120 bpm
SIXTEENTH = BEAT // 4


def lower(stage: ReflexStage) -> list[Heard]:
    """What it added: the voices, on channels 2 to 4."""
    return [note for note in stage.heard() if note.channel in (1, 2, 3)]


def spread(**values) -> ReflexStage:
    options = {name: values.pop(name) for name in ("tempo_bpm", "block", "metre", "playing") if name in values}
    return ReflexStage("harmonist", {"spread": 1.0, **values}, **options)


def tell(stage: ReflexStage, **fields: int) -> None:
    """What a chart tells the transport."""
    memory = (ctypes.c_ubyte * TRANSPORT.itemsize).from_address(stage.engine.transport_address)
    record = np.frombuffer(memory, TRANSPORT)
    for name, number in fields.items():
        record[name] = number


@pytest.mark.parametrize("block", [64, 48, 7])
@pytest.mark.parametrize("manner", MANNERS)
def test_the_voices_begin_at_the_very_frame_of_your_note(manner, block):
    stage = spread(manner=manner, block=block, moves_beats=0.0)
    begun = [1000 + 7919 * k for k in range(12)]
    stage.play([(at, at + 6000, key) for at, key in zip(begun, OLD_HUNDREDTH, strict=False)])
    yours = [note.begin for note in stage.heard() if note.channel == 0]
    assert yours == begun  # the engine adds no latency to the port it is played from
    voices = lower(stage)
    expected = 1 if manner in ("thirds", "sixths") else 3
    for at in begun:
        assert sum(note.begin == at for note in voices) == expected
    assert {note.end - note.begin for note in voices} == {6000}


def test_it_plays_what_python_draws_with_the_same_dice():
    """A line held from beat to beat, the net moving its voices on every sixteenth: the twelfth bar is still the same."""
    model = Chorale.load()
    model.configure(temperature=0.6)
    for seed, metre in ((1, (4, 4)), (7, (3, 4))):
        keys = OLD_HUNDREDTH * 3
        stage = spread(temperature=0.6, moves_beats=16.0, seed=seed, metre=metre, strike="tie")
        stage.play(line(keys))
        places = phases([Metre(0.0, *metre)], 0, 4 * len(keys) + 1)
        model.start(seed, places[0])
        model.random = Dice(seed)  # type: ignore[assignment]
        wanted = [model.voices(key, phase=places[4 * i + j + 1])[1:] for i, key in enumerate(keys) for j in range(4)]
        found = []
        for t in range(4 * len(keys)):
            at = t * SIXTEENTH + SIXTEENTH // 2 - 1  # behind the grace
            sounding = {n.channel: n.key for n in lower(stage) if n.begin < at and not 0 <= n.end < at}
            found.append(tuple(sounding[c] for c in (1, 2, 3)))
        assert found == wanted


def test_the_same_seed_plays_the_same_whatever_the_blocks():
    def notes(block: int) -> list[Heard]:
        stage = spread(block=block, moves_beats=4.0, temperature=1.0, seed=3)
        stage.play(line(OLD_HUNDREDTH, 1.5, gap=500, start=300))
        return stage.heard()

    plain = [(n.begin, n.end, n.channel, n.key) for n in notes(64)]
    for block in (1, 33, 128):
        assert [(n.begin, n.end, n.channel, n.key) for n in notes(block)] == plain
    other = spread(moves_beats=4.0, temperature=1.0, seed=4)
    other.play(line(OLD_HUNDREDTH, 1.5, gap=500, start=300))
    assert [(n.begin, n.end, n.channel, n.key) for n in other.heard()] != plain


@pytest.mark.parametrize("manner", ["chorale", "hymn"])
def test_it_leads_its_voices_well(manner):
    """No parallels, no crossing, and the ranges of a choir, over a tune played four times by different seeds."""
    found, chords = [], 0
    for seed in range(1, 5):
        stage = spread(manner=manner, seed=seed, moves_beats=0.0)
        stage.play(line(OLD_HUNDREDTH, gap=400))
        at = sorted({note.begin for note in lower(stage)})
        chords += len(at)
        voicings = []
        for begin in at:
            now = {n.channel: n.key for n in stage.heard() if n.begin == begin}
            voicings.append([now.get(c) for c in (3, 2, 1, 0)])
        names = ("parallel fifths", "parallel octaves", "voice crossing")
        found += [fault for fault in faults(voicings, FREE) if fault.name in names]
    assert len(found) <= chords // 50, found


@pytest.mark.parametrize(("strike", "again"), [("tie", False), ("always", True)])
def test_a_common_tone_stays_or_is_struck_again(strike, again):
    stage = spread(manner="hymn", strike=strike)
    stage.play(line([67, 67, 67, 67], gap=-400))  # legato: each begins before the one before ends
    stage.run(6 * BEAT)
    same = {note.begin for note in lower(stage) if note.channel == 3}
    assert (len(same) == 4) is again or not again
    ends = [note.end for note in lower(stage)]
    assert all(end > 0 for end in ends)
    if not again:
        keys = [note.key for note in lower(stage) if note.channel == 2]
        assert all(a != b for a, b in itertools.pairwise(keys))


@pytest.mark.parametrize("seed", range(1, 7))
def test_it_rests_with_you_on_a_long_note_on_a_triad_and_ends_with_it(seed):
    stage = spread(temperature=1.2, seed=seed)
    stage.play([*line(OLD_HUNDREDTH[:7], gap=200), (7 * BEAT, 23 * BEAT, 67)])
    stage.run(60 * BEAT)
    grace = RATE * 25 // 1000
    assert all(note.begin <= 8 * BEAT + grace for note in lower(stage)), "it moves on under the last note"
    last = [note for note in stage.heard() if note.end == 23 * BEAT]
    assert len(last) == 4
    sounding = {note.key % 12 for note in last}
    assert any(sounding <= {r % 12, (r + third) % 12, (r + 7) % 12} for r in range(12) for third in (3, 4)), sounding


def test_a_chord_of_your_own_is_left_to_you():
    stage = spread()
    for key in (43, 59, 62, 67):
        stage.on(1000, key)
    stage.run(BEAT)
    assert stage.sounding() == [43, 59, 62, 67]
    two = spread()
    for key in (67, 43):
        two.on(1000, key)
    two.run(BEAT)
    added = [note for note in lower(two) if note.end < 0]
    assert len(added) == 2 and all(43 < note.key < 67 for note in added)


def test_a_key_that_joins_in_later_takes_over_the_nearest_voice():
    stage = spread(manner="hymn")
    stage.on(1000, 72)
    stage.run(4000)
    bass = next(note for note in lower(stage) if note.channel == 3)
    stage.on(BEAT // 2, bass.key - 1)
    stage.run(BEAT)
    assert [note.channel for note in lower(stage) if note.end < 0] == [1, 2]
    assert next(note for note in lower(stage) if note.channel == 3).end == BEAT // 2


def test_keys_below_the_melody_never_lead():
    stage = spread(melody_from=60)
    stage.on(1000, 48)
    stage.run(BEAT)
    assert lower(stage) == []
    stage.on(BEAT + 5, 72)
    stage.run(2 * BEAT)
    assert {note.begin for note in lower(stage)} == {BEAT + 5}


def test_a_note_you_lift_while_another_is_held_hands_the_lead_on_at_the_next_sixteenth():
    stage = spread(manner="hymn")
    stage.on(1000, 67)
    stage.on(BEAT + 100, 72)
    stage.off(BEAT + SIXTEENTH // 4, 72)
    stage.run(3 * BEAT)
    moved = [note.begin for note in lower(stage) if note.begin > BEAT + 100]
    assert set(moved) <= {BEAT + SIXTEENTH + RATE * 25 // 1000}
    stage.off(3 * BEAT + 50, 67)
    stage.run(4 * BEAT)
    assert stage.sounding() == []


def test_both_keys_lifted_at_nearly_the_same_time_strike_nothing_new():
    stage = spread(manner="hymn")
    stage.on(1000, 67)
    stage.on(BEAT + 100, 72)
    count = None
    stage.run(BEAT + 1000)
    count = len(stage.heard())
    stage.off(BEAT + SIXTEENTH + 200, 72)
    stage.off(BEAT + SIXTEENTH + 900, 67)
    stage.run(4 * BEAT)
    assert len(stage.heard()) == count and stage.sounding() == []


def test_the_same_key_again_while_it_is_held_by_the_pedal():
    stage = spread()
    stage.send(10, 0xB0, 64, 127)
    for k in range(8):
        stage.on(1000 + k * BEAT, 67)
        stage.off(4000 + k * BEAT, 67)
    stage.run(9 * BEAT)
    assert len(stage.sounding()) >= 4  # pedal down: you and three voices
    stage.send(9 * BEAT + 64, 0xB0, 64, 0)
    stage.run(10 * BEAT)
    assert stage.sounding() == []


@pytest.mark.parametrize("way", ["panic", "bypass", "remove", "stop", "lift"])
def test_no_voice_ever_hangs(way):
    stage = spread()
    stage.on(1000, 67)
    stage.run(4000)
    uid = stage.node.slot.uid
    if way == "panic":
        stage.engine.panic()
    elif way == "bypass":
        stage.engine.plan.bypass(uid, True)
    elif way == "remove":
        track = stage.engine.plan.rack.tracks[0]
        stage.engine.swap(
            stage.engine.compile(Rack([Track("t", track.slots[1:], uid=track.uid)]), edit=True), 0.0
        )  # fmt: skip
    elif way == "stop":
        stage.engine.stop()
    if way in ("lift", "stop"):
        stage.off(8000, 67)
    stage.run(BEAT)
    assert [note for note in lower(stage) if note.end < 0] == []


def test_without_spread_it_plays_on_your_channel_and_strikes_no_key_twice():
    stage = ReflexStage("harmonist", {"manner": "close"})
    stage.play([(1000, 20000, 67)], channel=5)
    assert {note.channel for note in stage.heard()} == {5}
    keys = [note.key for note in stage.heard()]
    assert len(set(keys)) == len(keys) == 4


def test_a_voice_makes_room_for_a_key_that_you_strike_yourself():
    stage = ReflexStage("harmonist", {"manner": "thirds"})
    stage.on(1000, 76)
    stage.run(3000)
    added = next(note for note in stage.heard() if note.key != 76)
    stage.on(20000, added.key)
    stage.run(30000)
    assert next(n for n in stage.heard() if n.note_id == added.note_id).end == 20000
    assert stage.sounding().count(added.key) == 1


def test_levels_follow_your_hand_and_voices_can_be_switched_off():
    stage = spread(alto=0.0, tenor_level=0.5, bass_level=1.0)
    stage.on(1000, 67, velocity=80)
    stage.run(5000)
    by_channel = {note.channel: note.velocity for note in lower(stage)}
    assert by_channel == {2: pytest.approx(0.5 * 80 / 127, abs=1e-3), 3: pytest.approx(80 / 127, abs=1e-3)}


def test_the_voices_stay_in_the_range_asked_for_and_under_a_low_melody():
    stage = spread(lowest=48, highest=72)
    stage.play(line([40, 95, 60, 72, 84], gap=300))
    assert all(48 <= note.key <= 72 for note in lower(stage))
    low = spread()
    low.play(line([48, 50, 52], gap=300))
    assert all(note.key <= 52 for note in lower(low))


@pytest.mark.parametrize("manner", ["chorale", "hymn"])
def test_voices_do_not_leap_when_the_tune_just_leaves_the_range_of_a_soprano(manner):
    stage = spread(manner=manner, moves_beats=0.0)
    stage.play(line([76, 77, 79, 81, 83, 84, 83, 81, 79, 77, 76], gap=300))
    for channel in (1, 2, 3):
        keys = [note.key for note in lower(stage) if note.channel == channel]
        assert all(abs(b - a) < 12 for a, b in itertools.pairwise(keys)), (channel, keys)


def test_it_is_in_the_chord_that_is_told():
    for manner in ("chorale", "hymn", "close"):
        stage = spread(manner=manner, guard="chord", moves_beats=0.0)
        tell(stage, chord_classes=(1 << 9) | (1 << 1) | (1 << 4), chord_root=9, chord_bass=9)
        stage.play(line([69, 73, 76, 81], gap=300))
        allowed = {9, 1, 4, 6} if manner == "close" else {9, 1, 4}
        assert {note.key % 12 for note in lower(stage)} <= allowed, manner


def test_thirds_follow_the_key_that_is_told():
    scale = sum(1 << c for c in (9, 11, 1, 2, 4, 6, 8))  # A major
    stage = spread(manner="thirds")
    tell(stage, key_classes=scale, key_tonic=9, key_mode=0)
    stage.play(line([69, 71, 73, 74, 76], gap=300))
    assert [note.key for note in lower(stage)] == [66, 68, 69, 71, 73]


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (5, 4), (7, 8), (2, 2)])
@pytest.mark.parametrize("tempo_bpm", [20.0, 400.0])
def test_every_metre_and_tempo(metre, tempo_bpm):
    stage = spread(metre=metre, tempo_bpm=tempo_bpm)
    notes = line(OLD_HUNDREDTH, 0.5, max(tempo_bpm, 120.0), gap=200)
    stage.play(notes)
    assert len({note.begin for note in lower(stage)} & {begin for begin, _, _ in notes}) == len(notes)
    assert stage.sounding() == [] and stage.engine.meters.snapshot()["faults"] == 0


def test_the_clock_may_jump_stop_and_change_its_metre():
    stage = spread(strike="always")
    stage.on(1000, 67)
    stage.run(BEAT)
    stage.engine.locate(100.0)
    stage.run(2 * BEAT)
    stage.engine.set_signature(7, 8)
    stage.on(2 * BEAT + 9, 69)
    stage.off(2 * BEAT + 40, 67)
    stage.engine.stop()
    stage.run(3 * BEAT)
    stage.on(3 * BEAT + 9, 71)
    stage.off(3 * BEAT + 40, 69)
    stage.run(4 * BEAT)
    assert len([note for note in lower(stage) if note.begin == 3 * BEAT + 9]) == 3
    stage.off(4 * BEAT + 3, 71)
    stage.run(5 * BEAT)
    assert stage.sounding() == []


def test_two_hundred_notes_at_once_pass_and_end():
    stage = spread()
    keys = [(channel, key) for channel in (0, 4) for key in range(14, 114)]
    for channel, key in keys:
        stage.on(1000, key, channel=channel)
    stage.run(BEAT)
    passed = [note for note in stage.heard() if note.channel in (0, 4)]
    assert len(passed) == len(keys) and {note.begin for note in passed} == {1000}
    assert len(lower(stage)) <= 3
    for channel, key in keys:
        stage.off(2 * BEAT, key, channel=channel)
    stage.run(3 * BEAT)
    assert stage.sounding() == []


def test_after_a_minute_of_silence_a_new_piece_begins_and_nothing_was_played_meanwhile():
    stage = spread(temperature=0.0)
    stage.play(line(OLD_HUNDREDTH[:8], gap=300))
    first = [(n.begin, n.channel, n.key) for n in lower(stage)]
    stage.run(8 * BEAT + 64 * RATE // 64 * 64)
    assert len(lower(stage)) == len(first)
    start = (stage.at // (4 * BEAT) + 1) * 4 * BEAT
    stage.run(start)
    stage.play(line(OLD_HUNDREDTH[:8], gap=300, start=start))
    again = [(n.begin - start, n.channel, n.key) for n in lower(stage)][len(first) :]
    assert again == first


def test_with_the_transport_stopped_it_plays_all_the_same():
    stage = spread(playing=False, temperature=0.0)
    stage.play(line(OLD_HUNDREDTH[:8], gap=300, start=12345))
    playing = spread(temperature=0.0)
    playing.play(line(OLD_HUNDREDTH[:8], gap=300))
    assert [(n.channel, n.key) for n in lower(stage)] == [(n.channel, n.key) for n in lower(playing)]


def test_without_its_net_it_plays_by_rule_and_says_so(monkeypatch):
    def missing(report):
        raise AntiphonError("models_onnx/chorale.onnx: cannot be read")

    monkeypatch.setattr("realtime.models.chorale.reflex.Choir.__init__", lambda self: missing(None))
    instance = find("harmonist").make(RATE, {}, {})
    assert "by rule, as 'hymn'" in instance.report["warnings"][0] and instance.report["way"] == "rules"
    stage = spread()
    stage.play(line(OLD_HUNDREDTH[:4], gap=300))
    assert len(lower(stage)) == 12
    monkeypatch.undo()
    hymn = spread(manner="hymn")
    hymn.play(line(OLD_HUNDREDTH[:4], gap=300))
    assert [(n.begin, n.key) for n in lower(stage)] == [(n.begin, n.key) for n in lower(hymn)]


def test_a_run_that_fails_is_counted_and_the_rules_play_on():
    stage = spread()
    stage.on(1000, 67)
    stage.run(3000)
    choir = next(kept for kept in stage.node.instance.keep)
    choir.heads[3].net.inputs["head_rows"][...] = 0
    choir.record["head_rows"] = np.full(4, choir.trunk.input("trunk_rows"))  # rows of another table: out of range
    choir.heads[3].net.inputs["head_rows"][...] = 10**6
    stage.off(BEAT, 67)
    stage.on(BEAT + 64, 69)
    stage.run(2 * BEAT)
    assert choir.errors >= 1
    assert len([note for note in lower(stage) if note.begin == BEAT + 64]) == 3
    assert device.harmonist.kind == "midi" and scribe.kind == "instrument"
