"""The eight-button piano at run time, on the shipped package."""

import numpy as np
import pytest

import realtime.models.genie.code as code
from realtime.models.genie.model import Genie
from realtime.music.chord import Chord
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.sampling.line_guard import make_table, run_hashes


@pytest.fixture(scope="module")
def genie() -> Genie:
    return Genie.load()


COMMON = Metre(0.0, 4, 4)


def line(count: int, metre: Metre = COMMON) -> NoteSequence:
    return NoteSequence([Note(i * 0.5, 0.5, 60 + i * 2 % 12) for i in range(count)], metres=[metre])


def test_the_same_seed_gives_the_same_notes_and_another_seed_others(genie):
    a, b, c = (genie.generate(None, 4, seed).notes for seed in (3, 3, 4))
    assert a == b != c
    assert len(a) > 16 and max(n.beat for n in a) < 16.0


def test_a_rising_button_raises_the_key(genie):
    genie.reset(1)
    heard = [genie.press(button, 0.3 * button, Chord(0)) for button in range(8)]
    assert heard == sorted(heard) and len(set(heard)) == 8
    assert [genie.release(b) for b in range(8)] == heard
    assert genie.release(0) is None


def test_a_held_button_gives_nothing_and_an_unknown_one_a_sentence(genie):
    genie.reset(1)
    assert genie.press(3, 0.0) is not None
    assert genie.press(3, 0.1) is None
    with pytest.raises(AntiphonError, match="buttons 0 to 7"):
        genie.press(8, 0.2)


def test_buttons_pressed_together_are_a_chord_of_different_keys(genie):
    genie.reset(2)
    keys = [genie.press(button, 0.0, Chord(7, "7")) for button in (1, 4, 6)]
    assert len(set(keys)) == 3 and keys == sorted(keys)


def test_scale_and_range_are_kept(genie):
    genie.configure(scale=1.0, tonic=2.0, lowest=60.0, highest=72.0, temperature=1.5)
    try:
        genie.reset(5)
        heard = []
        for n in range(64):
            genie.held.clear()
            heard.append(genie.press(n * 5 % 8, n * 0.2))
    finally:
        genie.configure(**{p.id: p.default for p in genie.PARAMS})
    assert all(60 <= p <= 72 and (p - 2) % 12 in (0, 2, 4, 5, 7, 9, 11) for p in heard if p is not None)
    assert sum(p is not None for p in heard) == 64


def test_chords_told_are_heard(genie):
    shares = []
    for chord in (Chord(0), Chord(6, "min")):
        genie.reset(7)
        keys = []
        for n in range(48):
            genie.held.clear()
            keys.append(genie.press(n * 3 % 8, n * 0.3, chord))
        shares.append(np.mean([k % 12 in chord.classes for k in keys]))
    assert min(shares) > 0.5  # chance: 0.25


@pytest.mark.parametrize("count", (1, 2, 2000))
def test_prompts_of_any_length(genie, count):
    made = genie.generate(line(count), 2, 1)
    assert made.notes and max(n.beat for n in made.notes) < 8.0


def test_seven_eight_stays_in_its_bars(genie):
    made = genie.generate(line(28, Metre(0.0, 7, 8)), 4, 1)
    assert made.metres[0].numerator == 7 and max(n.beat for n in made.notes) < 14.0


def test_tied_notes_end_with_the_last_bar(genie):
    tied = [Note(3.5 * bar + place, 5.0, 60 + place) for bar in range(4) for place in range(3)]
    made = genie.generate(NoteSequence(tied, metres=[Metre(0.0, 7, 8)]), 3, 1)
    assert made.end_beat == pytest.approx(10.5)


def test_a_bar_in_which_the_prompt_breaks_off_is_not_repeated(genie):
    notes = [Note(k * 0.5, 0.5, 60 + k % 5) for k in range(9)]  # a bar of 7/8 and two eighths
    for seed in range(8):
        made = genie.generate(NoteSequence(notes, metres=[Metre(0.0, 7, 8)]), 4, seed)
        assert [sum(3.5 * bar <= n.beat < 3.5 * bar + 3.5 for n in made.notes) for bar in range(4)] == [7] * 4
    alone = genie.generate(NoteSequence(notes[:2], metres=[Metre(0.0, 7, 8)]), 2, 1)
    assert len(alone.notes) == 4


def test_bad_prompts_and_parameters_give_a_sentence(genie):
    with pytest.raises(AntiphonError, match="no pitched notes"):
        genie.generate(NoteSequence(), 4, 1)
    with pytest.raises(AntiphonError, match="no parameter loudness"):
        genie.generate(None, 4, 1, loudness=1.0)
    with pytest.raises(AntiphonError, match="ask for 1"):
        genie.generate(None, 0, 1)


def test_the_encoder_writes_a_scale_as_rising_buttons(genie):
    buttons = genie.encode([48 + 4 * i for i in range(8)], [0.4 * i for i in range(8)])
    assert np.corrcoef(buttons, range(8))[0, 1] > 0.8
    assert genie.encode([], []) == []


def test_chord_names_of_plain_triads():
    onsets = np.repeat([0.0, 2.0], 3)
    rows = code.named_chords(onsets, np.full(6, 2.0), np.array([48, 52, 55, 57, 60, 64]))
    table = code.chord_table()
    assert rows.tolist()[:2] == [0, 9 * len(code.CHORD_STEPS) + 1]  # C major, A minor
    assert table[code.NO_CHORD].sum() == 0


def test_what_it_writes_completes_no_run_of_twelve_notes_that_its_guard_knows(genie):
    def top_line(music):
        tops = {}
        for note in music.notes:
            tops[round(24 * note.beat)] = max(note.pitch, tops.get(round(24 * note.beat), 0))
        return np.array(sorted(tops)), np.array([tops[t] for t in sorted(tops)])

    before, kept = genie.generate(None, 16, 3), genie.guard
    runs = run_hashes(*top_line(before))
    assert len(runs) > 20
    try:
        genie.guard = make_table(runs)
        after = genie.generate(None, 16, 3)
    finally:
        genie.guard = kept
    assert after.notes != before.notes
    assert not np.isin(run_hashes(*top_line(after)), runs).any()
    assert len(after.notes) > 0.9 * len(before.notes)
