"""What an accompaniment goes by as it is written: chords, melody and metre in ticks, and how far it has come; [player
process]."""

from __future__ import annotations

from bisect import bisect_right

from realtime.models.accompany.code import TICKS, Chart, Frame, MelodyNote, Wishes, frame_at
from realtime.music.chord import Chord

MELODY_KEPT = 512
"""Notes of the melody that a live sheet remembers."""


class Sheet:
    """Tick 0 is a bar line. chart_complete: the last chord set lasts to the end."""

    def __init__(self) -> None:
        self.rule((4, 4), None, False)

    def rule(self, metre: tuple[int, int], wishes: Wishes | None, chart_complete: bool) -> None:
        """A blank sheet."""
        self.chart = Chart()
        self.notes_of_melody: list[MelodyNote] = []
        self.onsets: list[float] = []
        self.wishes = wishes or Wishes()
        self.chart_complete = chart_complete
        self.metres: list[tuple[int, int, int]] = [(0, *metre)]
        self.tick = self.bar_tick = 0

    def chord(self, chord: Chord | None, tick: int) -> None:
        """A chord from a tick on."""
        self.chart.set(max(0, tick), chord)

    def metre(self, numerator: int, denominator: int, tick: int) -> None:
        """A time signature from the first bar line at or after a tick on."""
        self.metres = sorted([m for m in self.metres if m[0] != tick] + [(tick, numerator, denominator)])

    def melody(self, note: MelodyNote) -> None:
        """A note of the melody; the order need not be that of time."""
        i = bisect_right(self.onsets, note.tick)
        self.onsets.insert(i, note.tick)
        self.notes_of_melody.insert(i, note)

    def end_melody_note(self, pitch: int, tick: float) -> None:
        """A melody note that was given without knowing its end stops sounding."""
        for i in range(len(self.notes_of_melody) - 1, max(-1, len(self.notes_of_melody) - 9), -1):
            note = self.notes_of_melody[i]
            if note.pitch == pitch and note.end > tick > note.tick:
                self.notes_of_melody[i] = note._replace(end=tick)
                return

    def bar(self) -> tuple[int, bool]:
        """Ticks of the present bar, and whether its metre is compound."""
        i = bisect_right([m[0] for m in self.metres], self.bar_tick) - 1
        _, numerator, denominator = self.metres[max(0, i)]
        return max(1, round(numerator * 4 * TICKS / denominator)), denominator >= 8 and numerator % 3 == 0

    def next_frame(self) -> Frame:
        """The frame that will be written next."""
        bar, compound = self.bar()
        known = self.chart_complete or self.chart.index(self.tick) + 1 < len(self.chart.ticks)
        return frame_at(self.chart, self.tick, self.bar_tick, bar, compound, known)

    def turn(self, frame: Frame) -> None:
        """A frame is written: on to its end."""
        bar, _ = self.bar()
        self.tick += frame.length
        if self.tick - self.bar_tick >= bar:
            self.bar_tick = self.tick

    # where a transport leads ------------------------------------------------------------------------------------------

    def bar_line(self, tick: int, numerator: int, denominator: int) -> None:
        """The bar of the transport began at a tick, in this metre: only now is it known for certain."""
        self.metres = [(tick, numerator, denominator)]
        bar, _ = self.bar()
        self.bar_tick = tick + max(0, self.tick - tick) // bar * bar

    def move(self, tick: int) -> None:
        """Writes on from a tick, further on or back; the bars stay."""
        self.tick = tick
        bar, _ = self.bar()
        self.bar_tick += (tick - self.bar_tick) // bar * bar

    def forget_melody(self) -> None:
        """Of a long melody only the last notes are kept."""
        if len(self.onsets) > 2 * MELODY_KEPT:
            del self.onsets[:-MELODY_KEPT], self.notes_of_melody[:-MELODY_KEPT]
