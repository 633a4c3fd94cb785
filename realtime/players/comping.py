"""Bass and piano by rule, for when no model may or can write: roots and fifths on the strong beats, chords that move little
on the others, in any metre; [player process] (Levine, The Jazz Piano Book 1989, on comping and shells)."""

from __future__ import annotations

from collections.abc import Sequence

from realtime.models.accompany import BASS, PIANO, TICKS, Event, Frame, Sheet
from realtime.music.chord import Chord
from realtime.music.metre import beats_of, strong_beats
from realtime.music.voicing import voicing

BASS_LOWEST, BASS_HIGHEST = 28, 50  # E1..D3
PIANO_LOWEST, PIANO_HIGHEST = 53, 74  # F3..D5: above the bass, within a hand
SOFT, FULL = 0.35, 0.7
"""Below the first it holds chords, above the second it drives."""
DRIVE = (0.0, 1.5, 3.0)
"""Where a driving bar of four is struck (3 + 3 + 2)."""
SHORT, LONG = 0.55, 0.95  # of the time to the next stroke
VELOCITY = 68


class Comper:
    """Writes frames on a sheet, as the model's writer does. last_bass, last_piano: what it struck last."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing was played."""
        self.last_bass: int | None = None
        self.last_piano: list[int] = []

    def write(self, sheet: Sheet, intensity: float, changed: bool, ceiling: int | None) -> tuple[Frame, list[Event]]:
        """The next frame of a sheet and its notes, sorted. intensity 0..1; changed: the chord begins here; ceiling: a pitch
        that the piano stays under."""
        frame = sheet.next_frame()
        _, numerator, denominator = sheet.metres[-1]
        sheet.turn(frame)
        if frame.chord is None:
            return frame, []
        beats = [round(b * TICKS) for b in beats_of(numerator, denominator)]
        strong = [round(b * TICKS) for b in strong_beats(numerator, denominator)]
        events = self._bass(frame, strong if intensity < FULL else beats, changed)
        return frame, sorted(events + self._piano(frame, beats, intensity, changed, ceiling))

    def _bass(self, frame: Frame, strokes: Sequence[int], changed: bool) -> list[Event]:
        assert frame.chord is not None
        events = []
        for place, length in _strokes(frame, strokes, changed):
            first = place == 0 or (changed and place == frame.place)
            pitch = self.bass_note(frame.chord, first)
            events.append(
                Event(frame.tick + place - frame.place, pitch, int(LONG * length), VELOCITY + 8 * first, BASS)
            )
            self.last_bass = pitch
        return events

    def bass_note(self, chord: Chord, first: bool) -> int:
        """The bass of a chord, or its fifth where the bass has sounded, nearest to where the hand is."""
        fifth = (chord.root + 7) % 12
        alternate = not first and chord.bass == chord.root and fifth in chord.classes and self.last_bass is not None
        classes = (
            fifth if alternate and self.last_bass is not None and self.last_bass % 12 == chord.bass else chord.bass
        )
        around = 38 if self.last_bass is None else 0.7 * self.last_bass + 0.3 * 38
        places = [p for p in range(BASS_LOWEST, BASS_HIGHEST + 1) if p % 12 == classes]
        return min(places, key=lambda p: abs(p - around))

    def _piano(
        self, frame: Frame, beats: Sequence[int], intensity: float, changed: bool, ceiling: int | None
    ) -> list[Event]:
        assert frame.chord is not None
        four = frame.bar == 4 * TICKS
        if intensity < SOFT:
            strokes: Sequence[int] = beats[:1]
        elif intensity > FULL and four:
            strokes = [round(b * TICKS) for b in DRIVE]
        else:
            strokes = beats if four or len(beats) == 1 else beats[1:]
        events = []
        for place, length in _strokes(frame, strokes, changed):
            self.last_piano = self.chord_notes(frame.chord, ceiling)
            share = SHORT if intensity > FULL else LONG
            loud = VELOCITY - 4 + 6 * (place in beats[:1]) + (4 if changed else 0)
            tick = frame.tick + place - frame.place
            events += [Event(tick, p, max(1, int(share * length)), loud, PIANO) for p in self.last_piano]
        return events

    def chord_notes(self, chord: Chord, ceiling: int | None) -> list[int]:
        """A voicing for one hand, near the last one and under the ceiling as far as there is room."""
        highest = PIANO_HIGHEST if ceiling is None else min(PIANO_HIGHEST, max(ceiling - 1, PIANO_LOWEST + 12))
        return voicing(chord, [p for p in self.last_piano if p <= highest], PIANO_LOWEST, highest)

    def closing(self, chord: Chord, tick: int, length: int, ceiling: int | None) -> list[Event]:
        """The last bar: the chord struck once and held, the root under it."""
        bass = self.bass_note(chord, True)
        self.last_bass, self.last_piano = bass, self.chord_notes(chord, ceiling)
        low = [Event(tick, bass, length, VELOCITY + 6, BASS)]
        return low + [Event(tick, p, length, VELOCITY, PIANO) for p in self.last_piano]


def _strokes(frame: Frame, places: Sequence[int], changed: bool) -> list[tuple[int, int]]:
    """(place in the bar, ticks to the next stroke, bar line or chord) of the strokes of a frame, and of its begin where the
    chord has changed."""
    inside = {p for p in places if frame.place <= p < frame.place + frame.length}
    if changed:
        inside.add(frame.place)
    change = frame.bar if frame.until is None else min(frame.bar, frame.place + frame.until)
    ends = [*places, frame.bar, change]
    return [(p, min(e for e in [*ends, *inside] if e > p) - p) for p in sorted(inside)]
