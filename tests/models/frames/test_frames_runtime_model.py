"""The shipped `frames` and its rolls."""

from __future__ import annotations

import pytest

import realtime.models.frames.code as code
from realtime.models.frames.model import Frames
from realtime.music.sequence import Note, NoteSequence


@pytest.fixture(scope="module")
def model() -> Frames:
    return Frames.load()


def chords() -> list[Note]:
    return [Note(b, 2.0, p) for b, c in ((0.0, (48, 64, 67, 72)), (2.0, (43, 62, 67, 71))) for p in c]


def test_rolls_and_notes_are_inverse_for_held_chords():
    roll = code.roll(chords(), 4, code.SLICES)
    assert roll.sum() == 4 * 16
    again = code.notes_of(roll > 0, 4)
    held = [(0.0, 4.0, 67)]  # a roll cannot tell a repeated from a held key
    others = [(n.beat, n.duration, n.pitch) for n in chords() if n.pitch != 67]
    assert sorted((n.beat, n.duration, n.pitch) for n in again) == sorted(held + others)


def test_short_notes_are_heard_and_early_ones_belong_to_their_slice():
    assert code.roll([Note(1.0, 0.01, 60)], 4, 16)[4, 39] == 1
    assert code.roll([Note(0.97, 0.5, 60)], 4, 16)[:, 39].nonzero()[0].tolist() == [4, 5]


@pytest.mark.parametrize("net", code.NETS)
def test_a_chorale_bar_is_recognised(model, net):
    roll = code.roll(chords(), 4, code.SLICES)
    z, deviation = model.encode(roll, f"{net}_bar")
    logits = model.logits(z, f"{net}_bar", roll)
    assert (deviation > 0).all()
    assert logits[roll > 0].mean() > logits[roll == 0].mean() + 2.0


def test_fullness_and_net_change_the_music(model):
    prompt = NoteSequence(chords())
    thin, full = (len(model.generate(prompt, 4, 1, bias=b, net=0).notes) for b in (-3.0, 3.0))
    assert thin < full
    assert model.generate(prompt, 2, 1, net=0).notes != model.generate(prompt, 2, 1, net=1).notes
