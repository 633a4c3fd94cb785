"""A chart as it leads: which chord and section holds where the song stands, and what comes, told ahead; [player process].

The chart goes round from the song's first bar on. One without metres has a bar for each of the transport's, whatever its
length; one with metres counts its own beats. What comes is told AHEAD_BARS bars before, over the seam of a loop too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from realtime.music.chart import Chart, Section
from realtime.music.chord import Chord
from realtime.players.plan import Moment

AHEAD_BARS = 2
AHEAD_BEATS = 8.0
"""At least so far ahead it tells, in short bars too."""
MOST_AT_ONCE = 128
_SAME = 1e-6


class Said(NamedTuple):
    """From a beat of the running count on: a chord, or a section or a metre (then these are given)."""

    beat: float
    chord: Chord | None = None
    section: Section | None = None
    metre: tuple[int, int] | None = None


class Course:
    """`due` is asked at every tick, and gives what is to be told since the last one."""

    def __init__(self, chart: Chart):
        self.chart = chart
        self._sections = {section.bar: section for section in chart.sections}
        self._told_to: float | None = None
        self._seen: tuple | None = None
        self._shift = 0.0

    def clear(self) -> None:
        """All that was told is void."""
        self._seen = None

    def due(self, now: Moment) -> list[Said]:
        """What is to be told, in order of beats."""
        key = (now.jumps, now.playing, now.loop, now.numerator, now.denominator)
        shift = now.beat - now.song_beat
        wrapped = now.loop is not None and abs(shift - self._shift - (now.loop[1] - now.loop[0])) < 0.05
        fresh = key != self._seen or (now.playing and abs(shift - self._shift) > 0.05 and not wrapped)
        self._seen, self._shift = key, shift
        found: list[Said] = []
        if fresh or self._told_to is None:
            chord, section = self._at(now)
            found = [Said(now.beat, metre=self._metre(now, self._bar_at(now, now.song_beat)[0]))] * self.chart.metred
            found += [Said(now.beat, chord)]
            found += [Said(now.beat, section=section)] if section is not None else []
            self._told_to = now.beat
        if not now.playing:
            return found
        horizon = now.beat + max(AHEAD_BARS * now.bar_beats, AHEAD_BEATS) + now.bar_beats
        for said in self._ahead(now, self._told_to, horizon):
            found.append(said)
            if len(found) >= MOST_AT_ONCE:
                horizon = said.beat + 2 * _SAME
                break
        self._told_to = max(self._told_to, horizon)
        return found

    def next(self, now: Moment) -> Said | None:
        """The next chord to come."""
        chord = self._at(now)[0]
        horizon = now.beat + max(4 * now.bar_beats, AHEAD_BEATS)
        said = self._ahead(now, now.beat, horizon)
        return next((s for s in said if s.section is None and s.metre is None and s.chord != chord), None)

    # -- where it is ---------------------------------------------------------------------------------------------------

    def _bar_at(self, now: Moment, song_beat: float) -> tuple[int, float, float]:
        """(bar of the chart, song beat at which it begins, its length) at a beat of the song."""
        count = len(self.chart.bars)
        if not self.chart.metred:
            start = now.song_beat - (now.beat - now.bar_start_beat)
            bars = int((song_beat - start + _SAME) // now.bar_beats)
            return (now.bar + bars) % count, start + bars * now.bar_beats, now.bar_beats
        lengths = [n * 4.0 / d for n, d in self.chart.metres(now.numerator, now.denominator)]
        turn, inside = divmod(max(0.0, song_beat) + _SAME, sum(lengths))
        begin = turn * sum(lengths)
        ends = list(accumulate(lengths))
        number = min(bisect_right(ends, inside), count - 1)
        return number, begin + ends[number] - lengths[number], lengths[number]

    def _metre(self, now: Moment, bar: int) -> tuple[int, int]:
        return self.chart.metres(now.numerator, now.denominator)[bar]

    def _places(self, now: Moment, bar: int) -> list[tuple[float, Chord | None]]:
        return self.chart.bars[bar].places(*self.chart.metres(now.numerator, now.denominator)[bar])

    def _at(self, now: Moment) -> tuple[Chord | None, Section | None]:
        """What holds where the song stands: looked for backwards, through the chart's end where it must be."""
        bar, start, _ = self._bar_at(now, now.song_beat)
        section = None
        for back in range(len(self.chart.bars)):
            section = self._sections.get((bar - back) % len(self.chart.bars)) if section is None else section
        inside = now.song_beat - start + _SAME
        for back in range(len(self.chart.bars)):
            places = [c for at, c in self._places(now, (bar - back) % len(self.chart.bars)) if back or at <= inside]
            if places:
                return places[-1], section
        return None, section

    def _ahead(self, now: Moment, first: float, last: float) -> Iterator[Said]:
        """What begins from one beat of the running count up to another, that not among it."""
        beat, song = now.beat, now.song_beat
        before, metre = self._at(now)[0], (now.numerator, now.denominator)
        while beat < last - _SAME:
            bar, start, length = self._bar_at(now, song)
            end = start + length
            if now.loop is not None and song < now.loop[1] - _SAME:
                end = min(end, now.loop[1])
            shift = beat - song
            led = self._metre(now, bar) if self.chart.metred else metre
            if led != metre and first - _SAME <= start + shift < last - _SAME and start >= song - _SAME:
                yield Said(start + shift, metre=led)
            metre = led
            rows: list[tuple[float, Chord | None, Section | None]] = []
            if bar in self._sections:
                rows.append((start, None, self._sections[bar]))
            rows += [(start + at, chord, None) for at, chord in self._places(now, bar)]
            if song > start + _SAME and beat > now.beat:  # over the seam of a loop: what holds there begins there
                held = [row for row in rows if row[2] is None and row[0] <= song + _SAME]
                rows = [(song, held[-1][1], None)] * bool(held) + [row for row in rows if row[0] > song + _SAME]
            for at, chord, section in rows:
                if not (song - _SAME <= at < end - _SAME) or (at <= now.song_beat + _SAME and beat == now.beat):
                    continue
                new = section is not None or chord != before
                before = before if section is not None else chord
                if new and first - _SAME <= at + shift < last - _SAME:
                    yield Said(at + shift, chord, section)
            beat += end - song
            song = now.loop[0] if now.loop is not None and abs(end - now.loop[1]) < _SAME else end
