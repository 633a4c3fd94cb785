"""The chorale at run time: what a player or singer would notice, on the shipped package."""

from itertools import pairwise

import numpy as np
import pytest

import realtime.models.chorale.code as code
import realtime.models.chorale.fill_code as fill_code
from realtime.models.chorale.grid import bar_end, octave_for, phases, pulses, top_line
from realtime.models.chorale.model import Chorale
from realtime.models.chorale.slow import SlowMemory
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError

TUNE = (67, 67, 69, 71, 72, 71, 69, 67, 69, 71, 67, 67)


@pytest.fixture(scope="module")
def chorale() -> Chorale:
    return Chorale.load()


def melody(pitches=TUNE, beats=1.0, metre=(4, 4)) -> NoteSequence:
    notes = [Note(i * beats, beats, p) for i, p in enumerate(pitches)]
    return NoteSequence(notes, metres=[Metre(0.0, *metre)])


def grid_in_g() -> np.ndarray:
    chords = ([67, 62, 59, 43], [69, 62, 57, 54], [71, 62, 59, 43], [72, 64, 60, 48], [71, 62, 55, 43])
    return np.repeat(np.array(chords), 4, 0)


# what the net sees


def test_features_mean_the_same_in_every_key():
    found = []
    for shift in (0, 3):
        history = code.History()
        for row in (grid_in_g() + shift).tolist():
            history.push(row)
        now = (grid_in_g()[0] + shift).tolist()
        rows = np.stack([history.head(v, now)[0] for v in code.ORDER])
        classes = np.stack([history.head(v, now)[1] for v in code.ORDER])
        found.append((rows[:, :-1], classes))
    assert (found[0][0] == found[1][0]).all()
    assert np.allclose(found[0][1], found[1][1])


def test_the_past_alone_is_seen():
    history = code.History()
    for row in grid_in_g().tolist():
        history.push(row)
    before = history.head(3, [67, None, None, None])
    after = history.head(3, [67, 50, 60, 40])  # bass comes second: alto and tenor of this step are not looked at
    assert (before[0] == after[0]).all()


def test_a_repeated_phrase_is_remembered():
    history = code.History()
    for row in [*grid_in_g().tolist(), *grid_in_g()[:8].tolist()]:
        history.push(row)
    rows = history.trunk()[0] - code.TRUNK_OFFSETS
    column = code.TRUNK_NAMES.index("repeat soprano")
    assert rows[column] % 27 == 12 + 71 - 69  # what came after the second chord: B, a tone up
    assert rows[column] // 27 == 3  # eight steps alike


def test_probabilities_of_all_pitches_sum_to_one():
    rng = np.random.default_rng(1)
    logits, far = rng.normal(size=code.CLASSES), rng.normal(size=code.PITCHES)
    for reference in (36, 60, 80):
        chances = [np.exp(code.log_probability(logits, far, p, reference)) for p in (code.REST, *range(128))]
        assert sum(chances) == pytest.approx(1.0)


def test_answers_for_holes_sum_to_one():
    rng = np.random.default_rng(2)
    found = fill_code.answers(rng.normal(size=(5, code.CLASSES)), np.array([0, 10, 25, 40, 51]))
    assert np.allclose(np.exp(found).sum(-1), 1.0)


def test_history_grows_past_its_first_memory():
    history = code.History(capacity=4)
    for row in grid_in_g().tolist():
        history.push(row)
    assert history.length == 20
    assert (history.slices[:20] == grid_in_g()).all()


def test_slow_memory_finds_the_longest_repeat():
    memory = SlowMemory()
    for chord in ((60, 64), (62, 65), (64, 67), (60, 64), (62, 65)):
        memory.push(chord)
    assert set(np.flatnonzero(memory.repeat) + 21) == {64, 67}
    assert memory.bucket == 2
    with pytest.raises(AntiphonError, match="piano"):
        memory.push((5,))


# metre


@pytest.mark.parametrize(
    ("metre", "lengths"),
    [((4, 4), [4] * 4), ((3, 4), [4] * 3), ((6, 8), [6, 6]), ((7, 8), [4, 4, 6]), ((2, 2), [4] * 4), ((3, 8), [6])],
)
def test_beats_of_a_bar(metre, lengths):
    assert pulses(Metre(0.0, *metre)) == lengths


def test_a_downbeat_is_the_second_beat_the_nets_know():
    places = phases([Metre(0.0, 4, 4)], 0, 33)
    assert [p[0] for p in places[:17]] == [*range(4, 16), *range(5)]
    waltz = phases([Metre(0.0, 3, 4)], 0, 25)
    assert [waltz[i][1] for i in (0, 12, 24)] == [4, 4, 4]
    seven = phases([Metre(0.0, 7, 8)], 0, 14)
    assert [p[0] % 4 for p in seven] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 2, 3]


def test_bars_across_a_change_of_metre():
    assert bar_end([Metre(0.0, 4, 4), Metre(8.0, 3, 4)], 3) == 44


def test_top_line_and_octave():
    line, begins = top_line([Note(0, 2, 60), Note(0, 1, 64), Note(1, 1, 64)])
    assert line.tolist() == [64] * 8
    assert np.flatnonzero(begins).tolist() == [0, 4]
    assert all(60 <= p + octave_for([36, 40, 43]) <= 79 for p in (36, 40, 43))


# playing along


def test_three_voices_for_every_sixteenth_in_their_ranges(chorale):
    chorale.configure(**{p.id: p.default for p in Chorale.PARAMS})
    chorale.start(seed=3)
    assert chorale.step(None) is None  # nothing before the melody begins
    for pitch in np.repeat(TUNE, 4).tolist():
        alto, tenor, bass = chorale.step(pitch)
        assert bass <= tenor <= alto <= pitch
        for voice, sung in ((1, alto), (2, tenor), (3, bass)):
            low, high = code.RANGES[voice]
            assert low <= sung <= high


def test_voices_hold_between_the_beats(chorale):
    chorale.start(seed=3)
    sung = [chorale.step(p) for p in np.repeat(TUNE, 4).tolist()]
    inside = [sung[i] == sung[i - 1] for i in range(len(sung)) if i % 4 in (1, 3)]
    assert sum(inside) > 0.9 * len(inside)
    assert len(set(sung)) >= 4  # and harmony moves


def test_pitch_classes_asked_for_are_kept_to(chorale):
    chorale.start(seed=1)
    for pitch in (67, 67, 67, 67, 71, 71, 71, 71):
        assert {p % 12 for p in chorale.step(pitch, classes={7, 11, 2})} <= {7, 11, 2}


def test_a_melody_out_of_range_is_taken_by_octaves(chorale):
    chorale.start(seed=1)
    high = [chorale.step(p + 24) for p in (67, 67, 69, 71)]
    chorale.start(seed=1)
    low = [chorale.step(p - 24) for p in (67, 67, 69, 71)]
    assert all(bass <= tenor <= alto <= 82 for alto, tenor, bass in high + low)


# generating


def test_same_seed_same_notes_other_seed_others(chorale):
    first, again, other = (chorale.generate(melody(), 3, seed) for seed in (1, 1, 2))
    assert first.notes == again.notes
    assert first.notes != other.notes


def test_the_melody_is_kept_and_three_voices_join(chorale):
    made = chorale.generate(melody(), 3, 1)
    assert [n.pitch for n in made.channel(0).notes] == list(TUNE)
    assert [n.beat for n in made.channel(0).notes] == list(range(12))
    assert {n.channel for n in made.notes} == {0, 1, 2, 3}
    assert made.end_beat <= 12


@pytest.mark.parametrize(("metre", "beats"), [((7, 8), 0.5), ((3, 4), 1.0), ((6, 8), 0.5), ((5, 4), 1.0)])
def test_odd_metres(chorale, metre, beats):
    made = chorale.generate(melody(TUNE, beats, metre), 2, 1)
    assert made.end_beat <= 2 * metre[0] * 4 / metre[1] + 1e-9
    assert made.metres[0][1:] == metre


def test_without_a_prompt_it_composes(chorale):
    made = chorale.generate(None, 4, 5, tonic=2)
    assert {n.channel for n in made.notes} == {0, 1, 2, 3}
    first = [n for n in made.notes if n.beat == 0.0]  # sound at once, in all voices
    assert {n.channel for n in first} == {0, 1, 2, 3}
    assert {n.pitch % 12 for n in first} <= {2, 6, 9}
    assert made.end_beat == 16
    gaps = [b.beat - a.end for a, b in pairwise(made.channel(3).notes)]
    assert max(gaps) < 1e-9


def test_one_note_long_prompts_and_longer_music_than_the_prompt(chorale):
    assert len(chorale.generate(melody((60,)), 2, 1).notes) > 4
    many = melody([60 + (i * 7) % 12 for i in range(2000)], 0.25)
    assert chorale.generate(many, 4, 1).end_beat <= 16


def test_bad_prompts_are_told_in_one_sentence(chorale):
    with pytest.raises(AntiphonError, match="no pitched notes"):
        chorale.generate(NoteSequence([]), 4, 1)
    with pytest.raises(AntiphonError, match="no pitched notes"):
        chorale.generate(NoteSequence([Note(0, 1, 36, 0.8, 9)]), 4, 1)
    with pytest.raises(AntiphonError, match="no melody in its first 1 bars"):
        chorale.generate(NoteSequence([Note(40, 1, 60)]), 1, 1)


# filling


def test_filling_keeps_what_is_given_and_fills_the_rest(chorale):
    grid = grid_in_g()
    known = np.ones(grid.shape, bool)
    known[:, 1] = False
    filled = chorale.filler.fill(grid, known, seed=1, sweeps=6)
    assert (filled[known] == grid[known]).all()
    low, high = code.RANGES[1]
    assert ((filled[:, 1] >= low) & (filled[:, 1] <= high)).all()
    assert (chorale.filler.fill(grid, known, seed=1, sweeps=6) == filled).all()


def test_a_bar_of_one_voice_is_drawn_anew(chorale):
    music = chorale.generate(melody(), 3, 1)
    made = chorale.fill(music, ("tenor",), seed=2, sweeps=4, beats=(4.0, 8.0))

    def sung(sequence, voice, start, end):
        line, _ = top_line([n for n in sequence.notes if n.channel == voice])
        return line[start:end].tolist()

    for voice in (0, 1, 3):
        assert sung(made, voice, 0, 48) == sung(music, voice, 0, 48)
    assert sung(made, 2, 0, 16) == sung(music, 2, 0, 16)
    with pytest.raises(AntiphonError, match="soprano, alto"):
        chorale.fill(music, ("baritone",))
    with pytest.raises(AntiphonError, match="2 channels"):
        chorale.fill(music.channel(0, 1))


def test_a_package_of_another_code_is_refused(chorale):
    kept = chorale.package.extra["code"]["reach"]
    chorale.package.extra["code"]["reach"] = 3
    try:
        with pytest.raises(AntiphonError, match="export it again"):
            Chorale(chorale.package)
    finally:
        chorale.package.extra["code"]["reach"] = kept
