"""Renders pieces with FluidSynth and turns them to chroma, to train and evaluate chord following on audio; [workshop]."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from export.corpora.pieces import Piece
from export.models.changes.data import Example, example
from realtime.models.changes.chroma import chroma_frames
from realtime.models.changes.code import FRAME_BEATS
from realtime.music.midifile import write_midi
from realtime.music.sequence import Note, NoteSequence, TempoMap

SAMPLE_RATE = 22050
SOUNDFONTS = (
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/default-GM.sf2",
)
MELODY_PROGRAMS = (73, 66, 40, 0, 56)  # flute, saxophone, violin, piano, trumpet
OTHER_PROGRAMS = (0, 24, 4, 0, 16)  # piano, guitar, electric piano, organ
LONGEST_BEATS = 160


def soundfont() -> str | None:
    """A General MIDI SoundFont of this system, None if there is none or no FluidSynth."""
    if shutil.which("fluidsynth") is None:
        return None
    return next((s for s in SOUNDFONTS if Path(s).exists()), None)


def audio_chroma(piece: Piece, number: int) -> tuple[np.ndarray, np.ndarray] | None:
    """(frames, 12) chroma and (frames,) bass pitches of a piece played by FluidSynth, its instruments chosen by `number`;
    None where it cannot be rendered."""
    font = soundfont()
    if font is None:
        return None
    tempo = TempoMap([(0.0, float(np.clip(piece.tempo[0][1] if piece.tempo else 100.0, 60, 140)))])
    notes, programs = [], {}
    pitched = [t for t in piece.tracks if not t.drum]
    for channel, track in enumerate(pitched[:8]):
        choice = MELODY_PROGRAMS if channel == 0 else OTHER_PROGRAMS
        programs[channel] = choice[(number + channel) % len(choice)]
        notes += [Note(o, d, int(p), max(v, 40) / 127, channel) for o, d, p, v in track.notes if o < LONGEST_BEATS]
    if not notes:
        return None
    frames = int(np.ceil(min(piece.length_beats, LONGEST_BEATS) / FRAME_BEATS))
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "piece.mid", Path(folder) / "piece.wav"
        write_midi(NoteSequence(notes, tempo, programs=programs), midi)
        command = ["fluidsynth", "-ni", "-g", "0.6", "-r", str(SAMPLE_RATE), "-F", str(wave), font, str(midi)]
        done = subprocess.run(command, capture_output=True, timeout=300)
        if done.returncode or not wave.exists():
            return None
        samples, rate = soundfile.read(wave, dtype="float32", always_2d=True)
    times = np.array([tempo.seconds(f * FRAME_BEATS) for f in range(frames + 1)])
    return chroma_frames(samples.mean(1), rate, times)


def render_examples(pieces: Sequence[Piece], count: int, seed: int, tell: Callable[[str], None]) -> list[Example]:
    """Some pieces of each source that has accompaniment, as examples whose notes are what audio has: chroma and bass.
    Empty where nothing can be rendered."""
    rng = np.random.default_rng(seed)
    sources = sorted({p.source for p in pieces})
    found: list[Example] = []
    for source in sources:
        own = [p for p in pieces if p.source == source and p.chords and len([t for t in p.tracks if len(t.notes)]) > 1]
        for number in rng.permutation(len(own))[: count // max(1, len(sources) - 1)]:
            heard = audio_chroma(own[number], int(number))
            if heard is not None:
                e = example(own[number])
                n = min(len(heard[0]), e.frames)
                found.append(replace(e, notes=(heard[0][:n], np.zeros((n, 12), np.float32), heard[1][:n]),
                                     labels=e.labels[:n], places=e.places[:n], bar=e.bar[:n]))  # fmt: skip
    tell(f"audio: {len(found)} rendered pieces" if found else "audio: no FluidSynth here; the tones of notes serve")
    return found
