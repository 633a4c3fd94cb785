"""`morph` from tiny data: bar lines, roles, windows; a short training; a package that plays; and bad data."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

import realtime.models.morph.code as code
from export.corpora.pieces import Piece, Track
from export.models.groove.data import windows_of
from export.models.morph import data as music
from export.models.morph import evaluate as measure
from export.models.morph.guard import guard_of, kept_guard
from export.models.morph.package import export
from export.models.morph.train import train
from realtime.models.morph.model import Morph
from realtime.native.errors import AntiphonError

SMALL = dict(
    latent=16, melody=20, bass=16, drums=16, melodies=8, trios=6, basses=2, steps=24, valid_every=12, minutes=5.0,
    rate=4e-3, valid_windows=64,
)  # fmt: skip


def tune(name: str, split: str, seed: int, bars: int = 8) -> str:
    rng = np.random.default_rng(seed)
    scale = np.array([60, 62, 64, 65, 67, 69, 71, 72])
    melody, at = [], 0
    while at < bars * 192:
        length = int(rng.choice([24, 48, 48, 96]))
        melody.append([at, length, int(rng.choice(scale)) + seed % 5, 80])
        at += length
    bass = [[b * 96, 96, 36 + int(rng.choice([0, 5, 7])) + seed % 5, 80] for b in range(bars * 2)]
    tracks = [{"name": n, "prog": 0, "drum": False, "n": x} for n, x in (("MELODY", melody), ("Bass", bass))]
    return json.dumps(
        {"id": name, "split": split, "lic": "made", "tpq": 48, "ts": [[0, 4, 4]], "tempo": [[0, 100]], "tracks": tracks}
    )


def drums(name: str, split: str, seed: int) -> str:
    rng = np.random.default_rng(seed)
    notes = [[s * 12, 6, int(rng.choice([36, 38, 42])), 90] for s in range(0, 96, 2)]
    return json.dumps({"id": name, "split": split, "lic": "made", "tpq": 48, "ts": [[0, 4, 4]], "bpm": 100.0,
                       "tracks": [{"name": "", "prog": 0, "drum": True, "n": notes}]})  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    (folder / "pop909.jsonl").write_text("\n".join(tune(f"t{k}", "train" if k < 6 else "valid", k) for k in range(9)))
    (folder / "groove_midi.jsonl").write_text(
        "\n".join(drums(f"d{k}", "train" if k < 3 else "valid", k) for k in range(5))
    )
    return folder


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    first = train(data, out=folder, progress=False, **{**SMALL, "steps": 12})
    return folder, first, train(data, out=folder, resume=True, progress=False, **SMALL)


def piece(tracks: list[Track], **fields) -> Piece:
    return Piece("p", "train", "made", "", tracks, **fields)


def notes(*rows) -> np.ndarray:
    return np.array([(o, d, p, 80.0) for o, d, p in rows])


def test_windows_follow_the_bar_lines_and_skip_other_metres():
    line = Track("melody", 0, False, notes(*((float(b), 1.0, 60 + b % 5) for b in range(40))))
    upbeat = piece([line], metres=[(0.0, 4, 4)], bars=[0.0, 1.0, 5.0, 9.0, 13.0])
    assert music.window_starts(upbeat) == [1.0, 5.0]  # whole bars after the upbeat
    mixed = piece([line], metres=[(0.0, 4, 4), (8.0, 3, 4), (20.0, 2, 4)])
    starts = music.window_starts(mixed)
    assert starts[0] == 0.0 and 20.0 in starts and not any(1 < s < 20 for s in starts)


def test_roles_go_by_name_then_by_register():
    low, high = (
        Track("Violoncello", 42, False, notes(*((b, 1, 40) for b in range(8)))),
        Track("Violin 1", 40, False, notes(*((b, 1, 76) for b in range(8)))),
    )
    assert music.roles(piece([low, high])) == (high, low)
    low.name, high.name = "", ""
    assert music.roles(piece([low, high])) == (high, low)
    assert music.roles(piece([])) == (None, None)


def test_the_bass_of_chords_is_what_nothing_sounds_under():
    found = music.bass_line(notes((0, 2, 40), (0, 2, 52), (1, 1, 55), (2, 1, 43), (2, 1, 50), (3, 1, 70)))
    assert found[:, 2].tolist() == [40, 43]


def test_drums_are_paired_by_tempo():
    made = [
        piece([Track("", 0, True, notes(*((s / 2, 0.1, 36) for s in range(16))))], tempo=[(0.0, t)]) for t in (80, 160)
    ]
    drum_windows = windows_of(made)
    index = music.paired(np.array([80.0, 165.0, 300.0]), drum_windows, np.random.default_rng(0))
    assert drum_windows.tempo[index[:2]].tolist() == [80, 160] and index[2] in (0, 1)


def test_training_learns_resumes_and_the_package_plays(run, data, tmp_path, monkeypatch):
    for name, few in (
        ("MOST_WINDOWS", 4),
        ("GENERATED", 2),
        ("GENERATED_BARS", 4),
        ("MOVES", (-1.0, 1.0)),
        ("SAMPLES", 3),
        ("TURNED", 4),
    ):
        monkeypatch.setattr(measure, name, few)
    folder, first, second = run
    assert second["steps"] == 24 and second["figure"] < first["figure"]
    facts = export(folder, tmp_path / "morph.onnx", data)
    assert facts["parity"] < 1e-4
    model = Morph.load(tmp_path / "morph.onnx")
    assert model.generate(None, 3, 1).end_beat <= 12.0 + 1e-6
    metrics = measure.evaluate(tmp_path / "morph.onnx", data)["metrics"]
    for name in (
        "accuracy_teacher_forced",
        "trio_accuracy_sampled_drums",
        "bass_kl_nats",
        "trio_knob_mode_spearman",
        "knob_density_leak",
        "interpolation_unevenness_even",
    ):
        assert np.isfinite(metrics[name]), name


def test_the_guard_knows_the_training_tunes(data, tmp_path):
    pieces, _, _ = music.load(data)
    guard = guard_of(pieces)
    for track in next(
        p for p in pieces if p.source == "pop909"
    ).tracks:  # melody and bass, figures of two notes as well
        pairs = [(int(b[2] - a[2]), round((b[0] - a[0]) * 24)) for a, b in itertools.pairwise(track.notes)]
        runs = [pairs[i : i + 11] for i in range(len(pairs) - 10)]
        assert guard.notes == 12 and runs and all(guard.knows(run) for run in runs)
    assert not guard.knows([(1, 1)] * 11)
    kept = kept_guard(tmp_path, pieces)
    assert kept == guard.to_json() == kept_guard(tmp_path, pieces)
    assert kept_guard(tmp_path, pieces[:2]) != kept


def test_the_guard_knows_a_tune_played_off_the_grid():
    pitches = (60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64)
    loose = notes(*((k / 2 + 0.04 * (-1) ** k + 0.05, 0.4, p) for k, p in enumerate(pitches)))
    guard = guard_of([piece([Track("melody", 0, False, loose)])])
    assert guard.knows([(b - a, 12) for a, b in itertools.pairwise(pitches)])


def test_rank_correlation_shares_ties():
    knob = np.arange(5.0)
    assert measure.rank_correlation(knob, knob**3) == pytest.approx(1.0)
    assert measure.rank_correlation(knob, np.array([0, 0, 1, 1, 1.0])) == pytest.approx(0.866, abs=1e-3)
    assert measure.rank_correlation(knob, np.ones(5)) == 0.0


def test_missing_drums_or_melodies_are_one_sentence(data, tmp_path):
    with pytest.raises(AntiphonError, match="--data"):
        music.load(None)
    with pytest.raises(AntiphonError, match="drum performances"):
        train(data / "pop909.jsonl", out=tmp_path / "a", progress=False, **SMALL)
    with pytest.raises(AntiphonError, match="melody"):
        train(data / "groove_midi.jsonl", out=tmp_path / "b", progress=False, **SMALL)


def test_lines_of_a_held_over_note_begin_with_it(data):
    held = Track("melody", 0, False, notes((0, 12, 60), (12, 2, 62), (14, 2, 64)))
    lines = music.lines_of([piece([held], metres=[(0.0, 4, 4)])])
    starts = dict(zip(lines.start.tolist(), lines.melody, strict=True))
    assert all(tokens[0] != code.SILENT for start, tokens in starts.items() if start > 0)
