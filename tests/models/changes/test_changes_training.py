"""`changes` from a tiny corpus to a package, and what the package does with notes."""

import json
from random import Random

import numpy as np
import pytest

from export.corpora.pieces import load_pieces
from export.models.changes import crf, hmm
from export.models.changes import data as corpus
from export.models.changes.package import export
from export.models.changes.score import Score
from export.models.changes.train import train
from realtime.models.changes.code import label_of
from realtime.models.changes.hmm import ChordFilter
from realtime.models.changes.model import Changes
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import Key
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError

SYMBOLS = {"C": "C:maj", "F": "F:maj", "G7": "G:7", "Am": "A:min"}
TONES = {"C": (48, 52, 55), "F": (41, 45, 48), "G7": (43, 47, 50, 53), "Am": (45, 48, 52)}


def _piece(number: int, split: str) -> dict:
    random = Random(number)
    shift = number % 12
    chords, melody, block = [], [], []
    for bar in range(12):
        name = "C" if bar % 4 == 0 or bar == 11 else random.choice(list(SYMBOLS))
        root, quality = SYMBOLS[name].split(":")
        names = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
        chords.append([bar * 192, f"{names[(names.index(root) + shift) % 12]}:{quality}"])
        block += [[bar * 192, 190, p + shift, 80] for p in TONES[name]]
        melody += [[bar * 192 + 48 * b, 48, random.choice(TONES[name]) + 24 + shift, 90] for b in range(4)]
    fifths = (shift * 7 + 6) % 12 - 6
    tracks = [
        {"name": "melody", "prog": 0, "drum": False, "n": melody},
        {"name": "chords", "prog": 0, "drum": False, "n": block},
    ]
    return {"id": f"tiny/{number}", "split": split, "lic": "own", "tpq": 48, "ts": [[0, 4, 4]], "tracks": tracks,
            "key": [[0, fifths, "major"]], "chords": chords}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "tiny.jsonl"
    path.write_text("\n".join(json.dumps(_piece(n, "valid" if n >= 10 else "train")) for n in range(12)))
    return path


@pytest.fixture(scope="module")
def package(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    trained = train(data, out=folder, progress=False, steps=4, valid_every=4, crf_steps=60, audio_pieces=0, hidden=16)
    assert trained["steps"] == 4
    facts = export(folder, folder / "changes.onnx", data)
    assert facts["parity"] < 1e-4 and facts["metrics"]["accuracy_root"] > 0.9
    return folder / "changes.onnx"


@pytest.fixture(scope="module")
def model(package):
    return Changes.load(package)


def test_the_counted_tables_follow_chords_in_any_key(data):
    found = corpus.examples(load_pieces(data).train)
    tables = hmm.fit(found)
    assert np.allclose(tables["hmm_move"].sum(2), 1)
    e = corpus.examples(load_pieces(data).valid)[0]
    score = Score()
    score.add(e, ChordFilter(tables).follow(e.notes[0], e.notes[2], e.places, (0,))[0][0])
    figures = score.metrics()
    assert figures["accuracy_root"] > 0.9 and figures["delay_beats"] < 1.5


def test_score_counts_no_chord_and_leaves_out_what_has_no_third():
    e = corpus.Example(
        "x", "x", "valid", *[(np.zeros((8, 12)), np.zeros((8, 12)), np.full(8, -1))] * 2, np.zeros(8, int), 0,
        np.zeros(8, int), np.zeros((8, 2)),
        [(0.0, 1.0, None, True), (1.0, 2.0, parse_chord("Csus4"), True), (2.0, 4.0, parse_chord("Am7"), True)], False,
    )  # fmt: skip
    labels = np.array([108, 108, *[label_of(parse_chord("C"))] * 2, *[label_of(parse_chord("Am"))] * 4])
    score = Score()
    score.add(e, labels)
    assert score.counted.tolist() == [4, 3, 3] and score.right.tolist() == [4, 3, 1]
    assert score.delays == [0.5, 0.5]


def test_the_field_learns_by_its_exact_gradient(data):
    found = corpus.examples(load_pieces(data).train)
    tables, nats = crf.fit(found, [], "melody", steps=40, tell=lambda text: None)
    assert nats < np.log(109) / 2 and set(tables) == {f"crf_melody_{n}" for n in ("emit", "move", "change")}


def test_live_names_a_chord_as_it_is_struck(model):
    live = model.live()
    live.begin(4, 4, beat=8.0)
    for beat, names in ((8.0, "C"), (12.0, "Am"), (16.0, "G7"), (20.0, "C")):
        for pitch in TONES[names]:
            live.note_on(pitch, beat)
        guess = live.guess(beat)
        assert guess.chord is not None and guess.chord.root == parse_chord(names).root
        for pitch in TONES[names]:
            live.note_off(pitch, beat + 3.9)
    guess = live.guess(23.0)
    assert 0 < guess.chord_chance <= 1 and guess.key.tonic == 0 and 0 < guess.key_chance <= 1
    assert sum(chance for _, chance in live.alternatives(109)) == pytest.approx(1, abs=1e-4)


def test_a_lag_looks_back(model):
    live = model.live(lag_beats=1.0)
    for beat in range(8):
        for pitch in TONES["F"]:
            live.note_on(pitch, float(beat))
    assert live.guess(8.0).beat == pytest.approx(6.5) and live.guess().chord.root == 5


def test_the_net_names_keys_and_chords(model):
    found = corpus.Bars([]).places(16)
    net = model.net()
    labels, keys = net.follow(np.zeros((16, 12)), np.zeros((16, 12)), np.full(16, -1), found)
    assert labels.shape == (4, 16) and keys.shape == (16,)


def _melody(notes=16):
    return NoteSequence([Note(float(i), 1.0, 60 + (0, 4, 7, 4)[i % 4], 0.8, 0) for i in range(notes)])


def test_a_melody_gets_chords_best_other_and_drawn(model):
    best = model.harmonise(_melody(), key=Key(0, "major"))
    assert best[0].beat == 0 and best[-1].end == 16 and best[0].chord.root == 0
    assert model.harmonise(_melody(), key=Key(0, "major"), rank=3) != best
    drawn = model.harmonise(_melody(), seed=5)
    assert drawn == model.harmonise(_melody(), seed=5)


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (7, 8)])
def test_any_metre_one_note_and_two_thousand(model, metre):
    for count in (1, 2000):
        prompt = NoteSequence(_melody(count).notes, metres=[Metre(0.0, *metre)])
        made = model.generate(prompt, 4, 1)
        assert made.notes and made.end_beat <= 4 * made.metres[0].bar_beats + 1e-6


def test_own_progressions_repeat_with_the_seed(model):
    first = model.generate(None, 8, 3, tonic=7)
    assert first.notes == model.generate(None, 8, 3, tonic=7).notes
    assert first.notes[0].pitch % 12 == 7 and first.end_beat == 32


def test_bad_prompts_and_packages_say_what_is_wrong(model, package, tmp_path):
    with pytest.raises(AntiphonError, match="no pitched notes"):
        model.generate(NoteSequence([]), 4, 1)
    broken = tmp_path / "changes.onnx"
    broken.write_bytes(package.read_bytes()[:500])
    with pytest.raises(AntiphonError, match=r"changes\.onnx"):
        Changes.load(broken)
    (tmp_path / "none.jsonl").write_text('{"id": "a", "tpq": 48, "tracks": [{"n": [[0, 48, 60, 80]]}]}')
    with pytest.raises(AntiphonError, match="chord symbols"):
        train(tmp_path / "none.jsonl", out=tmp_path / "run", progress=False)
