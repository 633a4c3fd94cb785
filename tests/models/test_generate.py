"""Writing off stage: a MIDI file in, a MIDI file out, in the prompt's key and bars, without torch; mistakes are told."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.models.generate import generate_file
from realtime.models.phrase.model import Phrase
from realtime.music.melody import in_key_share
from realtime.music.melody_code import on_step
from realtime.music.midifile import read_midi, write_midi
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

ROOT = Path(__file__).resolve().parents[2]
TUNE = [67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 74, 79, 78, 74, 71, 67]


@pytest.fixture
def prompt(tmp_path):
    notes = [Note(i * 0.5, 0.45, p) for i, p in enumerate(TUNE)]
    write_midi(NoteSequence(notes, TempoMap([(0, 96)]), [Metre(0.0, 4, 4)]), tmp_path / "prompt.mid")
    return tmp_path / "prompt.mid"


def test_an_answer_to_a_file(prompt, tmp_path):
    result = generate_file("phrase", tmp_path / "out.mid", prompt, bars=4, seed=2, task="answer", style="folk")
    json.dumps(result)
    written = read_midi(tmp_path / "out.mid")
    assert len(written.notes) == len(result["notes"]) > 8
    assert 12.0 < written.end_beat <= 16.0 + 1e-6
    assert written.tempo.tempo_bpm(0) == pytest.approx(96, abs=0.01)
    assert in_key_share([n.pitch for n in written.notes], 7, "major") >= 0.9


@pytest.mark.parametrize("bars", [1, 7, 32])
def test_as_many_bars_as_asked_and_no_long_copies(bars, prompt):
    model = Phrase.load()
    notes = model.generate(read_midi(prompt), bars, 1, task=1).notes
    assert bars * 4 - 4 < max(n.end for n in notes) <= bars * 4 + 1e-6
    pairs = [(b.pitch - a.pitch, on_step(round((b.beat - a.beat) * 24))) for a, b in itertools.pairwise(notes)]
    assert all(a.end <= b.beat + 1e-6 for a, b in itertools.pairwise(notes))
    assert not any(model.guard.knows(pairs[: i + 1]) for i in range(len(pairs)))


@pytest.mark.parametrize(
    ("notes", "word"), [([Note(0, 1, 38, 0.8, 9)], "drums alone"), (None, "no such file"), (b"x", "not a MIDI")]
)
def test_bad_prompts_are_told_in_one_sentence(tmp_path, notes, word):
    path = tmp_path / "prompt.mid"
    if isinstance(notes, bytes):
        path.write_bytes(notes)
    elif notes is not None:
        write_midi(NoteSequence(notes), path)
    with pytest.raises(AntiphonError, match=word):
        generate_file("phrase", tmp_path / "out.mid", path)


def test_wrong_wishes_are_told(prompt, tmp_path):
    with pytest.raises(AntiphonError, match="Model nobody: there is none"):
        generate_file("nobody", tmp_path / "out.mid")
    with pytest.raises(AntiphonError, match="Model answer: there is none that writes notes; choose accompany, "):
        generate_file("answer", tmp_path / "out.mid")
    with pytest.raises(AntiphonError, match="bars"):
        generate_file("phrase", tmp_path / "out.mid", bars=0)
    with pytest.raises(AntiphonError, match="tempreture"):
        generate_file("phrase", tmp_path / "out.mid", prompt, tempreture=1)


def test_it_needs_no_workshop(tmp_path):
    """Neither torch nor music21 nor onnx is imported where music is played."""
    code = "import sys, realtime.models.generate as g, realtime.players.host\n"
    code += f"g.generate_file('phrase', {str(tmp_path / 'x.mid')!r}, bars=1)\n"
    code += "sys.exit(', '.join({'torch', 'music21', 'onnx', 'export', 'onnxruntime'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
