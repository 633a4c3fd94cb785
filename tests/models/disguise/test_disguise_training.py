"""`disguise` in the workshop: its windows, a short training that resumes, the package and its evaluation."""

import gzip
import itertools
import json

import numpy as np
import pytest
import torch

from export.corpora.jsonl import piece_of
from export.models.disguise.data import bar_lines, collect, for_judge, load_styles, style_of, windows_of
from export.models.disguise.evaluate import against, evaluate, transfer
from export.models.disguise.guard import guard_of
from export.models.disguise.model import Config, Discriminator, Generator, binary, fold, unfold
from export.models.disguise.package import GAIN, export
from export.models.disguise.train import train
from export.models.disguise.yardstick import Yardstick
from realtime.models.disguise.code import PITCHES, STEPS, notes_of
from realtime.models.disguise.model import Disguise
from realtime.native.errors import AntiphonError

TINY = {"width": 16, "blocks": 2, "discriminator_width": 8, "batch": 4, "valid_windows": 3}


def piece(name: str, split: str, style: str, bars: int = 6) -> dict:
    """Block chords for one style, running quavers for the other."""
    rows = []
    for bar in range(bars):
        at = bar * 192
        if style == "baroque":
            rows += [[at + 48 * k, 48, p, 80] for k in range(4) for p in (48, 55, 64, 72)]
        else:
            rows += [[at + 24 * k, 24, 60 + (0, 4, 7, 12, 7, 4, 2, 5)[k], 80] for k in range(8)]
    track = {"name": "", "prog": 0, "drum": False, "n": sorted(rows)}
    return {"id": name, "split": split, "lic": "test", "tpq": 48, "ts": [[0, 4, 4]], "style": style, "tracks": [track]}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("disguise_data") / "pieces.jsonl.gz"
    lines = [
        piece(f"{style}{k}", "train" if k < 8 else "valid", style) for style in ("baroque", "pop") for k in range(10)
    ]
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    return path


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("disguise_run")
    from export.models.disguise.judge import train_judge

    train_judge(data, "small", out / "judge", progress=False, steps=150, valid_every=150, width=16, batch=16, rate=3e-3)
    return train(data, out=out, resume=True, progress=False, steps=2, valid_every=1, **TINY), out


def test_windows_are_two_bars_in_the_nets_key():
    packed = windows_of(piece_of(piece("x", "train", "pop") | {"style": "pop"}, ""))
    assert len(packed) == 5
    roll = np.unpackbits(packed[0]).reshape(2, STEPS, PITCHES).astype(bool)
    assert [n.pitch for n in notes_of(roll)][:3] == [60, 64, 67]


def test_other_metres_are_left_out():
    waltz = piece("x", "train", "pop") | {"ts": [[0, 3, 4]]}
    assert len(windows_of(piece_of(waltz, ""))) == 0
    assert np.allclose(np.diff(bar_lines(piece_of(waltz, ""))), 3.0)


def test_chord_symbols_become_blocks():
    raw = piece("x", "train", "jazz") | {"chords": [[0, "C:maj"], [96, "G:7"], [192, "?"]]}
    roll = np.unpackbits(windows_of(piece_of(raw, "openewld"))[0]).reshape(2, STEPS, PITCHES)
    assert roll[1, 0, 36 - 24] and roll[1, 8, 43 - 24] and roll[1, 8, 59 - 24]


def test_judge_and_generator_share_no_piece(data):
    sets = load_styles(data)
    names = [{p.id for p in sets[k]} for k in ("train", "judge", "held_out")]
    assert not names[0] & names[1] and not names[0] & names[2] and not names[1] & names[2]
    assert all(for_judge(p) for p in sets["judge"])
    assert {style_of(p) for p in sets["train"]} == {"baroque", "pop"}


def test_fold_is_undone_by_unfold():
    x = torch.rand(2, 2, STEPS, PITCHES)
    assert torch.equal(unfold(fold(x)), x)


def test_amount_nought_is_identity_and_only_sounding_notes_are_struck():
    torch.manual_seed(1)
    model = Generator(Config(16, 2))
    x = (torch.rand(1, 2, STEPS, PITCHES) < 0.1).float()
    x[:, 1] *= x[:, 0]
    style = torch.tensor([3])
    assert torch.equal(binary(model.logits(x, style, 0.0)).round(), x)
    made = binary(5 * model.logits(x, style) + 3 * torch.randn(x.shape))
    assert not ((made[:, 1] > 0.5) & (made[:, 0] < 0.5)).any()
    verdict, guess = Discriminator(8)(x)
    assert verdict.shape == guess.shape == (1, 5)


def test_yardstick_tells_two_textures_apart(data):
    windows = collect(load_styles(data)["train"])
    groups = [(s, windows.rolls(windows.of_style(s))) for s in (0, 2)]
    noisy = [(s, r ^ (np.random.default_rng(s).random(r.shape) < 0.002)) for s, r in groups]
    stick = Yardstick.fit(noisy, np.array([0, 2]))
    assert stick.share(groups[0][1], 0, 2).mean() > 0.9 > 0.1 > stick.share(groups[1][1], 0, 2).mean()


def test_probability_against_one_other():
    logits = np.zeros((1, 5))
    logits[0, 1] = np.log(3.0)
    assert against(logits, 1, 2)[0] == pytest.approx(0.75)


def test_training_resumes(trained, data):
    result, out = trained
    assert result["steps"] == 2 and np.isfinite(result["figure"])
    assert train(data, out=out, resume=True, progress=False, steps=3, valid_every=1, **TINY)["steps"] == 3


def test_package_says_what_the_nets_say_and_is_measured(trained, data, tmp_path):
    _, out = trained
    path = tmp_path / "disguise.onnx"
    assert export(out, path)["parity"] < 1e-4
    assert Disguise.load(path).keep == pytest.approx(2.0 / GAIN, abs=1e-4)
    measured = evaluate(path, data, pieces=1)["metrics"]
    for name in ("judge_accuracy", "judge_accuracy_baroque", "judge_accuracy_pop", "judge_accuracy_baroque_pop"):
        assert measured[name] == 1.0, name  # blocks and quavers: nobody takes the one for the other
    assert measured["judge_chance"] == 0.5 and measured["p_source_before"] > 0.9
    # two steps of training leave the music almost as it was: nothing is transferred, and all is kept
    assert abs(measured["transfer_strength"]) < 0.1 and abs(measured["transfer_drop"]) < 0.1
    assert measured["onset_f1"] > 0.9 and measured["chroma_similarity"] > 0.9
    assert measured["longest_copied_run"] <= 11 < measured["longest_copied_run_real"]


class Exchange:
    """A transfer that is perfect, or none at all, and a judge that hears how many notes a bar strikes."""

    def __init__(self, rolls, changes):
        self.rolls, self.changes = rolls, changes

    def restyle(self, roll, style, amount, reach):
        return self.rolls[style] if self.changes and amount else roll

    def judged(self, roll):
        logits = np.zeros(5)
        logits[0 if roll[1].any(axis=0).sum() < 6 else 2] = 20.0
        return logits


@pytest.mark.parametrize("changes", [True, False])
def test_strength_is_one_of_a_perfect_transfer_and_nought_of_none(data, changes):
    windows = collect(load_styles(data)["held_out"])
    rolls = {style: windows.rolls(windows.of_style(style)) for style in (0, 2)}
    kept = {style: r[0] for style, r in rolls.items()}
    found = transfer(Exchange(kept, changes), rolls[0][:1], 0, 2)
    assert found["p_source_before"] == pytest.approx(1.0, abs=1e-6) == found["p_source_back"]
    assert found["strength"] == pytest.approx(float(changes), abs=1e-6) == found["drop"]
    assert found["note_f1_back"] == 1.0 and (found["note_f1"] == 1.0) is not changes
    assert (found["density_ratio"] == 1.0) is not changes


def test_the_guard_knows_the_upper_lines(data):
    pieces = load_styles(data)["train"]
    guard = guard_of(pieces)
    climb = [b - a for a, b in itertools.pairwise((60, 64, 67, 72, 67, 64, 62, 65, 60, 64, 67, 72))]
    assert guard.knows([(interval, 12) for interval in climb])  # the pop pieces' quavers
    assert guard.knows([(0, 24)] * 11)  # the baroque ones' crotchets
    assert not guard.knows([(interval + 1, 12) for interval in climb])


def test_useless_data_is_one_sentence(tmp_path):
    with pytest.raises(AntiphonError, match="several styles"):
        load_styles(None)
    with gzip.open(tmp_path / "one.jsonl.gz", "wt") as file:
        file.write(json.dumps(piece("a", "train", "pop")) + "\n")
    with pytest.raises(AntiphonError, match="two styles"):
        load_styles(tmp_path)
