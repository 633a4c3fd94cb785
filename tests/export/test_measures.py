"""Measures on cases whose answer is known: scales, repeated bars, copied runs, equal and unequal sets."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.measures import draw_roll, generator_metrics
from export.measures.copies import RunIndex, TrainingRuns, drum_bars, line_pairs
from export.measures.lines import bars_of, excerpts, voices
from export.measures.mgeval import compare, features, mgeval
from export.measures.structure import groove_consistency, self_similarity, similarity_by_lag, similarity_error
from export.measures.tonal import in_key_share, pitch_class_entropy
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError


def line(pitches, step=0.5, channel=0, start=0.0, metre=(4, 4)) -> NoteSequence:
    notes = [Note(start + i * step, step, p, 0.7, channel) for i, p in enumerate(pitches)]
    return NoteSequence(notes, metres=[Metre(0.0, *metre)])


def walk(seed: int, notes: int = 64) -> NoteSequence:
    """A melody of its own: a random walk in uneven rhythm."""
    random = Random(seed)
    beat, pitch, out = 0.0, 60, []
    for _ in range(notes):
        length = random.choice((0.25, 0.5, 0.75, 1.0))
        out.append(Note(beat, length, pitch))
        beat += length
        pitch = min(84, max(48, pitch + random.randint(-5, 5)))
    return NoteSequence(out)


C_MAJOR = [60, 62, 64, 65, 67, 69, 71, 72]


def test_a_scale_is_in_its_key_and_a_chromatic_one_is_not():
    assert in_key_share(line(C_MAJOR)) == 1.0
    assert in_key_share(line(C_MAJOR), (6, "major")) == pytest.approx(2 / 8)
    assert in_key_share(line(range(60, 72))) < 0.8
    assert np.isnan(in_key_share(line([36] * 4, channel=9)))


def test_pitch_class_entropy_counts_bits():
    assert pitch_class_entropy(line([60, 72, 48])) == 0.0
    assert pitch_class_entropy(line([60, 64, 67, 71])) == pytest.approx(2.0)
    assert pitch_class_entropy(line(range(60, 72))) == pytest.approx(np.log2(12))


def test_groove_consistency_is_one_for_one_rhythm_and_falls_with_each_differing_sixteenth():
    even = line([60] * 16)
    assert groove_consistency(even) == 1.0
    other = NoteSequence([*even.notes[:-1], Note(7.75, 0.25, 60)])  # the last eighth comes a sixteenth later
    assert groove_consistency(other) == pytest.approx(1 - 2 / 16)
    assert groove_consistency(line([60] * 28, metre=(7, 8))) == 1.0
    assert np.isnan(groove_consistency(line([60])))


def test_bars_that_come_back_are_found_at_their_distance():
    a, b = [60, 62, 64, 65], [67, 69, 71, 72]
    form = line([*a, *b, *a, *b], step=1.0)  # ABAB
    assert similarity_by_lag(form, 4).tolist()[:3] == [0.0, 1.0, 0.0]
    assert self_similarity(form) == pytest.approx(1 / 3)
    assert self_similarity(line(a * 4, step=1.0)) == 1.0
    assert similarity_error([form], [form]) == 0.0
    assert similarity_error([line(a * 4, step=1.0)], [form]) == pytest.approx(2 / 3)


def test_the_voice_of_a_channel_is_its_upper_line():
    notes = [Note(0, 1, 60), Note(0, 1, 64), Note(1, 1, 62), Note(0, 2, 48, 0.7, 1), Note(0, 1, 36, 0.7, 9)]
    upper, bass = voices(NoteSequence(notes))
    assert upper.tolist() == [[0, 1, 64], [1, 1, 62]] and bass[:, 2].tolist() == [48]


@given(st.lists(st.lists(st.integers(0, 2), max_size=14), min_size=1, max_size=4), st.lists(st.integers(0, 3)))
@settings(max_examples=200, deadline=None)
def test_the_index_finds_what_looking_everywhere_finds(strings, query):
    everywhere = {tuple(s[i:j]) for s in strings for i, j in itertools.combinations(range(len(s) + 1), 2)}
    longest = [
        max((n for n in range(1, len(query) - i + 1) if tuple(query[i : i + n]) in everywhere), default=0)
        for i in range(len(query))
    ]
    assert RunIndex(strings).matches(query) == longest


def test_a_copied_run_is_found_in_any_key_and_measured_in_notes():
    theme, other = walk(1), walk(2)
    copied = theme.transposed(5).notes[10:30]  # 20 notes of the theme, within another melody
    begin, end = other.notes[:20], other.notes[20:40]
    joined = begin + [n._replace(beat=n.beat - copied[0].beat + begin[-1].end) for n in copied]
    joined += [n._replace(beat=n.beat - end[0].beat + joined[-1].end) for n in end]
    runs = TrainingRuns([theme, walk(3)])
    found = runs.in_lines([NoteSequence(joined)])
    assert 20 <= found.longest <= 22 and found.share == pytest.approx(20 / 60, abs=0.04)
    assert runs.in_lines([walk(4)]).longest < 8
    assert runs.in_lines([theme]).longest == 64 and runs.in_lines([theme]).share == 1.0


def test_a_repeated_bass_note_is_copied_but_not_varied():
    found = TrainingRuns([line([36] * 40)]).in_lines([line([43] * 30)])
    assert (found.longest, found.share, found.varied_longest, found.varied_share) == (30, 1.0, 0, 0.0)


def test_drums_are_compared_by_bars():
    beat = [Note(b + s, 0.1, p, 0.7, 9) for b in (0, 4, 8) for s, p in ((0, 36), (1, 38), (2, 36), (3, 38))]
    fill = [Note(12 + s / 4, 0.1, 45, 0.7, 9) for s in range(16)]
    runs = TrainingRuns([NoteSequence(beat + fill)])
    assert len(drum_bars(NoteSequence(beat + fill))[0]) == 4 and line_pairs(NoteSequence(beat)) == []
    found = runs.in_drums([NoteSequence(beat[4:] + fill)])
    assert found.longest == 3 and found.varied_longest == 3
    assert runs.in_drums([NoteSequence(fill)]).share == 0.0  # one bar alone is no run
    assert runs.in_drums([NoteSequence(beat)]).varied_longest == 0


def test_mgeval_features_of_a_known_line():
    f = features(line([60, 64, 67, 72], step=1.0))
    assert [f[k].item() for k in ("pitch_count", "pitch_range", "note_count", "inter_onset")] == [4, 12, 4, 1.0]
    assert f["pitch_interval"].item() == pytest.approx(4.0)
    assert f["pitch_class_histogram"].tolist() == pytest.approx([0.5, 0, 0, 0, 0.25, 0, 0, 0.25, 0, 0, 0, 0])
    assert f["pitch_class_transitions"].reshape(12, 12)[7, 0] == pytest.approx(1 / 3)
    assert f["length_histogram"][2] == 1.0 and f["length_transitions"].reshape(12, 12)[2, 2] == 1.0
    assert set(features(line([36, 38, 36], channel=9), drums=True)) == {
        "note_count", "inter_onset", "length_histogram", "length_transitions"}  # fmt: skip


def test_equal_densities_overlap_wholly_and_distant_ones_not_at_all(rng):
    a = rng.normal(0, 1, 4000)
    assert compare(a, a) == pytest.approx((1.0, 0.0), abs=1e-6)
    area, divergence = compare(a, rng.normal(1, 1, 4000))  # two unit normals one apart: 0.617 and 0.5
    assert area == pytest.approx(0.617, abs=0.03) and divergence == pytest.approx(0.5, abs=0.08)
    assert compare(a, a + 50)[0] < 1e-6
    assert compare(np.ones(50), np.ones(50))[0] == pytest.approx(1.0)


def test_a_set_is_nearer_to_its_own_kind():
    real = [walk(s) for s in range(12)]
    alike, unlike = [walk(s) for s in range(20, 32)], [line([60, 61] * 20, step=0.25) for _ in range(12)]
    near, far = (np.mean([f["overlap_area"] for f in mgeval(x, real).values()]) for x in (alike, unlike))
    assert near > 0.8 > 0.5 > far
    assert mgeval(alike, real)["note_count"]["real"] == 64 and mgeval([], real) == {} == mgeval(alike, real[:1])


def test_generator_metrics_speak_of_both_sets_and_of_copies():
    real, train = [walk(s, 200) for s in range(6)], [walk(s, 200) for s in range(10, 16)]
    made = [walk(s, 60) for s in range(20, 26)]
    m = generator_metrics(made, real, train, detail=True)
    assert {"in_key_share", "in_key_share_real", "groove_consistency", "self_similarity_real", "overlap_area", "kld",
            "similarity_error", "copied_share", "longest_copied_run", "overlap_area_pitch_range"} <= set(m)  # fmt: skip
    assert m["longest_copied_run"] < 12 and m["copied_share"] == 0 and m["overlap_area"] > 0.6
    assert generator_metrics(train, real, train)["copied_share"] == 1.0
    assert "copied_share" not in generator_metrics(made, real)


def test_drums_are_measured_by_rhythm_only():
    bars = [line([36, 42, 38, 42] * 8, channel=9) for _ in range(3)]
    m = generator_metrics(bars, bars, bars)
    assert m["groove_consistency"] == 1.0 and m["longest_copied_bars"] == 4 and m["overlap_area"] == pytest.approx(1.0)
    assert not [k for k in m if "key" in k or "entropy" in k or "run" in k]


def test_little_music_leaves_measures_out_and_never_fails():
    one = NoteSequence([Note(0, 1, 60)])
    assert generator_metrics([one], [], None)["in_key_share"] == 1.0
    assert generator_metrics([], [], [])["sequences"] == 0
    assert generator_metrics([NoteSequence()], [one, one], [one])["real_excerpts"] == 2
    assert line_pairs(one) == [[]]


def test_excerpts_are_spread_over_the_piece_and_as_long_as_asked():
    piece = line([60 + i % 12 for i in range(160)])  # 20 bars
    cut = excerpts(piece, 8, 4)
    assert [bars_of(c) for c in cut] == [8, 8] and cut[1].notes[0].pitch == 60 + (12 * 8) % 12
    assert excerpts(piece, 30) == [piece] and excerpts(piece, 60) == []


@pytest.mark.parametrize(
    "notes", [[], [Note(0, 1, 60)], [Note(0.5 * i, 0.5, 30 + i % 60, 0.5, i % 10) for i in range(500)]]
)
def test_a_picture_is_a_small_png(tmp_path, notes):
    out = tmp_path / "folder" / "roll.png"
    draw_roll(NoteSequence(list(notes)), out, "Title", chords=[(4.0 * i, "Cmaj7") for i in range(60)])
    assert out.read_bytes()[:4] == b"\x89PNG" and out.stat().st_size <= 60_000


def test_a_picture_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AntiphonError, match="cannot be written"):
        draw_roll(line(C_MAJOR), tmp_path / "file" / "roll.png")
