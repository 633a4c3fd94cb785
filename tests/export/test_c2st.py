"""The two-sample test on music whose answer is known: alike is near a half, unlike is near one, and it says by what."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from export.measures.c2st import Samples, area, auc, cut, two_sample
from export.measures.c2st_drums import drum_features
from export.measures.c2st_features import UNKNOWN, features
from export.measures.lines import bars_of
from export.measures.markov import Markov
from export.measures.stumps import Stumps
from export.registry import has_samples, model_names, stage
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError

MAJOR = (0, 2, 4, 5, 7, 9, 11)


def tune(seed: int, bars: int = 32, keep: float = 0.9, channel: int = 0) -> NoteSequence:
    """Steps along a scale in eighths and quarters; a bar comes back after two with the chance `keep`."""
    random, made = Random(seed), []
    degree = 14
    for bar in range(bars):
        if bar > 1 and random.random() < keep:
            made.append([(at, length, key) for at, length, key in made[bar - 2]])
            continue
        at, row = 0.0, []
        while at < 4.0:
            length = random.choice((0.5, 0.5, 1.0))
            degree = min(21, max(7, degree + random.choice((-2, -1, -1, 1, 1, 2))))
            row.append((at, min(length, 4.0 - at), 48 + 12 * (degree // 7) + MAJOR[degree % 7]))
            at += length
        made.append(row)
    notes = [Note(4.0 * k + at, length, key, 0.7, channel) for k, row in enumerate(made) for at, length, key in row]
    return NoteSequence(notes)


def beat(seed: int, swap: float) -> NoteSequence:
    """Four to the bar, with some of its snares elsewhere."""
    random, notes = Random(seed), []
    for bar in range(16):
        for step in range(16):
            at = 4.0 * bar + step / 4
            notes += [Note(at, 0.1, 42, 0.7, 9)] * (step % 2 == 0)
            notes += [Note(at, 0.1, 36, 0.7, 9)] * (step in (0, 8))
            strike = (step in (4, 12)) != (random.random() < swap and step % 2 == 1)
            notes += [Note(at, 0.1, 38, 0.7, 9)] * strike
    return NoteSequence(notes)


@pytest.fixture(scope="module")
def real() -> list[NoteSequence]:
    return [tune(seed) for seed in range(40)]


def test_music_of_the_same_kind_is_not_told_apart(real):
    found = two_sample(Samples([tune(seed) for seed in range(100, 140)], real), most=120)
    assert found.excerpts == 120 and found.auc == pytest.approx(0.5, abs=0.12)
    assert found.auc_real == pytest.approx(0.5, abs=0.12)


def test_a_chain_without_form_is_told_apart_and_the_test_says_by_its_form(real):
    found = two_sample(Samples([tune(seed, keep=0.0) for seed in range(100, 140)], real), most=120)
    assert found.auc > 0.95 and found.auc_markov > 0.9
    assert "alike after" in found.tells[0].feature or "repeated" in found.tells[0].feature
    first = found.tells[0]
    assert first.generated < first.real and first.auc < 0.2 and 0 < first.share <= 1
    assert set(found.figures("x")) == {"c2st_auc_x", "c2st_auc_real_x", "c2st_auc_markov_x", "c2st_excerpts_x"}


def test_training_music_of_another_kind_is_told_from_the_real_one(real):
    """What no generator that learned it could better."""
    made = [tune(seed) for seed in range(100, 140)]
    alike = two_sample(Samples(made, real, [tune(seed) for seed in range(200, 260)]), most=80)
    unlike = two_sample(Samples(made, real, [tune(seed, keep=0.0) for seed in range(200, 260)]), most=80)
    assert alike.auc_train == pytest.approx(0.5, abs=0.15) and unlike.auc_train > 0.9
    assert unlike.figures()["c2st_auc_train"] == unlike.auc_train


def test_a_one_played_early_is_of_its_own_bar():
    late, early = (
        NoteSequence([n._replace(beat=max(0.0, n.beat + off)) for n in beat(1, 0.0).notes]) for off in (0.03, -0.03)
    )
    for piece in (late, early):
        made, _ = cut([piece], 8, 2)
        assert all(drum_features(e)["kick at 1"] == 1.0 and drum_features(e)["kick bars"] == 1.0 for e in made)


def test_hats_struck_on_the_edge_are_hats():
    """An electronic kit tells edge from tip: Groove MIDI's closed hats are 22 as often as 42."""
    tip = beat(1, 0.0)
    edge = NoteSequence([n._replace(pitch=22 if n.pitch == 42 else n.pitch) for n in tip.notes], metres=tip.metres)
    assert edge.notes != tip.notes and drum_features(edge) == drum_features(tip)


def test_drums_are_told_by_where_they_strike():
    real = [beat(seed, 0.02) for seed in range(30)]
    alike, unlike = ([beat(100 + seed, swap) for seed in range(30)] for swap in (0.02, 0.2))
    assert two_sample(Samples(alike, real), most=60).auc < 0.65
    found = two_sample(Samples(unlike, real), most=60)
    assert found.auc > 0.95
    assert {tell.feature for tell in found.tells} & {"kick share", "snare share", "hits a beat", "different bars"}


def test_excerpts_of_one_piece_are_never_on_both_sides():
    """Pieces that are each unlike all others are known again by their excerpts, unless whole pieces are left out."""
    random = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 5)
    rows = random.normal(size=(40, 6))[groups] + 0.01 * random.normal(size=(200, 6))
    kinds = (random.random(40) < 0.5).astype(float)[groups]
    assert auc(rows, kinds, np.arange(200)) > 0.9
    assert auc(rows, kinds, groups) < 0.75


def test_pairs_share_their_piece_and_short_pieces_are_left_out(real):
    made, of = cut([*real[:3], tune(1, bars=4)], 8, 9)
    assert len(made) == 9 and sorted(set(of.tolist())) == [0, 1, 2] and all(bars_of(e) == 8 for e in made)
    same = two_sample(Samples(real, real, paired=True), most=80)
    assert same.auc == pytest.approx(0.5, abs=0.1)


def test_too_little_music_says_nothing(real):
    found = two_sample(Samples(real[:1], real[:1]))
    assert np.isnan(found.auc) and "c2st_auc" not in found.figures()
    assert features(NoteSequence()) and drum_features(NoteSequence())
    assert UNKNOWN in features(NoteSequence([Note(0, 1, 60)])).values()


def test_real_music_in_other_metres_is_left_out(real):
    waltzes = [NoteSequence(tune(200 + k).notes, metres=[Metre(0.0, 3, 4)]) for k in range(20)]
    found = two_sample(Samples([tune(seed) for seed in range(100, 140)], [*real, *waltzes]), most=120)
    assert found.auc < 0.65


def test_every_generator_can_be_tested_and_others_are_told():
    assert {"phrase", "chorale", "accompany", "groove", "roll", "disguise"} <= set(filter(has_samples, model_names()))
    with pytest.raises(AntiphonError, match="writes no music"):
        stage("grade", "samples")


def test_the_area_is_the_chance_of_being_ranked_above():
    assert area(np.array([3.0, 2.0, 1.0, 0.0]), np.array([1, 1, 0, 0])) == 1.0
    assert area(np.array([1.0, 1.0]), np.array([1, 0])) == 0.5
    assert area(np.array([0.0, 1.0, 2.0]), np.array([1, 0, 1])) == 0.5


def test_stumps_find_a_band_that_no_line_divides():
    random = np.random.default_rng(2)
    rows = random.normal(size=(600, 5))
    kinds = (np.abs(rows[:, 3]) < 0.7).astype(float)
    fitted = Stumps().fit(rows[:400], kinds[:400])
    assert area(fitted.score(rows[400:]), kinds[400:]) > 0.95 and int(fitted.gains.argmax()) == 3
    assert Stumps().fit(np.ones((8, 2)), np.arange(8) % 2).score(np.ones((3, 2))).tolist() == [0, 0, 0]


def test_the_chain_writes_what_it_has_heard_in_the_metre_asked_for(real):
    waltz = NoteSequence(tune(5).notes, metres=[Metre(0.0, 3, 4)])
    written = Markov(real).write(waltz, 8, 1)
    assert bars_of(written) == 8 and written.metres == waltz.metres and max(n.end for n in written.notes) <= 24.0
    known = {(a.pitch, b.pitch) for piece in real for a, b in zip(piece.notes, piece.notes[1:], strict=False)}
    pairs = [(a.pitch, b.pitch) for a, b in zip(written.notes, written.notes[1:], strict=False)]
    assert len(pairs) > 20 and sum(pair in known for pair in pairs) / len(pairs) > 0.9
    assert written.notes == Markov(real).write(waltz, 8, 1).notes != Markov(real).write(waltz, 8, 2).notes
