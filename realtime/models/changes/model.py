"""changes: which chord and key this is, and which chords a melody could have; [player process].

Three methods on the same frames of half a beat: a hidden Markov model that follows with a fixed lag (notes, a melody
alone, or chroma of audio), a small recurrent net beside it, and a conditional random field that harmonises.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import numpy as np

import realtime.models.changes.crf as changes_crf
import realtime.models.changes.hmm as changes_hmm
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.changes.code import (
    FRAME_BEATS,
    KEYS,
    LABELS,
    NO_CHORD,
    PLACES,
    QUALITIES,
    Bars,
    chord_of,
    evidence,
)
from realtime.models.changes.crf import STYLES, ChordField, beat_units, unit_features
from realtime.models.changes.follower import Follower
from realtime.models.changes.hmm import ChordFilter
from realtime.models.changes.recurrent import LAGS, NetFollower
from realtime.music.chord import Chord
from realtime.music.keyfinding import MODES, Key, rank_keys
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.music.voicing import voicing
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package

CODE = {
    "labels": LABELS,
    "qualities": list(QUALITIES),
    "frame_beats": FRAME_BEATS,
    "lags": list(LAGS),
    "crf_features": changes_crf.FEATURES,
    "kinds": list(changes_hmm.KINDS),
}
PIANO_PROGRAM = 0
CHORD_CHANNEL = 1
AUTO = 12


class ChordSpan(NamedTuple):
    """A chord (None: no chord) from a beat to a beat."""

    beat: float
    end: float
    chord: Chord | None


class Changes(NoteModel):
    """Follows chords (`live`, `follow`), harmonises melodies (`harmonise`), and generates: chords to a prompt, or a
    progression of its own."""

    name = "changes"
    CODE = CODE
    PARAMS = (
        Param("temperature", "Temperature", "", 0.0, 2.0, 0.0,
              doc="0: the likeliest chords of the whole melody; above, drawn from the field."),
        Param("style", "Style", "", 0, len(STYLES) - 1, 1, "enum", STYLES),
        Param("tonic", "Tonic", "", 0, AUTO, AUTO, stepped=True, doc="C is 0; 12: found in the prompt."),
        Param("minor", "Minor", "", 0, 1, 0, "bool", doc="With a tonic."),
        Param("rank", "Alternative", "", 1, 16, 1, stepped=True,
              doc="At temperature 0: the n-th best harmonisation instead of the best."),
        Param("tempo_bpm", "Tempo", "bpm", 30.0, 300.0, 100.0, doc="Of generated music without a prompt."),
    )  # fmt: skip

    def __init__(self, package: Package):
        super().__init__(package)
        self.tables: dict[str, np.ndarray] = {}
        shapes = dict(changes_hmm.TABLES)
        for kind in changes_crf.KINDS:
            shapes |= {f"crf_{kind}_{name}": shape for name, shape in changes_crf.TABLES.items()}
        for name, shape in shapes.items():
            self.tables[name] = self.table(name, *shape)
        self.field = ChordField(self.tables, "melody")

    # following -------------------------------------------------------------------------------------------------------

    def filter(self, kind: str = "notes", longest_lag: int = 4) -> ChordFilter:
        """A new filter of the hidden Markov model; kind: "notes" (all notes), "melody" or "audio" (chroma)."""
        return ChordFilter(self.tables, kind, longest_lag)

    def net(self, melody: bool = False) -> NetFollower:
        """A new follower by the net; melody: only a melody is heard."""
        return NetFollower(self.package, melody)

    def live(self, kind: str = "notes", lag_beats: float = 0.0) -> Follower:
        """A new live follower: feed it notes, ask it for the chord and the key."""
        return Follower(self.filter(kind, longest_lag=max(4, round(lag_beats / FRAME_BEATS))), lag_beats)

    def follow(self, sequence: NoteSequence) -> list[ChordSpan]:
        """The chords of a whole sequence, each decided with all of it in view."""
        sounding, _, bass, places, _, _ = frames_of(sequence)
        labels, _ = self.filter().smooth(sounding, bass, places)
        return spans(labels)

    # harmonising -----------------------------------------------------------------------------------------------------

    def harmonise(
        self,
        melody: NoteSequence,
        beats: float | None = None,
        key: Key | None = None,
        style: str = "pop",
        seed: int | None = None,
        temperature: float = 1.0,
        rank: int = 1,
    ) -> list[ChordSpan]:
        """Chords for a melody, a chord per beat or longer, from beat 0 to `beats` (its end if None).

        key: found in the melody if None. seed: drawn at `temperature` if given; the likeliest, or the `rank`-th
        likeliest, if None. Raises AntiphonError for a melody without notes or of 2,000 beats or more.
        """
        pitched = [n for n in melody.notes if n.channel != 9]
        if not pitched:
            raise AntiphonError("Prompt: it has no pitched notes to harmonise; give it a melody.")
        length = melody.end_beat if beats is None else beats
        if length >= 20_000:
            raise AntiphonError(f"Prompt: {length:.0f} beats are too many to harmonise at once; cut it.")
        sounding, onsets, bass, places, bar, compound = frames_of(melody, length)
        key = key or melody_key(melody)
        mode = MODES.index(key.mode)
        units = beat_units(bar, compound)
        x = unit_features(sounding, onsets, bass, places, bar, units, key.tonic, style)
        weights = self.field.weights(x, mode)
        if seed is not None and temperature > 1e-3:
            labels = self.field.sample(weights, places[units], mode, Random(seed), temperature)
        else:
            paths, _ = self.field.best(weights, places[units], mode, max(1, rank))
            labels = paths[min(rank, len(paths)) - 1]
        labels = self.field.absolute(labels, key.tonic)
        ends = np.append(units[1:], len(places))
        return spans(np.repeat(labels, ends - units))

    def progression(self, bars: int, metre: Metre, key: Key, random: Random) -> list[ChordSpan]:
        """Chords drawn from the hidden Markov model alone, in a key, beginning and ending on its tonic chord."""
        mode, frames = MODES.index(key.mode), round(bars * metre.bar_beats / FRAME_BEATS)
        places = Bars([(0.0, metre.numerator, metre.denominator)]).places(frames)
        move, hazard = self.tables["hmm_move"][mode], self.tables["hmm_hazard"]
        allowed = np.arange(LABELS) != NO_CHORD
        label = mode * 12  # the tonic's triad: major is quality 0, minor 1
        labels = np.zeros(frames, np.int64)
        last_bar = frames - round(metre.bar_beats / FRAME_BEATS)
        for f in range(frames):
            if f == last_bar:
                label = mode * 12
            elif 0 < f < last_bar and random.random() < hazard[places[f]]:
                p = np.where(allowed, move[label], 0)
                label = int(random.choices(range(LABELS), p.tolist())[0])
            labels[f] = label
        return spans(self.field.absolute(labels, key.tonic))

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """Chords (channel 1) for the first bars of a prompt's melody, beginning with its first bar; without a prompt, a
        progression of its own. The melody itself is not in the result.

        Raises AntiphonError for a prompt without pitched notes.
        """
        v = self.settings(values, bars)
        style = STYLES[int(v["style"])]
        random = Random(seed)
        key = None
        if int(v["tonic"]) != AUTO:
            key = Key(int(v["tonic"]), MODES[int(v["minor"])])
        if prompt is None:
            metre, tempo = Metre(0.0, 4, 4), v["tempo_bpm"]
            found = self.progression(bars, metre, key or Key(0, "major"), random)
        else:
            metre, tempo = prompt.metres[0], prompt.tempo.tempo_bpm(0.0)
            beats = bars * metre.bar_beats
            drawn = seed if v["temperature"] > 1e-3 else None
            found = self.harmonise(prompt, beats, key, style, drawn, v["temperature"], int(v["rank"]))
        notes: list[Note] = []
        before: list[int] = []
        for span in found:
            if span.chord is None:
                continue
            length = min(span.end, bars * metre.bar_beats) - span.beat  # a frame may reach over the last bar
            if length < 1e-6:
                continue
            before = voicing(span.chord, before)
            bass = 36 + (span.chord.bass - 36) % 12
            for pitch in (bass, *before):
                notes.append(Note(span.beat, length, pitch, 0.55, CHORD_CHANNEL))
        return NoteSequence(
            notes,
            TempoMap([(0.0, tempo)]),
            [metre._replace(beat=0.0)],
            f"changes {seed}",
            {CHORD_CHANNEL: PIANO_PROGRAM},
        )


def frames_of(sequence: NoteSequence, beats: float | None = None):
    """sounding, onsets, bass (see code.evidence), places (F,), bar (F, 2), whether the metre is compound."""
    rows = np.array([(n.beat, n.duration, n.pitch) for n in sequence.notes if n.channel != 9], float).reshape(-1, 3)
    length = sequence.end_beat if beats is None else beats
    frames = max(1, int(np.ceil(length / FRAME_BEATS - 1e-6)))
    bars = Bars([(m.beat, m.numerator, m.denominator) for m in sequence.metres])
    found = [bars.place(f * FRAME_BEATS) for f in range(frames)]
    metre = sequence.metres[0]
    compound = metre.denominator >= 8 and metre.numerator % 3 == 0
    places = np.array([p[2] for p in found], np.int64)
    return *evidence(rows, frames), places, np.array([p[:2] for p in found], np.float32), compound


def melody_key(melody: NoteSequence) -> Key:
    """The key of a melody by its durations (Temperley's profile); the last note, where it closes, counts a little
    more."""
    weights = np.zeros(12)
    pitched = [n for n in melody.notes if n.channel != 9]
    for n in pitched:
        weights[n.pitch % 12] += min(n.duration, 4.0)
    weights[pitched[-1].pitch % 12] += 0.05 * weights.sum()
    return rank_keys(weights)[0]


def spans(labels: np.ndarray, first_beat: float = 0.0) -> list[ChordSpan]:
    """Labels of frames as chords in time, equal neighbours joined."""
    edges = (np.flatnonzero(np.diff(labels)) + 1).tolist()
    starts, ends = [0, *edges], [*edges, len(labels)]
    return [
        ChordSpan(first_beat + a * FRAME_BEATS, first_beat + b * FRAME_BEATS, chord_of(int(labels[a])))
        for a, b in zip(starts, ends, strict=True)
    ]


assert KEYS == 24 and PLACES == 4
