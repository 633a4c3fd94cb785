"""`roll` at run time: its roll code, chords from a prompt, bars on demand."""

import numpy as np
import pytest

import realtime.models.roll.code as code
from realtime.models.roll.model import Roll, heard_chords, held, played, usual_chords
from realtime.music.chord_symbol import parse_chord
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError


@pytest.fixture(scope="module")
def model():
    return Roll.load()


def chords_prompt(names, transpose=0):
    """A bar of whole notes for each chord, a fifth below doubled so that the key is plain."""
    notes = []
    for bar, name in enumerate(names):
        chord = parse_chord(name)
        notes += [Note(4.0 * bar, 4.0, 60 + transpose + c, 0.7) for c in sorted(chord.classes)]
        notes += [Note(4.0 * bar, 4.0, 36 + transpose + chord.root, 0.7)]
    return NoteSequence(notes)


def test_notes_to_roll_and_back():
    notes = np.array([[0.0, 1.0, 60], [1.0, 0.5, 60], [1.5, 2.5, 64]])
    back = code.notes_of_roll(code.pitch_roll(notes, 1), 0)
    assert [(n.beat, n.pitch) for n in back] == [(0.0, 60), (1.0, 60), (1.5, 64)]
    assert back[0].duration == pytest.approx(11 / 12)  # parted from the repeat
    assert back[2].duration == 2.5


def test_pitches_outside_move_by_octaves():
    roll = code.pitch_roll(np.array([[0.0, 1.0, 12], [0.0, 1.0, 127]]), 1)
    assert sorted(set(np.flatnonzero(roll.any(0)) % 12)) == [0, 7]


def test_drums_get_their_grid_back():
    straight = np.array([[k / 4 + 0.03, 0.1, 42, 90] for k in range(16)])
    assert np.flatnonzero(code.drum_roll(straight, 1).any(1)).tolist() == list(range(0, 48, 3))
    swung = np.array([[k + part, 0.1, 51, 90] for k in range(4) for part in (0.0, 0.66)])
    assert np.flatnonzero(code.drum_roll(swung, 1).any(1)).tolist() == [0, 8, 12, 20, 24, 32, 36, 44]


def test_bass_is_the_lowest_line():
    notes = np.array(
        [[0.0, 4.0, 36, 80], [0.0, 1.0, 60, 80], [1.0, 1.0, 43, 80], [4.0, 1.0, 41, 80], [4.0, 1.0, 65, 80]]
    )
    assert code.split_bass(notes).tolist() == [True, False, False, True, False]


def test_chord_codes_take_the_longest_of_each_half_bar():
    chords = [(0.0, parse_chord("C")), (1.5, parse_chord("G")), (2.0, parse_chord("Am"))]
    codes = code.chord_codes(chords, 0.0, 1)
    assert codes[0, 0, :12].argmax() == 0 and codes[0, 1, :12].argmax() == 9
    assert not code.chord_codes([], 0.0, 1).any()
    assert code.transposed_codes(codes, 2)[0, 0, :12].argmax() == 2


def test_a_flutter_is_held_after_four_strikes():
    bar = np.zeros((1, code.STEPS, code.PITCHES), bool)
    bar[0, :24:3, 40] = True  # eight sixteenths
    bar[0, ::6, 50] = True  # eighths stay
    bar[0, :24, 60] = True
    notes = code.notes_of_roll(held(bar.copy(), 4)[0], 0)
    flutter = [(12 * n.beat, 12 * n.duration) for n in notes if n.pitch == code.LOWEST + 40]
    assert flutter == [(0, 1), (3, 1), (6, 1), (9, 13)]
    assert sum(n.pitch == code.LOWEST + 50 for n in notes) == 8
    assert [n.duration for n in notes if n.pitch == code.LOWEST + 60] == [2.0]


@pytest.mark.parametrize("transpose", [0, 5, -3])
def test_chords_are_heard_in_any_key(transpose):
    chords, shift = heard_chords(chords_prompt(["C", "F", "G", "C"], transpose), 6)
    assert shift == transpose
    assert [c[0].root for c in chords] == [0, 5, 7, 0, 0, 5]


def test_usual_chords_fill_any_number_of_bars():
    assert len(usual_chords(7, 3)) == 7
    assert usual_chords(16, 3)[:4] == usual_chords(16, 3)[12:16]


def test_generates_the_same_for_the_same_seed(model):
    one, two, other = (model.generate(None, 8, seed) for seed in (1, 1, 2))
    assert one.notes == two.notes != other.notes
    assert one.programs[3] == 33
    assert all(0 <= n.beat < 32 and 0 <= n.pitch <= 127 for n in one.notes)
    assert not any(n.channel == 9 for n in model.generate(None, 4, 1, drums=0).notes)


def test_follows_the_chords_it_is_given(model):
    made = model.generate(chords_prompt(["C", "C", "C", "C"]), 8, 3)
    pitched = [n for n in made.notes if n.channel != 9]
    assert pitched
    assert {n.channel for n in pitched} <= {0, 1, 2, 3}
    share = sum(n.duration for n in pitched if n.pitch % 12 in (0, 4, 7)) / sum(n.duration for n in pitched)
    assert share > 0.5


def test_density_adds_notes(model):
    few, many = (len(model.generate(None, 8, 1, density=d).notes) for d in (-3.0, 3.0))
    assert few < many


def test_bar_by_bar_is_the_same_music(model):
    chords = usual_chords(6, 5)
    stream = model.stream(5, 0.5)
    bars = [stream.bar(*pair) for pair in chords]
    codes = np.stack([np.stack([code.chord_code(c) for c in pair]) for pair in chords])
    songs, _ = model.rolls(codes, 5, 0.5)
    for bar, roll in zip(bars, songs, strict=True):
        assert [n for n in bar if n.channel != 9] == played(roll)
        assert all(n.duration >= 1 / 8 for n in bar)


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        (NoteSequence(), "no pitched notes"),
        (NoteSequence([Note(0.0, 1.0, 60)], metres=[Metre(0.0, 7, 8)]), "7/8"),
    ],
)
def test_unusable_prompts_are_one_sentence(model, prompt, word):
    with pytest.raises(AntiphonError, match=word):
        model.generate(prompt, 4, 1)


def test_one_note_and_two_thousand_notes_are_enough(model):
    assert model.generate(NoteSequence([Note(0.0, 1.0, 61)]), 4, 1).notes
    crowd = [Note(k % 64 / 4, 0.5, 40 + k % 40) for k in range(2000)]
    assert model.generate(NoteSequence(crowd), 4, 1).notes
