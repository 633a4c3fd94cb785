"""Two bars of melody, bass and drums, and the notes of any number of them; [any]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import realtime.models.groove.code as groove_code
import realtime.models.morph.code as code
from realtime.music.metre import accent
from realtime.music.sequence import Metre, Note, NoteSequence

BAR_BEATS, PAIR_BEATS = 4.0, 8.0
ENSEMBLES = ("melody", "melody and bass", "trio")
LOWEST_MEAN = 56.0  # pitch of a melody that is read as it stands
LOUDNESS = (0.85, 0.8, 0.55, 0.6, 0.75, 0.75, 0.75, 0.8, 0.6)  # of the nine drums: the net knows hits alone


@dataclass
class Bars:
    """Two bars: melody and bass tokens (32,) uint8, hits (32, 9) bool; None where a track is absent."""

    melody: np.ndarray | None = None
    bass: np.ndarray | None = None
    hits: np.ndarray | None = None

    def sounding(self) -> Bars:
        """Without the tracks that are silent."""
        melody, bass = (x if x is not None and (x >= code.FIRST_NOTE).any() else None for x in (self.melody, self.bass))
        return Bars(melody, bass, self.hits if self.hits is not None and self.hits.any() else None)


def changed(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the steps at which two tracks differ."""
    return float((one != other).reshape(code.STEPS, -1).any(axis=1).mean())


def mean_pitch(melody: np.ndarray | None) -> float:
    """By duration; of silence, or no melody, the lowest that the net reads."""
    value = float(code.attributes(melody)[code.ATTRIBUTES.index("mean_pitch")]) if melody is not None else 0.0
    return value or LOWEST_MEAN


def octaves_below(pitch: float) -> int:
    """Semitones, whole octaves, that lift a melody of that mean pitch to where the net reads it: the corpora have few
    lower ones, and those it mistakes for high ones."""
    return 12 * max(0, int(np.ceil((LOWEST_MEAN - pitch) / 12)))


def sequence_of(pairs: list[Bars], bars: int, ensemble: int = 2, prompt: NoteSequence | None = None) -> NoteSequence:
    """Pairs of bars one after the other as notes; ensemble: index into ENSEMBLES."""
    notes: list[Note] = []
    end = bars * BAR_BEATS
    for channel, name in ((0, "melody"), (1, "bass")):
        if channel <= ensemble:
            tokens = np.concatenate([getattr(b, name) for b in pairs])[: bars * 16]
            for n in code.notes_of(tokens, channel=channel):
                louder = (0.0, 0.0, 0.03, 0.08)[accent(n.beat, 4, 1)]
                notes.append(n._replace(velocity=0.68 + louder, duration=min(n.duration, end - n.beat)))
    if ensemble == len(ENSEMBLES) - 1:
        for k, pair in enumerate(pairs):
            hits = pair.hits
            loud = np.array(LOUDNESS) * hits if hits is not None else np.zeros((code.STEPS, len(LOUDNESS)))
            loud = loud * np.where(np.arange(code.STEPS) % 4 == 0, 1.0, 0.85)[:, None]
            groove = groove_code.Groove(hits if hits is not None else loud > 0, loud, np.zeros(loud.shape))
            notes += groove.notes(k * PAIR_BEATS)
    tempo = prompt.tempo if prompt is not None else NoteSequence().tempo
    programs = dict(enumerate(code.PROGRAMS)) if ensemble else {0: code.PROGRAMS[0]}
    return NoteSequence([n for n in notes if n.beat < end], tempo, [Metre(0.0, 4, 4)], "morph", programs=programs)
