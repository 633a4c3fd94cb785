"""`roll` in the workshop: its bars, its figures, a short training that resumes, the package and its evaluation."""

import gzip
import json

import numpy as np
import pytest
import torch

from export.models.roll.data import bar_starts, load, song_bars
from export.models.roll.evaluate import evaluate
from export.models.roll.figures import bars_to_beat, distances, figures
from export.models.roll.model import Config, Generator, binary, rotation_of
from export.models.roll.package import export
from export.models.roll.train import sameness, train
from realtime.models.roll import Roll
from realtime.models.roll_code import PITCHES, STEPS, TRACKS
from realtime.native.errors import AntiphonError

TINY = {
    "shared": 8,
    "private": 4,
    "trunk": 16,
    "head": 16,
    "maps": 8,
    "critic_width": 4,
    "batch": 4,
    "valid_phrases": 4,
}


def song(name: str, split: str, bars: int = 6, shift: int = 0) -> dict:
    """A song on C and G: a tune in quarters, piano chords, bass notes below."""
    melody, piano, chords = [], [], []
    for bar in range(bars):
        at = bar * 192
        root, triad = ((36, (60, 64, 67)), (43, (59, 62, 67)))[bar % 2]
        melody += [[at + 48 * k, 40, 72 + shift + (0, 4, 7, 4)[k], 90] for k in range(4)]
        piano += [[at + 96 * k, 90, p + shift, 80] for k in range(2) for p in (root, *triad)]
        chords += [[at, "C:maj" if bar % 2 == 0 else "G:maj"]]
    tracks = [{"name": n, "prog": 0, "drum": False, "n": sorted(rows)} for n, rows in
              (("MELODY", melody), ("BRIDGE", []), ("PIANO", piano))]  # fmt: skip
    return {"id": name, "split": split, "lic": "test", "tpq": 48, "tracks": tracks, "chords": chords,
            "downbeats": [4 * b for b in range(bars)]}  # fmt: skip


def drumming(name: str, split: str, bars: int = 5) -> dict:
    hits = [[48 * k, 10, 36 if k % 2 == 0 else 38, 100] for k in range(4 * bars)]
    hits += [[24 * k + 1, 10, 42, 80] for k in range(8 * bars)]
    track = {"name": "", "prog": 0, "drum": True, "n": sorted(hits)}
    return {"id": name, "split": split, "lic": "test", "tpq": 48, "ts": [[0, 4, 4]], "style": "rock", "tracks": [track]}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("roll_data")
    rows = {
        "pop909": [song("a", "train"), song("b", "train"), song("c", "valid")],
        "groove_midi": [drumming("x", "train"), drumming("y", "valid")],
    }
    for name, lines in rows.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
    return folder


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("roll_run")
    return train(data, out=out, progress=False, steps=2, valid_every=1, **TINY), out


def test_song_bars_split_the_piano_and_go_to_c(data):
    corpora = load(data)
    assert corpora["train"].pieces == 2 and len(corpora["train"].songs.starts) == 2 * 3
    from export.corpora.jsonl import piece_of

    for shift in (0, 3, -4):
        rolls, chords, starts = song_bars(piece_of(song("s", "train", shift=shift), "pop909"))
        melody, bridge, piano, bass = (rolls[0, k] for k in range(4))
        assert not bridge.any()
        assert set(np.flatnonzero(melody.any(0)) % 12) == {0, 4, 7}
        assert set(np.flatnonzero(piano.any(0)) % 12) == {0, 4, 7}
        assert set(np.flatnonzero(bass.any(0)) % 12) == {0}
        assert list(starts) == [0, 1, 2]
        if shift == 0:
            assert chords[0, 0, 0] == 1 and chords[1, 1, 7] == 1


def test_other_metres_have_no_bars():
    from export.corpora.jsonl import piece_of

    assert bar_starts(piece_of(song("w", "train") | {"ts": [[0, 7, 8]]}, "")) == []


def test_figures_of_a_known_bar():
    songs = np.zeros((2, len(TRACKS), STEPS, PITCHES), bool)
    songs[0, 0, :12, 36] = True  # one beat
    songs[0, 0, 12:13, 40] = True  # too short
    drums = np.zeros((2, STEPS, 9), bool)
    drums[:, ::12, 0] = True
    found = figures(songs, drums)
    assert found["eb_melody"] == 0.5 and found["upc_melody"] == 2.0 and found["qn_melody"] == 0.5
    assert found["dp"] == 1.0 and found["eb_drums"] == 0.0
    assert distances(found, found)["eb_melody"] == 0.0
    # as the paper's tables say: the hybrid's bass was 0.64 pitch classes and 45.4 % from its training row
    assert bars_to_beat()["upc_bass"] == pytest.approx(0.64) and bars_to_beat()["qn_bass"] == pytest.approx(0.454)


def test_rotation_turns_with_the_root():
    root = torch.zeros(1, 12)
    root[0, 7] = 1
    above = torch.zeros(12)
    above[4] = 1  # a major third
    assert (above @ rotation_of(root)[0]).argmax() == 11  # above G: B


def test_logits_turn_with_the_chord_and_notes_begin_on_sixteenths():
    torch.manual_seed(0)
    model = Generator(Config(8, 4, 16, 16, 8)).eval()
    chords = torch.zeros(1, 4, 2, 36)
    with torch.no_grad():
        songs, drums = model(*model.latents(1), chords)
    assert songs.shape == (1, 4, 4, STEPS, PITCHES) and drums.shape == (1, 4, STEPS, 9)
    sounding = songs[0].unflatten(2, (16, 3)) > 0
    assert not (sounding[:, :, :, 1:] & ~sounding[:, :, :, :-1]).any()


def test_binary_neurons_pass_the_sigmoids_gradient():
    logits = torch.tensor([-1.0, 2.0], requires_grad=True)
    out = binary(logits, 0.0)
    assert out.tolist() == [0.0, 1.0]
    out.sum().backward()
    p = torch.sigmoid(torch.tensor([-1.0, 2.0]))
    assert torch.allclose(logits.grad, p * (1 - p))


def test_sameness_is_nothing_for_takes_that_differ():
    one = torch.zeros(2, 1, 4, STEPS, PITCHES)
    one[0, ..., 0], one[1, ..., 1] = 1, 1
    assert float(sameness(one)) < 0.01
    assert float(sameness(one[:1].repeat(2, 1, 1, 1, 1))) > 0.5


def test_training_resumes(trained, data):
    result, out = trained
    assert result["steps"] == 2 and np.isfinite(result["figure"])
    again = train(data, out=out, resume=True, progress=False, steps=3, valid_every=1, **TINY)
    assert again["steps"] == 3


def test_package_says_what_the_net_says_and_is_measured(trained, data, tmp_path):
    _, out = trained
    path = tmp_path / "roll.onnx"
    facts = export(out, path, data)
    assert facts["parity"] < 1e-4
    model = Roll.load(path)
    one, two = (model.generate(None, 6, seed=4, density=2.0) for _ in range(2))
    assert one.notes == two.notes
    measured = evaluate(path, data / "pop909.jsonl.gz")["metrics"]
    for name in ("eb", "upc", "qn", "dp", "td_melody_bass_bar", "figures_met_share"):
        assert np.isfinite(measured.get(name, 0.0))
    assert measured["same_seed_same_notes"] == 1.0


def test_useless_data_is_one_sentence(tmp_path):
    with pytest.raises(AntiphonError, match="--data"):
        load(None)
    with gzip.open(tmp_path / "pop909.jsonl.gz", "wt") as file:
        file.write(json.dumps(song("a", "train") | {"chords": []}) + "\n")
    with pytest.raises(AntiphonError, match="MELODY and PIANO"):
        load(tmp_path)
