"""The eight pads as one plays them: at once, up is up, in the key and the chord, and every pad ends its own note."""

from __future__ import annotations

import ctypes
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from realtime.contract.block import TRANSPORT
from realtime.contract.messages import MOVED
from realtime.devices.genie import P, chosen_keys
from realtime.devices.registry import find
from realtime.models.genie import Genie
from realtime.music.chord_symbol import parse_chord
from realtime.native.errors import AntiphonError
from realtime.sampling.reflex import Dice
from tests.devices.reflex_stage import RATE, ReflexStage

WHITE = [60, 62, 64, 65, 67, 69, 71, 72]
C_MAJOR = {0, 2, 4, 5, 7, 9, 11}


def pads(count: int, seed: int = 1) -> list[int]:
    """Pads 0..7 as a hand plays them: mostly to a neighbour."""
    random, pad, found = Random(seed), 3, []
    for _ in range(count):
        pad = max(0, min(7, pad + random.choice((-3, -1, -1, 0, 1, 1, 2))))
        found.append(pad)
    return found


def played(stage: ReflexStage, order: list[int], step: int = 7919, length: int = 6000, start: int = 1000):
    stage.play([(start + i * step, start + i * step + length, WHITE[pad]) for i, pad in enumerate(order)])
    return stage.heard()


def tell(stage: ReflexStage, **fields: int) -> None:
    memory = (ctypes.c_ubyte * TRANSPORT.itemsize).from_address(stage.engine.transport_address)
    for name, number in fields.items():
        np.frombuffer(memory, TRANSPORT)[name] = number


@pytest.mark.parametrize("block", [64, 7])
def test_every_pad_sounds_at_its_very_frame_and_ends_with_its_own_key(block):
    heard = played(ReflexStage("genie", block=block), pads(60))
    assert [note.begin for note in heard] == [1000 + 7919 * i for i in range(60)]
    assert {note.end - note.begin for note in heard} == {6000}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_higher_pad_never_sounds_lower(seed):
    order = pads(200, seed)
    heard = played(ReflexStage("genie", {"seed": seed, "temperature": 1.5}), order)
    for (a, b), (x, y) in zip(pairwise(order), pairwise(heard), strict=True):
        assert (b - a) * (y.key - x.key) >= 0, (a, b, x.key, y.key)
    steps = [(b - a, y.key - x.key) for (a, b), (x, y) in zip(pairwise(order), pairwise(heard), strict=True)]
    assert sum(moved != 0 for pad, moved in steps if pad) > 0.8 * sum(pad != 0 for pad, _ in steps)


def test_pads_held_together_lie_in_their_order():
    stage = ReflexStage("genie", {"temperature": 1.5})
    for i, pad in enumerate((0, 4, 2, 7)):
        stage.on(1000 + 5000 * i, WHITE[pad])
    stage.run(30000)
    keys = [note.key for note in stage.heard()]
    low, middle_high, middle_low, top = keys
    assert low < middle_low < middle_high < top
    stage.off(31000, WHITE[4])
    stage.run(32000)
    assert stage.sounding() == sorted((low, middle_low, top))


def test_it_stays_in_the_key_and_in_a_singable_range():
    heard = played(ReflexStage("genie", {"temperature": 1.0}), pads(200))
    keys = [note.key for note in heard]
    assert {key % 12 for key in keys} <= C_MAJOR
    other = ReflexStage("genie", {"tonic": 3.0, "scale": "minor"})
    assert {note.key % 12 for note in played(other, pads(80))} <= {3, 5, 6, 8, 10, 11, 1}
    spans = [max(keys[i : i + 32]) - min(keys[i : i + 32]) for i in range(0, 168, 8)]
    assert np.median(spans) <= 24


def test_the_chord_that_is_told_sounds_and_the_next_one_after_it():
    stage = ReflexStage("genie", {"guard": "chord"})
    tell(stage, chord_classes=1 << 2 | 1 << 5 | 1 << 9, chord_root=2, chord_bass=2)
    first = played(stage, pads(20))
    assert {note.key % 12 for note in first} <= {2, 5, 9}
    tell(stage, chord_classes=1 << 7 | 1 << 11 | 1 << 2 | 1 << 5, chord_root=7, chord_bass=7)
    heard = played(stage, pads(20), start=stage.at + 1000)
    assert {note.key % 12 for note in heard[len(first) :]} <= {7, 11, 2, 5}


@pytest.mark.parametrize("chord", [None, parse_chord("Dm7"), parse_chord("Bb7")])
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_it_presses_the_keys_that_python_presses(temperature, chord):
    model = Genie.load()
    model.configure(temperature=temperature, top_p=0.95, contour=6.0, lowest=33, highest=96, texture=0.0)
    model.reset()
    model.random = Dice(5)  # type: ignore[assignment]
    order = pads(120)
    stage = ReflexStage(
        "genie", {"temperature": temperature, "contour": 6.0, "lowest": 33.0, "highest": 96.0, "guard": "off", "leap": 0.0,
                  "place": 0.0, "seed": 5.0},
    )  # fmt: skip
    if chord is not None:
        tell(stage, chord_classes=sum(1 << c for c in chord.classes), chord_root=chord.root, chord_bass=chord.root)
    wanted = []
    for i, pad in enumerate(order):
        wanted.append(model.press(pad, i * 7919 / RATE, chord))
        model.release(pad)
    assert [note.key for note in played(stage, order)] == wanted


def test_the_same_seed_plays_the_same_whatever_the_blocks():
    order = pads(60)
    plain = [(n.begin, n.key) for n in played(ReflexStage("genie", {"seed": 9.0}), order)]
    for block in (1, 33, 128):
        assert [(n.begin, n.key) for n in played(ReflexStage("genie", {"seed": 9.0}, block=block), order)] == plain
    assert [(n.begin, n.key) for n in played(ReflexStage("genie", {"seed": 8.0}), order)] != plain


@pytest.mark.parametrize(
    ("values", "options", "keys"),
    [
        ({"layout": "all keys", "first": 36.0}, {}, list(range(36, 44))),
        ({"first": 48.0}, {}, [48, 50, 52, 53, 55, 57, 59, 60]),
        ({"layout": "chosen"}, {"keys": "C2 38 40 41 G2 45 B2 48"}, [36, 38, 40, 41, 43, 45, 47, 48]),
    ],
)
def test_eight_keys_are_pads_and_the_others_pass(values, options, keys):
    stage = ReflexStage("genie", values, options=options)
    for i, key in enumerate(keys):
        stage.on(1000 + 3000 * i, key)
        stage.off(2500 + 3000 * i, key)
    stage.run(30000)
    found = [note.key for note in stage.heard()]
    assert len(found) == 8 and found == sorted(found) and found[-1] - found[0] >= 7
    stage.on(31000, keys[0] - 1, velocity=50)
    stage.off(33000, keys[0] - 1)
    stage.run(34000)
    passed = stage.heard()[-1]
    assert (passed.begin, passed.end, passed.key) == (31000, 33000, keys[0] - 1)


def test_the_first_pad_can_be_learned_and_the_knobs_follow():
    stage = ReflexStage("genie", {"learn": 1.0})
    stage.on(1000, 43)
    stage.off(2000, 43)
    stage.run(3000)
    told = [(kind, row, number) for _, kind, row, number in stage.engine.told()]
    assert (MOVED, P.first, 43.0) in told and (MOVED, P.learn, 0.0) in told
    for row, number in ((P.first, 43.0), (P.learn, 0.0)):
        stage.node.target[row] = number
    stage.run(4000)
    order = [43, 45, 47, 48, 50, 52, 53, 55]
    for i, key in enumerate(order):
        stage.on(5000 + 3000 * i, key)
        stage.off(6000 + 3000 * i, key)
    stage.run(40000)
    found = [note.key for note in stage.heard()][1:]
    assert found == sorted(found) and found != order


def test_a_wrong_list_of_keys_is_told_in_a_sentence():
    assert chosen_keys("") == []
    with pytest.raises(AntiphonError, match="7 different keys; name the 8 pads"):
        chosen_keys("36 37 38 39 40 41 42")
    with pytest.raises(AntiphonError, match="'H2' is no key"):
        find("genie").make(RATE, {"keys": "36 37 38 39 40 41 42 H2"}, {})


def test_a_handful_struck_at_once_is_a_chord_in_order():
    stage = ReflexStage("genie")
    for key in WHITE:
        stage.on(1000, key)
    stage.run(5000)
    heard = stage.heard()
    assert [note.begin for note in heard] == [1000] * 8
    assert [note.key for note in heard] == sorted({note.key for note in heard})
    for key in WHITE:
        stage.off(6000, key)
    stage.run(7000)
    assert stage.sounding() == []


def test_two_hundred_presses_at_once_all_end():
    stage = ReflexStage("genie")
    for channel in range(16):
        for key in range(56, 69):
            stage.on(1000, key, channel=channel)
    stage.run(3000)
    for channel in range(16):
        for key in range(56, 69):
            stage.off(4000, key, channel=channel)
    stage.run(6000)
    assert len(stage.heard()) > 100 and stage.sounding() == []
    assert stage.engine.meters.snapshot()["faults"] == 0


@pytest.mark.parametrize("way", ["panic", "bypass", "pedal"])
def test_no_note_hangs(way):
    stage = ReflexStage("genie")
    if way == "pedal":
        stage.send(10, 0xB0, 64, 127)
    for i in range(4):
        stage.on(1000 + 4000 * i, WHITE[3])
        stage.off(2000 + 4000 * i, WHITE[3])
    stage.on(20000, WHITE[5])
    stage.run(24000)
    if way == "panic":
        stage.engine.panic()
    elif way == "bypass":
        stage.engine.plan.bypass(stage.node.slot.uid, True)
    stage.off(25000, WHITE[5])
    if way == "pedal":
        stage.send(26000, 0xB0, 64, 0)
    stage.run(40000)
    assert stage.sounding() == []
    assert len(stage.heard()) == (0 if way == "panic" else 5)  # a panic has the scribe forget, too
    if way != "bypass":
        stage.on(41000, WHITE[2])
        stage.off(42000, WHITE[2])
        stage.run(43000)
        assert stage.heard()[-1].end == 42000


def test_without_its_net_the_pads_play_by_rule_and_it_says_so(monkeypatch):
    def missing(path=None):
        raise AntiphonError("models_onnx/genie.onnx: cannot be read")

    monkeypatch.setattr(Genie, "load", missing)
    instance = find("genie").make(RATE, {}, {})
    assert "by rule" in instance.report["warnings"][0]
    order = pads(60)
    heard = played(ReflexStage("genie"), order)
    assert {note.key % 12 for note in heard} <= C_MAJOR
    for (a, b), (x, y) in zip(pairwise(order), pairwise(heard), strict=True):
        assert (b - a) * (y.key - x.key) >= 0
