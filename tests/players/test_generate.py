"""Writing off stage: bars asked for are bars written, in the prompt's key, without torch; bad prompts are told."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.music.melody import in_key_share
from realtime.music.midifile import read_midi, write_midi
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError
from realtime.players.answer_net import load_composer
from realtime.players.composer import on_step
from realtime.players.generate import PACKAGES, generate, generate_file

ROOT = Path(__file__).resolve().parents[2]
TUNE = [67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 74, 79, 78, 74, 71, 67]


@pytest.fixture
def prompt(tmp_path):
    notes = [Note(i * 0.5, 0.45, p) for i, p in enumerate(TUNE)]
    write_midi(NoteSequence(notes, TempoMap([(0, 96)]), [Metre(0.0, 4, 4)]), tmp_path / "prompt.mid")
    return tmp_path / "prompt.mid"


def test_an_answer_to_a_file(prompt, tmp_path):
    result = generate_file("answer", tmp_path / "out.mid", prompt=prompt, bars=4, seed=2)
    json.dumps(result)
    written = read_midi(tmp_path / "out.mid")
    assert result["prompt_notes"] == len(TUNE) and len(written.notes) == len(TUNE) + len(result["notes"])
    answer = written.notes[len(TUNE) :]
    assert answer[0].beat >= 8.0 and 20.0 < written.end_beat <= 24.0
    assert written.tempo.tempo_bpm(0) == pytest.approx(96, abs=0.01)
    assert in_key_share([n.pitch for n in answer], 7, "major") >= 0.9


def test_without_a_prompt_it_makes_its_own_call():
    result = generate(bars=6, seed=11)
    assert result["prompt_notes"] > 3 and result["notes"]
    assert max(n.end for n in result["notes"]) <= 24.0 + 1e-6


@pytest.mark.parametrize("bars", [1, 7, 32])
def test_as_many_bars_as_asked_and_no_long_copies(bars, prompt):
    composer = load_composer(PACKAGES / "answer.onnx")
    notes = generate(prompt=prompt, bars=bars, seed=1, composer=composer)["notes"]
    assert bars * 4 - 4 < max(n.end for n in notes) <= bars * 4 + 1e-6
    pairs = [(b.pitch - a.pitch, on_step(round((b.beat - a.beat) * 24))) for a, b in itertools.pairwise(notes)]
    assert all(a.end <= b.beat + 1e-6 for a, b in itertools.pairwise(notes))
    assert not any(composer.guard.knows(pairs[: i + 1]) for i in range(len(pairs)))


def test_same_seed_same_notes(prompt):
    assert generate(prompt=prompt, seed=3)["notes"] == generate(prompt=prompt, seed=3)["notes"]
    assert generate(prompt=prompt, seed=3)["notes"] != generate(prompt=prompt, seed=4)["notes"]
    assert generate(seed=3)["notes"] == generate(seed=3)["notes"] != generate(seed=5)["notes"]


def test_seven_eight(tmp_path):
    notes = [Note(i * 0.5, 0.5, p) for i, p in enumerate(TUNE[:14])]
    write_midi(NoteSequence(notes, metres=[Metre(0.0, 7, 8)]), tmp_path / "x.mid")
    result = generate(prompt=tmp_path / "x.mid", bars=4)
    assert 10.5 < max(n.end for n in result["notes"]) <= 14.0 + 1e-6


def test_two_thousand_notes_of_prompt():
    result = generate(prompt=NoteSequence([Note(i * 0.25, 0.25, 60 + i * 5 % 12) for i in range(2000)]), bars=4)
    assert result["notes"]


@pytest.mark.parametrize(
    ("notes", "word"),
    [([], "pitched"), ([Note(0, 1, 38, 0.8, 9)], "pitched"), (None, "no such file"), (b"x", "not a MIDI")],
)
def test_bad_prompts_are_told_in_one_sentence(tmp_path, notes, word):
    path = tmp_path / "prompt.mid"
    if isinstance(notes, bytes):
        path.write_bytes(notes)
    elif notes is not None:
        write_midi(NoteSequence(notes), path)
    with pytest.raises(AntiphonError, match=word):
        generate(prompt=path)


def test_wrong_wishes_are_told(prompt):
    with pytest.raises(AntiphonError, match="Player nobody"):
        generate("nobody")
    with pytest.raises(AntiphonError, match="bars"):
        generate(bars=0)
    with pytest.raises(AntiphonError, match="tempreture"):
        generate(prompt=prompt, tempreture=1)


def test_it_needs_no_workshop():
    """Neither torch nor music21 nor onnx is imported where music is played."""
    code = "import sys, realtime.players.generate as g, realtime.players.host; g.generate(bars=1)\n"
    code += "sys.exit(', '.join({'torch', 'music21', 'onnx', 'export', 'onnxruntime'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
