"""`accompany` from a tiny corpus to a package, and what the package plays."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from export.corpora.pieces import load_pieces
from export.models.accompany import data as corpus
from export.models.accompany import package as workshop
from export.models.accompany import train as training
from export.models.accompany.batches import FULL, LIVE, Windows
from export.models.accompany.evaluate import evaluate
from export.models.accompany.excerpts import excerpt_of
from export.models.accompany.model import Accompany as Net
from export.models.accompany.model import Config
from realtime.models.accompany.code import Chart
from realtime.models.accompany.model import BASS_CHANNEL, PAD_CHANNEL, PIANO_CHANNEL, Accompany
from realtime.models.accompany.writer import reach
from realtime.music.chord_symbol import parse_chord
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import load_package

SYMBOLS = {"C:maj": (0, 4, 7), "F:maj": (5, 9, 12), "G:7": (7, 11, 14), "A:min": (9, 12, 16)}


def _song(number: int, split: str) -> dict:
    random = Random(number)
    chords, melody, piano = [], [], []
    for bar in range(14):
        symbol = random.choice(list(SYMBOLS))
        tones = SYMBOLS[symbol]
        chords.append([bar * 192, symbol])
        melody += [[bar * 192 + 48 * b, 48, 72 + random.choice(tones), 100] for b in range(4)]
        piano.append([bar * 192, 180, 36 + tones[0], 70])
        piano += [[bar * 192 + 24 * k, 24, 60 + tones[k % 3], 60] for k in range(8)]
    tracks = [
        {"name": n, "prog": 0, "drum": False, "n": t} for n, t in (("MELODY", melody), ("BRIDGE", []), ("PIANO", piano))
    ]
    return {"id": f"tiny/{number}", "split": split, "lic": "own", "tpq": 48, "bpm": 90, "tracks": tracks, "chords": chords,
            "downbeats": list(range(0, 56, 4)), "key_audio": [[0, "C:maj"]]}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "pop909.jsonl"
    path.write_text("\n".join(json.dumps(_song(n, "valid" if n >= 4 else "train")) for n in range(6)))
    return path


@pytest.fixture(scope="module")
def package(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    trained = training.train(
        data, out=folder, progress=False, steps=3, valid_every=3, batch=2, length=64, width=40, layers=1, inner=48, ring=48,
        valid_windows=2, bf16=False,
    )  # fmt: skip
    assert trained["steps"] == 3
    facts = workshop.export(folder, folder / "accompany.onnx", data)
    assert facts["parity"] < 1e-4 and facts["metrics"]["nll_event_nats"] > 0 and facts["metrics"]["same_seed"] == 1
    return folder / "accompany.onnx"


@pytest.fixture(scope="module")
def model(package):
    return Accompany.load(package)


def _songs(data):
    return corpus.songs_of(load_pieces(data).pieces, None)


def _chart(*symbols):
    chart = Chart()
    for bar, symbol in enumerate(symbols):
        chart.set(bar * 48, parse_chord(symbol))
    return chart


def _melody(bars=4, metre=(4, 4)):
    beats = int(bars * metre[0] * 4 / metre[1])
    return NoteSequence([Note(float(b), 1.0, 72 + b % 5, 0.8, 3) for b in range(beats)], metres=[Metre(0.0, *metre)])


@pytest.mark.parametrize("shift", [0, 5])
def test_tokens_hold_the_song(data, shift):
    from realtime.models.accompany.code import OFFSETS, pitch_of

    song = _songs(data)[0]
    windows = Windows([song], 400)
    _, index, note, _, target = windows.row(0, 0, shift, FULL)
    found = []
    for i in np.flatnonzero(note[:, 0]):
        root = (song.frames[index[i], 2] + shift) % 12
        pitch, role = pitch_of(int(note[i, 1]) - 1, int(root))
        found.append((song.frames[index[i], 0] + OFFSETS[note[i, 0] - 1], pitch - shift, role))
    assert found == [tuple(n[1:4]) for n in song.notes]
    assert (target[:-1, 0] == np.where(note[1:, 0] > 0, note[1:, 0], 0)).all()


def test_one_token_at_a_time_is_the_same_as_all_at_once(data):
    torch.manual_seed(0)
    net = Net(Config(40, 2, 48, 24)).eval()
    for layer in net.layers:
        torch.nn.init.normal_(layer.out.weight, std=0.2)
    windows = Windows(_songs(data)[:1], 60)
    row = windows.row(0, 0, 0, LIVE)
    batch = windows.batch([row])
    with torch.no_grad():
        whole = net.offset(net(batch.frames, batch.index, batch.note, batch.turn))[0]
        step = workshop.modules(net)["step"]
        ring, mask = torch.zeros(24, 2, 2, 40), torch.full((24,), -1e9)
        for i in range(60):
            frame, note = batch.frames[0, row[1][i]][None], batch.note[0, i][None]
            logits, _, new = step(frame, note, batch.turn[0, i], mask, ring)
            assert torch.allclose(logits[0], whole[i], atol=1e-4)
            ring[i % 24], mask[i % 24] = new[0], 0.0


def test_excerpts_carry_the_original(data):
    e = excerpt_of(_songs(data)[0])
    assert e.bars >= 12 and e.prompt.notes[0].beat == 0 and {n.channel for n in e.original.notes} == {0, 1}


def test_what_is_played_is_playable_and_repeats_with_the_seed(model):
    chart = _chart("C", "Am", "F", "G7")
    made = model.accompany(_melody(), chart, 8, 4)
    assert made.notes == model.accompany(_melody(), chart, 8, 4).notes != model.accompany(_melody(), chart, 8, 5).notes
    assert {n.channel for n in made.notes} <= {PIANO_CHANNEL, BASS_CHANNEL, PAD_CHANNEL} and made.programs[
        PAD_CHANNEL
    ] == 89
    assert made.end_beat <= 32 + 1e-9 and min(n.beat for n in made.notes) >= 0
    pad = [n for n in made.notes if n.channel == PAD_CHANNEL and n.beat == 4.0]
    assert {n.pitch % 12 for n in pad} == {9, 0, 4}
    struck: dict[float, list[int]] = {}
    for n in made.notes:
        if n.channel == PIANO_CHANNEL:
            struck.setdefault(n.beat, []).append(n.pitch)
    for group in map(sorted, struck.values()):
        assert all(group[i] <= reach(group[:i]) for i in range(1, len(group)))
    basses = [n.beat for n in made.notes if n.channel == BASS_CHANNEL]
    assert len(basses) == len(set(basses))


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (7, 8), (5, 4)])
def test_other_metres_keep_their_bar_lines(model, metre):
    made = model.accompany(_melody(4, metre), _chart("C"), 3, 1)
    bar = metre[0] * 4 / metre[1]
    pads = sorted({n.beat for n in made.notes if n.channel == PAD_CHANNEL})
    assert pads == pytest.approx([0.0, bar, 2 * bar]) and made.end_beat <= 3 * bar + 1e-9


def test_roles_and_wishes(model):
    only_bass = model.accompany(_melody(), _chart("C", "F"), 4, 1, piano=0, pad=0)
    assert {n.channel for n in only_bass.notes} <= {BASS_CHANNEL}
    with pytest.raises(AntiphonError, match="no parameter colour"):
        model.accompany(_melody(), _chart("C"), 4, 1, colour=1)


def test_live_writes_ahead_what_it_was_told(model):
    live = model.accompanist()
    live.begin((4, 4), "pop", beat=16.0, seed=2)
    live.chord(parse_chord("Dm7"), 16.0)
    first = live.write_until(18.0)
    assert all(16.0 <= n.beat < 18.0 for n in first) and live.write_until(18.0) == []
    live.melody(Note(17.5, 0.0, 74))
    live.melody_off(74, 18.0)
    live.chord(parse_chord("G7"), 18.0)
    live.wish(density=6.0)
    later = live.write_until(24.0)
    assert later and min(n.beat for n in later) >= 18.0
    pad = [n.pitch % 12 for n in later if n.channel == PAD_CHANNEL and n.beat == 18.0]
    assert 11 in pad and 5 in pad


def test_figures_are_exact_and_named(package, data):
    found = evaluate(package, data)
    assert found["exact"] and found["pieces"] == 2
    wanted = ("nll_note_nats", "accuracy_teacher_forced", "chord_tones_strong", "chord_tones_strong_real", "empty_beat_share",
              "notes_per_bar_real", "overlap_area", "longest_copied_run", "in_key_share", "groove_consistency",
              "self_similarity", "unreachable_share")  # fmt: skip
    assert [name for name in wanted if name not in found["metrics"]] == []
    assert found["metrics"]["longest_copied_run"] < 12


def test_bad_input_says_what_is_wrong(model, package, data, tmp_path):
    with pytest.raises(AntiphonError, match="no pitched notes"):
        model.generate(NoteSequence([Note(0.0, 1.0, 36, 0.8, 9)]), 4, 1)
    with pytest.raises(AntiphonError, match=r"Metre 4/3"):
        model.accompanist().begin((4, 3))
    with pytest.raises(AntiphonError, match="polka"):
        model.accompanist().begin(style="polka")
    with pytest.raises(AntiphonError, match="give --data"):
        training.train(None, out=tmp_path / "a", progress=False)
    (tmp_path / "none.jsonl").write_text('{"id": "a", "tpq": 48, "tracks": [{"n": [[0, 48, 60, 80]]}]}')
    with pytest.raises(AntiphonError, match="melody, chords and a piano"):
        training.train(tmp_path / "none.jsonl", out=tmp_path / "b", progress=False)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(Path(package).read_bytes()[:-2000])
    with pytest.raises(AntiphonError, match=r"broken\.onnx"):
        load_package(broken)
