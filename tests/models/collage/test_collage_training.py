"""Half-bar cells, the factorisation and its training, on tiny made songs."""

import gzip
import json

import numpy as np
import pytest

import realtime.models.collage.code as code
from export.models.collage import data as pop
from export.models.collage.nmf import divergence, factorise, update_activations, update_parts
from export.models.collage.package import guard_of
from export.models.collage.train import train
from realtime.native.errors import AntiphonError


def planted(rng, parts=4, size=40, rows=200):
    w = (rng.random((parts, size)) < 0.2) * 1.0
    h = rng.random((rows, parts)) * (rng.random((rows, parts)) < 0.5)
    return h @ w + 1e-4, w


def test_updates_never_raise_the_divergence():
    rng = np.random.default_rng(0)
    v, _ = planted(rng)
    w, h = rng.random((4, 40)) + 0.1, rng.random((200, 4)) + 0.1
    before = divergence(v, w, h)
    for _ in range(20):
        h = update_activations(v, w, h, 0.0)
        between = divergence(v, w, h)
        w = update_parts(v, w, h)
        after = divergence(v, w, h)
        assert after <= between + 1e-9 <= before + 2e-9
        before = after


def test_planted_parts_are_found():
    rng = np.random.default_rng(1)
    v, truth = planted(rng)
    w, _ = factorise(v, 6, 150, 0.02, rng)
    unit = w / np.linalg.norm(w, axis=1, keepdims=True)
    true = truth / np.linalg.norm(truth, axis=1, keepdims=True)
    assert (true @ unit.T).max(axis=1).min() > 0.9
    assert w.max(axis=1) == pytest.approx(1.0)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("collage") / "pop909.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for k in range(4):
            roots = (0, 9, 5, 7)
            melody, piano, chords = [], [], []
            for bar in range(8):
                root = roots[bar % 4]
                chords.append([bar * 192, ("C:maj", "A:min", "F:maj", "G:maj")[bar % 4]])
                melody += [[bar * 192 + 48 * i, 48, 60 + root + int(rng.choice((0, 7, 12))), 90] for i in range(4)]
                piano += [[bar * 192 + 96 * i, 96, 36 + root % 12, 70] for i in range(2)]
                piano += [[bar * 192 + 24 * i, 24, 60 + root, 60] for i in range(8)]
            tracks = [
                {"name": n, "prog": 0, "drum": False, "n": rows} for n, rows in (("MELODY", melody), ("PIANO", piano))
            ]
            piece = {"id": f"s{k}", "split": "valid" if k == 3 else "train", "lic": "CC0", "tpq": 48, "bpm": 90, "tracks": tracks,
                      "chords": chords, "key_audio": [[0, "C:maj"]], "downbeats": list(range(0, 33, 4))}  # fmt: skip
            file.write(json.dumps(piece) + "\n")
    return path


def test_songs_become_half_bars_over_their_chords(corpus):
    song = pop.songs(pop.read(corpus).pieces)[0]
    assert len(song.cells) == 16 and song.mode == 0 and song.tonic == 0
    assert [(c.degree, c.quality) for c in song.cells[::2]][:4] == [(0, 0), (9, 1), (5, 0), (7, 0)]
    assert [(s, p % 12) for s, p, _ in code.onsets_of(song.cells[2].rolls["bass"], "bass", 0.1, 2)] == [(0, 0)]


def test_progressions_know_what_follows(corpus):
    table = np.exp(pop.progressions(pop.songs(pop.read(corpus).pieces)))
    assert table[0].sum(axis=1) == pytest.approx(1.0, abs=1e-4)
    assert table[0, 0].argmax() == 9 + 12 and table[0, 5].argmax() == 7


def test_the_guard_of_the_songs_knows_their_lines(corpus):
    pieces = pop.read(corpus).pieces
    guard = guard_of(pieces)
    line = pop.lines(pieces)[0]
    assert guard.knows(line[3:14]) and not guard.knows([(1, 7)] * 11)


def test_training_resumes_and_improves(corpus, tmp_path):
    sizes = {"bass": 4, "inner": 4, "melody": 8, "rows": 100, "valid_rows": 20}
    first = train(corpus, out=tmp_path, progress=False, steps=20, **sizes)
    second = train(corpus, out=tmp_path, progress=False, steps=40, resume=True, **sizes)
    assert second["steps"] == 40 and second["figure"] <= first["figure"]
    with pytest.raises(AntiphonError, match="without --resume"):
        train(corpus, out=tmp_path, progress=False, steps=60, resume=True, **{**sizes, "bass": 5})


def test_songs_without_chords_are_one_sentence(tmp_path):
    path = tmp_path / "x.jsonl"
    track = {"name": "v", "prog": 0, "drum": False, "n": [[i * 48, 48, 60, 80] for i in range(40)]}
    path.write_text(json.dumps({"id": "x", "split": "train", "lic": "", "tpq": 48, "tracks": [track]}))
    with pytest.raises(AntiphonError, match="chords, a key and tracks"):
        train(path, out=tmp_path / "run", progress=False)
