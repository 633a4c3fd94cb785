"""accompany: piano, bass and pad under a melody and its chords, written a beat ahead; [player process].

Bass and piano are learned; the pad is derived by rule from the chords. Live: `accompanist()` gives a streaming player.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np

from realtime.contract.param import Param
from realtime.models.accompany.code import (
    BASS,
    DURATIONS,
    FEATURES,
    OFFSETS,
    PITCH_CLASSES,
    STYLES,
    TICKS,
    VELOCITIES,
    Chart,
    Event,
    Frame,
    MelodyNote,
    Wishes,
)
from realtime.models.accompany.prompt import (
    chart_of_prompt,
    chart_of_spans,
    melody_channel,
    melody_line,
    read_lead_sheet,
    repeated,
)
from realtime.models.accompany.rotary import TURN_PAIRS
from realtime.models.accompany.writer import Writer
from realtime.models.base import NoteModel
from realtime.models.changes import Changes
from realtime.music.chord import Chord
from realtime.music.keyfinding import MODES, Key
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.music.voicing import voicing
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package

CODE = {
    "ticks": TICKS,
    "offsets": list(OFFSETS),
    "durations": list(DURATIONS),
    "velocities": list(VELOCITIES),
    "pitch_classes": PITCH_CLASSES,
    "features": FEATURES,
    "turn_pairs": TURN_PAIRS,
}
PIANO_CHANNEL, BASS_CHANNEL, PAD_CHANNEL = 0, 1, 2
PROGRAMS = {PIANO_CHANNEL: 0, BASS_CHANNEL: 33, PAD_CHANNEL: 89}  # grand piano, fingered bass, warm pad
PAD_LONGEST_BEATS = 8.0
MOST_NOTES = 20_000


class Accompany(NoteModel):
    """Writes an accompaniment: of a prompt (`generate`, `accompany`), or live (`accompanist`)."""

    name = "accompany"
    CODE = CODE
    PARAMS = (
        Param("temperature", "Temperature", "", 0.0, 1.5, 0.9),
        Param("top_p", "Nucleus", "", 0.1, 1.0, 0.95),
        Param("style", "Style", "", 0, len(STYLES) - 1, 0, "enum", STYLES),
        Param("density", "Density", "notes/beat", 0.0, 10.0, 0.0, doc="Of bass and piano together; 0: its own choice."),
        Param("register", "Register", "MIDI pitch", 0.0, 84.0, 0.0, doc="Mean pitch of the piano; 0: its own choice."),
        Param("loudness", "Loudness", "", 0.0, 1.0, 0.0, doc="Mean velocity; 0: its own choice."),
        Param("inside", "Inside the chord", "nats", 0.0, 8.0, 0.0,
              doc="How hard it is for a foreign note to stand on a beat; 0: only what the model learned."),
        Param("piano", "Piano", "", 0, 1, 1, "bool"),
        Param("bass", "Bass", "", 0, 1, 1, "bool"),
        Param("pad", "Pad", "", 0.0, 1.0, 0.5, doc="Its loudness beside the piano's; 0: none."),
        Param("tonic", "Tonic", "", 0, 11, 0, stepped=True, doc="Of its own chords, where there is no prompt; C is 0."),
        Param("minor", "Minor", "", 0, 1, 0, "bool", doc="Where there is no prompt."),
        Param("tempo_bpm", "Tempo", "bpm", 30.0, 300.0, 90.0, doc="Of generated music without a prompt."),
    )  # fmt: skip

    def __init__(self, package: Package):
        super().__init__(package)
        self.guard = np.ascontiguousarray(package.table("guard"), np.uint8)
        self._changes: Changes | None = None

    @property
    def changes(self) -> Changes:
        """The model that finds chords where none are given, loaded when first needed. Raises AntiphonError."""
        if self._changes is None:
            self._changes = Changes.load()
        return self._changes

    def accompanist(self) -> Accompanist:
        """A new live player."""
        return Accompanist(self)

    def writer(self) -> Writer:
        """A new writer of frames: what `accompanist` and `accompany` are made of."""
        return Writer(self.package, self.guard)

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """Accompaniment for the first bars of a prompt (its melody, and chords followed or harmonised; after its end
        they begin again), or over chords of its own. Channel 0 piano, 1 bass, 2 pad; the melody is not in it.

        Raises AntiphonError for a prompt without pitched notes.
        """
        v = self.settings(values, bars)
        if prompt is None:
            metre = Metre(0.0, 4, 4)
            key = Key(int(v["tonic"]), MODES[int(v["minor"])])
            blank = NoteSequence([], TempoMap([(0.0, v["tempo_bpm"])]), [metre])
            return self.accompany(blank, chart_of_spans(own_chords(self, bars, metre, key, seed)), bars, seed, **values)
        return self.accompany(prompt, None, bars, seed, **values)

    def generate_from(self, path: str | Path | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """`generate` with a MIDI file as prompt; chord symbols in its markers, texts or lyrics are obeyed."""
        if path is None:
            return self.generate(None, bars, seed, **values)
        sequence, chart = read_lead_sheet(path)
        return self.accompany(sequence, chart, bars, seed, **values)

    def accompany(
        self, prompt: NoteSequence, chart: Chart | None, bars: int, seed: int, **values: float
    ) -> NoteSequence:
        """Accompaniment for a melody with known chords (None: found in the prompt); see `generate`."""
        v = self.settings(values, bars)
        if len(prompt.notes) > MOST_NOTES:
            raise AntiphonError(f"Prompt: {len(prompt.notes)} notes are more than {MOST_NOTES}; cut it.")
        metres = [m for m in prompt.metres if m.beat >= 0] or [Metre(0.0, 4, 4)]
        style = STYLES[int(v["style"])]
        own_length = _whole_bars(prompt.end_beat, metres)
        melody = []
        if prompt.notes:
            melody = melody_line(prompt, melody_channel(prompt))
        if chart is None:
            chart = chart_of_prompt(prompt, self.changes, "pop" if style == "pop" else "folk")
        end = _bar_line(bars, metres)
        if own_length * TICKS < end and prompt.notes:
            chart = repeated(chart, round(own_length * TICKS), end)
        writer = self.writer()
        writer.begin(
            metres[0][1:],
            Wishes(style, v["density"] or None, v["register"] or None, v["loudness"] or None),
            seed, v["temperature"], v["top_p"], v["inside"], ahead=True, chart_complete=True,
        )  # fmt: skip
        for later in metres[1:]:
            writer.metre(later.numerator, later.denominator, round(later.beat * TICKS))
        for tick, chord in zip(chart.ticks, chart.chords, strict=True):
            writer.chord(chord, tick)
        for note in melody:
            writer.melody(note)
        player = _Player(v["piano"] > 0, v["bass"] > 0, v["pad"])
        notes: list[Note] = []
        while writer.tick < end:
            notes += player.notes(*writer.write_frame())
        limit = end / TICKS
        notes = [n._replace(duration=min(n.duration, limit - n.beat)) for n in notes if n.beat < limit]
        tempo = prompt.tempo.tempo_bpm(0.0)
        used = {n.channel for n in notes}
        programs = {c: p for c, p in PROGRAMS.items() if c in used}
        return NoteSequence(notes, TempoMap([(0.0, tempo)]), metres, f"accompany {seed}", programs)


class Accompanist:
    """The live player: tell it chords and the melody as they come, and ask for the notes up to a beat, a beat ahead.

    All beats are those of the transport; `begin` says which one is a bar line. What is written cannot be changed.
    """

    def __init__(self, model: Accompany):
        self.model, self.writer = model, model.writer()
        self.begin()

    def begin(
        self,
        metre: tuple[int, int] = (4, 4),
        style: str = "pop",
        beat: float = 0.0,
        seed: int = 1,
        chart_complete: bool = False,
        **values: float,
    ) -> None:
        """A new accompaniment from a bar line at `beat` on. values: parameters by id (temperature, density, pad ...).
        chart_complete: the chords given before the first `write_until` are the whole chart.

        Raises AntiphonError for an unknown style, metre or parameter.
        """
        if style not in STYLES:
            raise AntiphonError(f"Style {style!r}: there is none; the styles are {', '.join(STYLES)}.")
        if not (1 <= metre[0] <= 32 and metre[1] in (1, 2, 4, 8, 16, 32)):
            raise AntiphonError(f"Metre {metre[0]}/{metre[1]}: there is none such; use one like 4/4, 6/8 or 7/8.")
        v = self.model.settings(values)
        self.origin = beat
        wishes = Wishes(style, v["density"] or None, v["register"] or None, v["loudness"] or None)
        self.writer.begin(metre, wishes, seed, v["temperature"], v["top_p"], v["inside"], False, chart_complete)
        self.player = _Player(v["piano"] > 0, v["bass"] > 0, v["pad"])

    def chord(self, chord: Chord | None, beat: float) -> None:
        """From `beat` on this chord holds; one in the past holds from the next frame written on."""
        tick = round((beat - self.origin) * 2) * TICKS // 2
        self.writer.chord(chord, max(tick, self.writer.tick))

    def melody(self, note: Note) -> None:
        """A note of the melody; a duration of 0 means that it still sounds (see `melody_off`)."""
        tick = (note.beat - self.origin) * TICKS
        self.writer.melody(MelodyNote(tick, tick + (note.duration * TICKS or 4 * TICKS), note.pitch))

    def melody_off(self, pitch: int, beat: float) -> None:
        """A melody note ends."""
        self.writer.end_melody_note(pitch, (beat - self.origin) * TICKS)

    def wish(self, **values: float) -> None:
        """Density, register or loudness from the next frame on; 0: the model's own choice."""
        for name, value in values.items():
            if name not in ("density", "register", "loudness"):
                raise AntiphonError(f"Wish {name}: there is none; wish for density, register or loudness.")
            setattr(self.writer.wishes, name, value or None)

    def write_until(self, beat: float) -> list[Note]:
        """All notes that begin before `beat` and were not written yet, beats of the transport; channels 0 piano, 1 bass,
        2 pad. Writes whole frames (a beat at most), so some may begin after it."""
        notes: list[Note] = []
        while self.writer.tick < (beat - self.origin) * TICKS - 1e-6:
            written = self.player.notes(*self.writer.write_frame())
            notes += [n._replace(beat=n.beat + self.origin) for n in written]
        return notes


class _Player:
    """Events of frames as notes on channels, with the pad's chords."""

    def __init__(self, piano: bool, bass: bool, pad: float):
        self.piano, self.bass, self.pad = piano, bass, pad
        self.before: list[int] = []
        self.held: Chord | None = None
        self.held_until = -1.0
        self.velocity = 0.55

    def notes(self, frame: Frame, events: list[Event]) -> list[Note]:
        """One frame's notes, beats from the start."""
        beat = frame.tick / TICKS
        result = []
        for e in events:
            self.velocity += 0.1 * (e.velocity / 127 - self.velocity)
            if self.bass if e.role == BASS else self.piano:
                channel = BASS_CHANNEL if e.role == BASS else PIANO_CHANNEL
                result.append(Note(e.tick / TICKS, e.duration / TICKS, e.pitch, e.velocity / 127, channel))
        if self.pad > 0:
            result += self._pad(frame, beat)
        return result

    def _pad(self, frame: Frame, beat: float) -> list[Note]:
        """Struck where the chord changes, and again where the last one ends; silent without a chord."""
        if frame.chord is None:
            self.held = None
            return []
        if frame.chord == self.held and beat < self.held_until - 1e-6:
            return []
        to_bar_line = (frame.bar - frame.place) / TICKS
        length = to_bar_line if frame.until is None else frame.until / TICKS
        if length > PAD_LONGEST_BEATS:
            length = to_bar_line
        self.before = voicing(frame.chord, self.before)
        self.held, self.held_until = frame.chord, beat + length
        loud = min(1.0, max(0.05, self.velocity * self.pad * 1.2))
        return [Note(beat, length, p, loud, PAD_CHANNEL) for p in self.before]


def own_chords(model: Accompany, bars: int, metre: Metre, key: Key, seed: int):
    """A progression by `changes`: eight bars at most, then the same again, as songs do."""
    random = Random(seed)
    phrase = min(bars, 8)
    spans = model.changes.progression(phrase, metre, key, random)
    length = phrase * metre.bar_beats
    again = range(-(-bars // phrase))
    return [s._replace(beat=s.beat + k * length, end=s.end + k * length) for k in again for s in spans]


def _bar_line(bars: int, metres: list[Metre]) -> int:
    """Ticks of the bar line after so many bars."""
    beat = 0.0
    for _ in range(bars):
        metre = [m for m in metres if m.beat <= beat + 1e-6][-1] if metres[0].beat <= 1e-6 else metres[0]
        beat += metre.bar_beats
    return round(beat * TICKS)


def _whole_bars(beats: float, metres: list[Metre]) -> float:
    """Beats of the bars that `beats` beats touch."""
    total, bars = 0.0, 0
    while total < beats - 1e-6 and bars < 100_000:
        bars += 1
        metre = [m for m in metres if m.beat <= total + 1e-6] or metres[:1]
        total += metre[-1].bar_beats
    return total
