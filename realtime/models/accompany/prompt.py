"""What a prompt tells `accompany`: its melody, and its chords from markers, from other channels, or harmonised; [main]."""

from __future__ import annotations

import re
from pathlib import Path

from realtime.models.accompany.code import TICKS, Chart, MelodyNote
from realtime.models.changes import Changes, ChordSpan
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.midi_chunks import load
from realtime.music.midifile import sequence_of, texts_of
from realtime.music.sequence import Note, NoteSequence
from realtime.native.errors import AntiphonError

TEXTS = ("marker", "lyrics", "text", "cue_marker")
LOOKS_LIKE_A_CHORD = re.compile(r"^[A-G](?:[#b♯♭]|\b|m|M|maj|min|dim|aug|sus|add|[0-9°øΔ+\-/:(])")
HALF_BEAT = TICKS // 2


def read_lead_sheet(path: str | Path) -> tuple[NoteSequence, Chart | None]:
    """A MIDI file's notes, and its chords if its markers, lyrics or texts are chord symbols; None if they are not.

    Raises AntiphonError for a damaged file, or a symbol among chord symbols that nobody can read.
    """
    file = load(path)
    sequence = sequence_of(file, path)
    for kind in TEXTS:
        if (chart := chart_of_texts(texts_of(file, kind), str(path))) is not None:
            return sequence, chart
    return sequence, None


def chart_of_texts(texts: list[tuple[float, str]], place: str) -> Chart | None:
    """Chord symbols at beats; None if fewer than two thirds of the texts look like chords. Raises AntiphonError for one
    that cannot be read."""
    texts = sorted(texts)
    alike = [t for _, t in texts if LOOKS_LIKE_A_CHORD.match(t) or t in ("N", "N.C.", "NC")]
    if len(alike) < 2 or 3 * len(alike) < 2 * len(texts):
        return None
    chart = Chart()
    for beat, text in texts:
        chart.set(half_beat(beat), read_symbol(text, f"{place}, beat {beat:g}"))
    return chart


def read_symbol(symbol: str, place: str) -> Chord | None:
    """A chord symbol; None for no chord. Raises AntiphonError with the place."""
    if symbol.strip() in ("N.C.", "NC", "N"):
        return None
    try:
        return parse_chord(symbol)
    except AntiphonError as error:
        raise AntiphonError(f"{place}: {symbol!r} is no chord symbol ({error}); write it like Cm7 or F#/C.") from None


def half_beat(beat: float) -> int:
    """The tick of the nearest half beat."""
    return max(0, round(beat * 2) * HALF_BEAT)


def chart_of_spans(spans: list[ChordSpan]) -> Chart:
    """Chords with their beats as a chart."""
    chart = Chart()
    for span in spans:
        chart.set(half_beat(span.beat), span.chord)
    return chart


def melody_channel(sequence: NoteSequence) -> int:
    """The channel that carries the melody: the highest on average of those with at least a tenth of the notes."""
    pitched = [n for n in sequence.notes if n.channel != 9]
    if not pitched:
        raise AntiphonError("Prompt: it has no pitched notes to accompany; give it a melody.")
    counts: dict[int, list[Note]] = {}
    for n in pitched:
        counts.setdefault(n.channel, []).append(n)
    usable = {c: notes for c, notes in counts.items() if len(notes) * 10 >= len(pitched)}
    return max(usable, key=lambda c: (sum(n.pitch for n in usable[c]) / len(usable[c]), -c))


def melody_line(sequence: NoteSequence, channel: int) -> list[MelodyNote]:
    """The highest note of each onset of a channel, in ticks, sorted."""
    line: dict[int, MelodyNote] = {}
    for n in sequence.notes:
        if n.channel == channel:
            tick = round(n.beat * TICKS)
            if tick not in line or line[tick].pitch < n.pitch:
                line[tick] = MelodyNote(n.beat * TICKS, max(n.end, n.beat + 1 / TICKS) * TICKS, n.pitch)
    return [line[tick] for tick in sorted(line)]


def chart_of_prompt(sequence: NoteSequence, changes: Changes, style: str) -> Chart:
    """Chords of a prompt without symbols: followed from all its notes where it has an accompaniment, else harmonised."""
    channel = melody_channel(sequence)
    others = [n for n in sequence.notes if n.channel not in (channel, 9)]
    if len(others) >= 8:
        return chart_of_spans(changes.follow(sequence))
    return chart_of_spans(changes.harmonise(sequence.channel(channel), style=style))


def repeated(chart: Chart, length: int, until: int) -> Chart:
    """The chart again and again every `length` ticks, up to a tick."""
    result = Chart()
    for start in range(0, max(until, 1), max(length, 1)):
        for tick, chord in zip(chart.ticks, chart.chords, strict=True):
            if tick < length and start + tick < until:
                result.set(start + tick, chord)
    return result
