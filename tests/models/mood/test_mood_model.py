"""The mood model at run time: descriptors, changes, and the shipped package."""

import numpy as np
import pytest

import realtime.models.mood.code as code
from realtime.models.mood.changes import CHANGES, applied, changed_mode
from realtime.models.mood.model import MoodModel
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

MAJOR_TUNE = (60, 64, 67, 72, 71, 67, 65, 62, 60, 64, 62, 59, 60, 67, 64, 60)


COMMON = Metre(0.0, 4, 4)


def tune(tempo: float = 100.0, velocity: float = 0.6, notes=MAJOR_TUNE, metre=COMMON) -> NoteSequence:
    rows = [Note(i * 1.0, 1.0, p, velocity) for i, p in enumerate(notes * 2)]
    chords = [Note(i * 4.0, 4.0, p, velocity, 1) for i in range(8) for p in (48, 52, 55)]
    return NoteSequence(rows + chords, TempoMap([(0.0, tempo)]), [metre])


def named(sequence: NoteSequence) -> dict[str, float]:
    return dict(zip(code.NAMES, code.descriptors(sequence), strict=True))


@pytest.fixture(scope="module")
def mood() -> MoodModel:
    return MoodModel.load()


def test_descriptors_say_what_they_name():
    d = named(tune(tempo=200.0, velocity=0.5))
    assert d["tempo"] == pytest.approx(1.0)
    assert d["onsets_per_beat"] == pytest.approx(0.0)
    assert d["loudness"] == pytest.approx(0.5)
    assert d["polyphony"] == pytest.approx(4.0)
    assert d["majorness"] > 0 and d["major_chords"] > 0.5 and d["chromaticism"] == 0.0
    assert d["triple"] == 0.0 and named(tune(metre=Metre(0.0, 3, 4)))["triple"] == 1.0


def test_changing_to_minor_and_back():
    dark = changed_mode(tune(), -1.0)
    assert named(dark)["majorness"] < 0
    assert 63 in {n.pitch for n in dark.notes} and 64 not in {n.pitch for n in dark.notes}
    assert len(dark.notes) == len(tune().notes)


@pytest.mark.parametrize(
    ("change", "descriptor"),
    [("tempo", "tempo"), ("register", "register"), ("density", "notes_per_beat"), ("dynamics", "loudness"),
     ("mode", "brightness")],
)  # fmt: skip
def test_each_change_moves_its_descriptor(change, descriptor):
    low, high = (named(CHANGES[change](tune(), a))[descriptor] for a in (-1.0, 1.0))
    assert high > low


def test_no_amount_changes_nothing():
    assert applied(tune(), dict.fromkeys(CHANGES, 0.0)).notes == tune().notes


def test_fast_loud_music_is_heard_as_more_excited(mood):
    calm, wild = mood.estimate(tune(50.0, 0.3)), mood.estimate(tune(180.0, 0.9))
    assert wild.arousal > calm.arousal + 0.3
    assert wild.arousal_deviation > 0 and wild.valence_deviation > 0


def test_major_is_heard_as_happier_than_its_minor(mood):
    assert mood.estimate(tune()).valence > mood.estimate(changed_mode(tune(), -1.0)).valence + 0.1


def test_without_tempo_the_tempo_does_not_count(mood):
    slow, fast = (mood.estimate(tune(t), tempo_known=False) for t in (50.0, 200.0))
    assert slow == fast


def test_steering_goes_where_it_is_told(mood):
    sad, happy = mood.steer(-0.6, -0.5), mood.steer(0.6, 0.5)
    assert sad.changes["mode"] < 0 < happy.changes["mode"]
    assert sad.changes["tempo"] < 0 < happy.changes["tempo"]
    assert all(-1.0 <= v <= 1.0 for v in happy.changes.values())
    assert mood.steer(0.6, 0.5, keep_tempo=True).changes["tempo"] == 0.0
    assert set(happy.attributes) == set(code.NAMES)


def test_remooding_comes_nearer_and_is_the_same_each_time(mood):
    start = tune()
    made = mood.generate(start, 8, 1, valence=-0.6, arousal=-0.5)
    before, after = mood.estimate(start), mood.estimate(made)
    assert np.hypot(after.valence + 0.6, after.arousal + 0.5) < np.hypot(before.valence + 0.6, before.arousal + 0.5)
    assert made.notes == mood.generate(start, 8, 2, valence=-0.6, arousal=-0.5).notes


def test_two_thousand_notes_and_seven_eight(mood):
    many = NoteSequence([Note(i * 0.5, 0.5, 50 + i % 24) for i in range(2000)], metres=[Metre(0.0, 7, 8)])
    assert -1.0 <= mood.estimate(many).valence <= 1.0


def test_a_tied_note_ends_with_the_last_bar(mood):
    notes = [Note(k * 0.5, 0.5, 60 + k % 7) for k in range(28)] + [Note(6.5, 4.0, 48)]
    made = mood.generate(NoteSequence(sorted(notes), metres=[Metre(0.0, 7, 8)]), 2, 1, valence=0.5, arousal=0.5)
    assert made.metres[0].bar_beats == 3.5 and 6.5 < made.end_beat <= 7.0


def test_bad_prompts_give_a_sentence(mood):
    with pytest.raises(AntiphonError, match="--prompt"):
        mood.generate(None, 4, 1)
    for few in (NoteSequence(), NoteSequence([Note(0.0, 1.0, 60)])):
        with pytest.raises(AntiphonError, match="at least 4"):
            mood.estimate(few)
