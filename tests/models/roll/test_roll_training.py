"""`roll` in the workshop: its bars, its figures, a short training that resumes, the package and its evaluation."""

import gzip
import json

import numpy as np
import pytest
import torch

from export.measures.musegan import musegan_metrics
from export.models.roll.data import bar_starts, load, song_bars
from export.models.roll.encoder import Encoder, divergence, drawn
from export.models.roll.evaluate import PHRASES, evaluate
from export.models.roll.figures import bars_to_beat, distances, figures
from export.models.roll.model import Config, Generator, binary, rotation_of
from export.models.roll.package import export
from export.models.roll.pictures import symbols
from export.models.roll.settle import Songs, settle
from export.models.roll.takes import difference, songs_differ
from export.models.roll.terms import (
    QUIET,
    SURE,
    certainty,
    pair_distances,
    reconstruction,
    sameness,
    tonal_error,
    tonal_quantiles,
)
from export.models.roll.train import PRESETS, Task, train
from export.pattern.settings import resolve
from realtime.models.roll.code import PITCHES, STEPS, TRACKS
from realtime.models.roll.model import Roll, usual_chords
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
    "encoder_width": 4,
    "critic_first": 1,
    "settle_phrases": 6,
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


def test_a_track_made_to_rest_is_silent_and_the_others_are_not():
    torch.manual_seed(0)
    model = Generator(Config(8, 4, 16, 16, 8), (0.5,) * 13).eval()
    with torch.no_grad():
        model.bar.heads[1].sounds.bias.fill_(-20.0)
        songs, _ = model(*model.latents(2), torch.zeros(2, 4, 2, 36))
    assert (songs[:, :, 1] < 0).all()
    assert all((songs[:, :, k] > 0).any() for k in (0, 2, 3))


def test_binary_neurons_pass_a_gradient_that_falls_slowly():
    logits = torch.tensor([-1.0, 2.0, 0.0, 40.0], requires_grad=True)
    out = binary(logits, 0.0)
    assert out.tolist() == [0.0, 1.0, 0.0, 1.0]
    out.sum().backward()
    slopes = logits.grad.tolist()
    assert slopes[2] == pytest.approx(0.25)  # a sigmoid's
    assert slopes[2] > slopes[0] > slopes[1] > slopes[3] > 1e-3


def test_certainty_counts_what_lies_beyond():
    logits = torch.zeros(2, 4, 4, STEPS, PITCHES)
    assert float(certainty(logits)) == 0.0
    logits[0, 0, 0, 0, 0], logits[1, 0, 0, 0, 0] = SURE + 3.0, -SURE - 3.0
    assert float(certainty(logits)) == pytest.approx((3.0 + 3.0 * QUIET) / 2)


def test_sameness_is_nothing_for_takes_that_differ():
    one = torch.zeros(2, 1, 4, STEPS, PITCHES)
    one[0, ..., 0], one[1, ..., 1] = 1, 1
    assert float(sameness(one)) < 0.01
    assert float(sameness(one[:1].repeat(2, 1, 1, 1, 1))) > 0.5


def test_silence_has_nothing_to_differ_in():
    assert float(sameness(torch.zeros(2, 4, 4, STEPS, PITCHES))) == 0.0


def random_songs(seed: int, bars: int = 6) -> np.ndarray:
    """Every track holds two pitches a beat, drawn at random; the bridge rests in every other bar."""
    rng = np.random.default_rng(seed)
    songs = np.zeros((bars, len(TRACKS), STEPS, PITCHES), bool)
    for bar in range(bars):
        for track in range(len(TRACKS)):
            for beat in range(4):
                songs[bar, track, 12 * beat : 12 * beat + 12, rng.choice(PITCHES, 2, replace=False)] = True
    songs[::2, 1] = False
    return songs


def test_tonal_distances_are_those_that_are_measured():
    songs = random_songs(1)
    measured = musegan_metrics({name: songs[:, k] for k, name in enumerate(TRACKS)})
    found = pair_distances(torch.from_numpy(songs.astype(np.float32)))
    names = [f"td_{a}_{b}" for k, a in enumerate(TRACKS) for b in TRACKS[k + 1 :]]
    assert [float(d.mean()) for d in found] == pytest.approx([measured[n] for n in names], abs=0.01)
    assert len(found[0]) == 12 and len(found[1]) == 24  # beats in which both sound


def test_tonal_error_is_nothing_for_the_same_music_and_pulls_on_other():
    songs = torch.from_numpy(random_songs(1).astype(np.float32))
    reference = tonal_quantiles(songs)
    assert float(tonal_error(songs, reference)) == 0.0
    other = songs.clone()
    other[:, 0] = other[:, 3]  # the melody doubles the bass
    other.requires_grad_(True)
    error = tonal_error(other, reference)
    error.backward()
    assert error.item() > 0.1 and float(other.grad[:, 0].abs().sum()) > 0
    silent = torch.zeros_like(songs)
    assert float(tonal_error(silent, reference)) == 0.0


def test_encoder_starts_near_the_prior_and_reads_each_track_for_itself():
    torch.manual_seed(0)
    encoder = Encoder(Config(8, 4, 16, 16, 8), 4)
    songs = torch.from_numpy(random_songs(2, 8).astype(np.float32)).unflatten(0, (2, 4))
    drums, chords = torch.zeros(2, 4, STEPS, 9), torch.zeros(2, 4, 2, 36)
    means, logs = encoder(songs, drums, chords)
    assert [tuple(m.shape) for m in means] == [(2, 8), (2, 8), (2, 5, 4), (2, 5, 4)]
    assert float(divergence(means, logs).detach().max()) < 1.0
    changed = songs.clone()
    changed[:, :, 2] = 0.0
    moved = [(a - b).detach().abs() for a, b in zip(means, encoder(changed, drums, chords)[0], strict=True)]
    assert float(moved[2][:, 2].max()) > 0 and float(moved[2][:, [0, 1, 3, 4]].max()) == 0.0
    assert float(moved[0].max()) > 0  # the phrase's own latents hear all
    assert all(z.shape == m.shape for z, m in zip(drawn(means, logs), means, strict=True))


def test_settling_gives_the_songs_rests_and_density_to_the_net():
    torch.manual_seed(0)
    config = Config(8, 4, 16, 16, 8)
    model, encoder = Generator(config).eval(), Encoder(config, 4).eval()
    rolls = torch.from_numpy(random_songs(3, 160).astype(np.float32)).unflatten(0, (40, 4))
    chords = torch.zeros(40, 4, 2, 36)
    chords[:, ::2, :, 7] = 1.0  # the bridge rests on G
    found = settle(model, encoder, Songs(rolls, torch.zeros(40, 4, STEPS, 9), chords))
    assert found["rest_bridge"] == pytest.approx(0.5, abs=0.06)
    assert all(found[f"rest_{t}"] < 0.06 for t in ("melody", "piano", "bass"))
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(99)
        made = model(*model.latents(40), chords)[0] > 0
    assert not made[:, ::2, 1].any()
    sounding = made[:, :, 0].flatten(2).any(2)
    cells = made[:, :, 0][sounding].float().sum((1, 2)).mean().item()
    assert cells == pytest.approx(96, rel=0.25)  # two pitches on every step


def test_reconstruction_counts_nats_a_phrase():
    real = (torch.ones(2, 1, 1, 3, 4), torch.zeros(2, 1, 3, 2))
    even = tuple(torch.zeros_like(r) for r in real)
    assert float(reconstruction(even, real)) == pytest.approx((12 + 6) * np.log(2), rel=1e-5)


def test_nobody_follows_the_critic_in_its_first_steps(data):
    task = Task(resolve(PRESETS, "small", {**TINY, "critic_first": 1, "reconstruction": 0.0}), data)
    optimisers, rng = task.optimisers(), np.random.default_rng(0)
    weights = [p.detach().clone() for p in task.model.parameters()]
    critic = [p.detach().clone() for p in task.critic.parameters()]
    for step, moves in ((0, False), (1, True)):
        task.step_number = step
        task.step(rng, optimisers)
        now = task.model.parameters()
        assert any(not torch.equal(a, b) for a, b in zip(weights, now, strict=True)) == moves
        assert any(not torch.equal(a, b) for a, b in zip(critic, task.critic.parameters(), strict=True))


def test_difference_of_takes_and_of_songs_on_the_same_chords():
    songs = np.zeros((2, len(TRACKS), STEPS, PITCHES), bool)
    songs[:, 0, :12, 30] = True
    other = songs.copy()
    other[0, 0, :12, 30], other[0, 0, :12, 33] = False, True
    assert difference(songs, songs)["melody"] == 0.0
    assert difference(songs, other) == {"melody": 0.5, "bridge": 0.0, "piano": 0.0, "bass": 0.0}
    chords = np.zeros((2, 2, 36), np.float32)
    chords[:, :, 0] = 1.0
    starts = np.arange(2)
    assert songs_differ([(songs[:1], chords[:1], starts[:1])]) == {}  # one song
    alone = songs_differ([(songs, chords, starts), (other[::-1], chords, starts)], pairs=200)["melody"]
    assert alone == pytest.approx(0.5, abs=0.1)


def test_the_picture_names_a_chord_once_a_bar():
    shown = symbols(usual_chords(4, 2))
    assert [beat for beat, _ in shown if beat % 4 == 0] == [0.0, 4.0, 8.0, 12.0]
    assert all(symbol for _, symbol in shown)


def test_training_resumes(trained, data):
    result, out = trained
    assert result["steps"] == 2 and np.isfinite(result["figure"])
    again = train(data, out=out, resume=True, progress=False, steps=3, valid_every=1, **TINY)
    assert again["steps"] == 3


@pytest.fixture(scope="module")
def packed(trained, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("roll_package") / "roll.onnx"
    return export(trained[1], path, data), path


def test_package_says_what_the_net_says_and_is_measured(packed, data):
    facts, path = packed
    assert facts["parity"] < 1e-4
    model = Roll.load(path)
    one, two = (model.generate(None, 6, seed=4, density=2.0) for _ in range(2))
    assert one.notes == two.notes
    measured = evaluate(path, data / "pop909.jsonl.gz")["metrics"]
    assert measured["bars_generated"] == 4 * PHRASES
    for short in ("eb", "upc", "qn"):
        of_tracks = [v for k, v in measured.items() if k in {f"{short}_{t}" for t in (*TRACKS, "drums")}]
        assert len(of_tracks) >= 3 and measured[short] == pytest.approx(np.mean(of_tracks), abs=2e-5)
    apart = {k.removesuffix("_distance"): v for k, v in measured.items() if k.endswith("_distance")}
    assert len(apart) >= 12
    for name, distance in apart.items():
        assert distance == pytest.approx(abs(measured[name] - measured[f"{name}_train"]), abs=3e-5), name
    met = [distance < measured[f"{name}_bar"] for name, distance in apart.items()]
    assert measured["figures_met_share"] == pytest.approx(np.mean(met), abs=1e-4)
    assert measured["same_seed_same_notes"] == 1.0


def test_training_starts_from_a_package(trained, packed, data):
    task = Task(resolve(PRESETS, "small", TINY), data)
    task.begin_from(packed[1])
    kept = torch.load(trained[1] / "best.pt", weights_only=False)["model"]
    assert all(torch.equal(v, kept[k]) for k, v in task.model.state_dict().items())


def test_useless_data_is_one_sentence(tmp_path):
    with pytest.raises(AntiphonError, match="--data"):
        load(None)
    with gzip.open(tmp_path / "pop909.jsonl.gz", "wt") as file:
        file.write(json.dumps(song("a", "train") | {"chords": []}) + "\n")
    with pytest.raises(AntiphonError, match="MELODY and PIANO"):
        load(tmp_path)
