"""How well a score was played, and where it was not: pitch, timing, evenness, dynamics, and each fault at its bar and beat;
[player process].

Times are told against the clock where it was played with one, else against the middle of a run. Skilled pianists' strokes
scatter by 10 to 20 ms (Repp, JASA 1999); a change of tempo is heard from about 2.5 %
on, in fast notes from 6 ms (Friberg & Sundberg, JASA 1995).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean, median, pstdev

import numpy as np

from realtime.music.sequence import Note, NoteSequence
from realtime.players.lesson.align import Aligner
from realtime.players.lesson.match import BACK, SKIPPED, STOPPED, Matched, match

LATE_MS = 35.0
"""A note farther off is told as a fault."""
IN_TIME_MS, OUT_OF_TIME_MS = 25.0, 150.0
"""Full marks within, none beyond."""
DRIFT_MS = 5.0
"""Of a bar: rushing or dragging."""
EVEN, UNEVEN, RAGGED = 0.06, 0.14, 0.45
"""Spread of the times between equal notes, as a share: even; a fault of its bar; no marks at all."""
STEADY, WILD = 0.08, 0.3
"""Spread of the velocities against those that are written: full marks, and none."""
RUN_OF = 3
"""Equal notes after each other, from which on they can be uneven."""
STUMBLE = 3.0
"""Points that a repeat, a skip or a stop costs."""
OCTAVE_MARK = 0.5
WEIGHTS = {"pitch": 0.5, "timing": 0.25, "evenness": 0.15, "dynamics": 0.1}
MOST_NOTES = 6_000
HANDS = ("right", "left")


@dataclass(frozen=True)
class Fault:
    """kind: wrong, octave, missing, extra, late, early, uneven, repeat, skip or pause. bar, beat: of the score, from 1, beats in
    quarter notes; at: its beat from the beginning; played, wanted: keys, -1 where there is none; ms: behind its place."""

    kind: str
    at: float
    bar: int
    beat: float
    hand: str
    played: int = -1
    wanted: int = -1
    ms: float = 0.0


@dataclass(frozen=True)
class Marks:
    """score and its parts: 0..100. mean_ms: late on average (below 0: early), spread_ms: around that, drift_ms: later with each
    bar (dragging; below 0: rushing). by_bar: the marks of each bar, 0..100. hands: of each, its
    notes, right ones and lateness."""

    score: float
    parts: dict[str, float]
    mean_ms: float
    spread_ms: float
    drift_ms: float
    notes: int
    right: int
    ornaments: int
    faults: tuple[Fault, ...]
    by_bar: tuple[float, ...]
    hands: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def trend(self) -> str:
        """rushing, dragging, early, late or in time."""
        if abs(self.drift_ms) >= DRIFT_MS and self.notes >= 8:
            return "dragging" if self.drift_ms > 0 else "rushing"
        if abs(self.mean_ms) >= IN_TIME_MS:
            return "late" if self.mean_ms > 0 else "early"
        return "in time"

    def worst(self, bars: int) -> tuple[int, int]:
        """First bar, from 0, and the one behind, of the stretch of so many bars that was played worst."""
        count = max(1, min(bars, len(self.by_bar)))
        sums = [sum(self.by_bar[at : at + count]) for at in range(len(self.by_bar) - count + 1)]
        first = sums.index(min(sums))
        return first, first + count


class Judge:
    """Hears a take of a score note by note and can say at any time what it is worth so far. clock: the take is on the score's
    clock, but for a whole number of bars."""

    def __init__(self, score: NoteSequence, clock: bool = True):
        self.score, self._clock = score, clock
        self.notes = list(score.notes)
        self.played: list[Note] = []
        self._aligner = Aligner(self.notes, clock)
        self._bar_beats = score.metres[0].bar_beats

    def hear(self, note: Note) -> None:
        """A note of the take, not before those heard; one with more notes than any hand plays is heard no further."""
        if len(self.played) < MOST_NOTES:
            self.played.append(note)
            self._aligner.hear(note.beat, note.pitch)

    @property
    def now(self) -> float:
        """The score's beat at which the player is."""
        return float(self._aligner.beats[self._aligner.now]) if self.played else 0.0

    def marks(self, until: float | None = None, beat_s: float | None = None) -> Marks:
        """What it is worth; until: only of the score up to a beat, as far as it has been reached. beat_s: seconds a quarter note,
        if not the score's."""
        beat_s = 60.0 / self.score.tempo.tempo_bpm(0.0) if beat_s is None else beat_s
        found = match(self.notes, self.played, self._aligner, self._bar_beats, self._clock, beat_s)
        return _Marking(self.score, self.notes, self.played, found, beat_s, until).marks()


class _Marking:
    def __init__(
        self,
        score: NoteSequence,
        notes: list[Note],
        played: list[Note],
        found: Matched,
        beat_s: float,
        until: float | None,
    ):
        self.score, self.notes, self.played, self.found, self.beat_s = score, notes, played, found, beat_s
        self.end = score.end_beat if until is None else until
        self.within = [n for n, note in enumerate(notes) if note.beat < self.end - 1e-6]
        self.off_ms = self._off()
        self.faults: list[Fault] = []

    def _off(self) -> dict[int, float]:
        """Milliseconds behind its place of each right note of the score."""
        within = set(self.within)
        return {
            pair.note: pair.off_beats * self.beat_s * 1000.0
            for pair in self.found.pairs
            if pair.kind != "wrong" and pair.note in within
        }

    def marks(self) -> Marks:
        self._note_faults()
        self._time_faults()
        uneven = self._unevenness()
        self._stumbles()
        count = len(self.within)
        kinds = [pair.kind for pair in self.found.pairs if pair.note in set(self.within)]
        right = kinds.count("right")
        extra = sum(fault.kind == "extra" for fault in self.faults)
        pitch = 100.0 * (right + OCTAVE_MARK * kinds.count("octave")) / max(1, count + extra)
        off = list(self.off_ms.values())
        timing = 100.0 * fmean(_mark(abs(ms), IN_TIME_MS, OUT_OF_TIME_MS) for ms in off) if off else 0.0
        evenness = 100.0 * fmean(_mark(u, EVEN, RAGGED) for u in uneven) if uneven else (100.0 if off else 0.0)
        parts = {"pitch": pitch, "timing": timing, "evenness": evenness, "dynamics": self._dynamics()}
        stumbles = sum(fault.kind in (BACK, SKIPPED, STOPPED) for fault in self.faults)
        # what was not played cannot be in time: the other marks count for what was
        share = pitch / 100.0
        total = sum(WEIGHTS[name] * mark * (1.0 if name == "pitch" else share) for name, mark in parts.items())
        self.faults.sort(key=lambda fault: (fault.at, fault.kind))
        return Marks(
            round(max(0.0, total - STUMBLE * stumbles), 1), {name: round(mark, 1) for name, mark in parts.items()},
            _ms(fmean(off)) if off else 0.0, _ms(pstdev(off)) if off else 0.0, _ms(self._drift()), count,
            right, len(self.found.ornaments), tuple(self.faults), self._by_bar(), hands=self._hands(),
        )  # fmt: skip

    # -- faults --------------------------------------------------------------------------------------------------------

    def _fault(self, kind: str, at: float, hand: int, **more: float) -> None:
        if at >= self.end - 1e-6 and kind != "extra":
            return
        at = min(max(0.0, at), self.end)
        bar = self.score.bar_number(at + 1e-3)
        beat = at - self.score.bar_start(at + 1e-3) + 1.0
        known = {name: int(value) if name in ("played", "wanted") else value for name, value in more.items()}
        name = HANDS[hand] if 0 <= hand < 2 else ""
        self.faults.append(Fault(kind, round(at, 4), bar + 1, round(beat, 3), name, **known))  # type: ignore[arg-type]

    def _note_faults(self) -> None:
        for pair in self.found.pairs:
            note = self.notes[pair.note]
            if pair.kind != "right":
                self._fault(
                    pair.kind, note.beat, note.channel, played=self.played[pair.played].pitch, wanted=note.pitch
                )
        skipped = self._skipped()
        for n in self.found.missing:
            note = self.notes[n]
            if not any(a <= note.beat < b for a, b in skipped):
                self._fault("missing", note.beat, note.channel, wanted=note.pitch)
        for i in self.found.extra:
            place = self._place(i)
            self._fault("extra", place, self._hand_near(place, self.played[i].pitch), played=self.played[i].pitch)

    def _skipped(self) -> list[tuple[float, float]]:
        """What of the score was passed over by jumping."""
        return [(run.before + 1e-3, run.first - 1e-3) for run in self.found.runs if run.how == SKIPPED]

    def _place(self, i: int) -> float:
        run = self.found.runs[max(0, self.found.run_of[i])] if self.found.runs else None
        return self.played[i].beat - (run.shift if run else 0.0)

    def _hand_near(self, place: float, pitch: int) -> int:
        near = sorted(self.notes, key=lambda note: abs(note.beat - place))[:8]
        return min(near, key=lambda note: abs(note.pitch - pitch)).channel if near else 0

    def _time_faults(self) -> None:
        for n, ms in self.off_ms.items():
            if abs(ms) >= LATE_MS:
                note = self.notes[n]
                self._fault("late" if ms > 0 else "early", note.beat, note.channel, wanted=note.pitch, ms=round(ms, 1))

    def _stumbles(self) -> None:
        for run in self.found.runs:
            if run.how == BACK:
                self._fault(run.how, run.first, -1)
            elif run.how == SKIPPED:
                after = next((n.beat for n in self.notes if n.beat > run.before + 1e-3), run.before)
                self._fault(run.how, after, -1)
            elif run.how == STOPPED:
                self._fault(run.how, run.before, -1)

    # -- marks ---------------------------------------------------------------------------------------------------------

    def _drift(self) -> float:
        """Milliseconds a bar by which the right notes fall behind: slope of the least squares within runs."""
        rows = [(self.notes[n].beat, ms) for n, ms in self.off_ms.items()]
        if len(rows) < 8:
            return 0.0
        places, off = np.array(rows).T
        spread = float(((places - places.mean()) ** 2).sum())
        slope = float(((places - places.mean()) * (off - off.mean())).sum()) / max(spread, 1e-9)
        return slope * self.score.metres[0].bar_beats

    def _unevenness(self) -> list[float]:
        """Spread of the times between equal notes by hand and bar; those that are uneven are told."""
        found = []
        heard = {pair.note: self.played[pair.played] for pair in self.found.pairs if pair.note in self.off_ms}
        run_of = {pair.note: self.found.run_of[pair.played] for pair in self.found.pairs}
        for hand in (0, 1):
            strokes: dict[float, int] = {}
            for n in self.within:
                if self.notes[n].channel == hand:
                    strokes.setdefault(self.notes[n].beat, n)
            ratios: dict[int, list[tuple[float, float]]] = {}
            line = list(strokes.values())
            for a, b in pairwise(line):
                if a in heard and b in heard and run_of[a] == run_of[b]:
                    written = self.notes[b].beat - self.notes[a].beat
                    ratio = (heard[b].beat - heard[a].beat) / written
                    ratios.setdefault(self.score.bar_number(self.notes[a].beat), []).append((round(written, 3), ratio))
            for bar, rows in ratios.items():
                spread = self._spread(rows)
                if spread is not None:
                    found.append(spread)
                    if spread > UNEVEN:
                        first = next(n for n in line if self.score.bar_number(self.notes[n].beat) == bar)
                        self._fault("uneven", self.score.bar_start(self.notes[first].beat), hand)
        return found

    @staticmethod
    def _spread(rows: list[tuple[float, float]]) -> float | None:
        """Of the ratios of the commonest written time; None of too few."""
        written = [row[0] for row in rows]
        common = max(sorted(set(written)), key=written.count)
        ratios = [ratio for time, ratio in rows if time == common]
        return pstdev(ratios) / max(0.2, median(ratios)) if len(ratios) >= RUN_OF else None

    def _dynamics(self) -> float:
        """How near the velocities come to those that are written, but for being louder or softer as a whole."""
        apart = [
            self.played[pair.played].velocity - self.notes[pair.note].velocity
            for pair in self.found.pairs
            if pair.note in self.off_ms
        ]
        return 100.0 * _mark(pstdev(apart), STEADY, WILD) if apart else 0.0

    def _by_bar(self) -> tuple[float, ...]:
        bars: dict[int, list[float]] = {}
        kinds = {pair.note: pair.kind for pair in self.found.pairs}
        for n in self.within:
            pitch = {"right": 1.0, "octave": OCTAVE_MARK}.get(kinds.get(n, ""), 0.0)
            timing = _mark(abs(self.off_ms.get(n, 0.0)), IN_TIME_MS, OUT_OF_TIME_MS)
            bars.setdefault(self.score.bar_number(self.notes[n].beat + 1e-3), []).append(pitch * (0.6 + 0.4 * timing))
        for fault in self.faults:
            if fault.kind in ("extra", BACK, SKIPPED, STOPPED):
                bars.setdefault(fault.bar - 1, []).append(0.0)
        last = max((self.score.bar_number(self.notes[n].beat) for n in self.within), default=-1)
        return tuple(round(100.0 * fmean(bars[bar]), 1) if bar in bars else 100.0 for bar in range(last + 1))

    def _hands(self) -> dict[str, dict[str, float]]:
        """Of each hand: its notes, how many were right, and how late they were."""
        found = {}
        right = {pair.note for pair in self.found.pairs if pair.kind == "right"}
        for hand, name in enumerate(HANDS):
            mine = [n for n in self.within if self.notes[n].channel == hand]
            if mine:
                off = [self.off_ms[n] for n in mine if n in self.off_ms]
                found[name] = {
                    "notes": len(mine), "right": len(right & set(mine)), "mean_ms": _ms(fmean(off)) if off else 0.0,
                    "spread_ms": _ms(pstdev(off)) if off else 0.0,
                }  # fmt: skip
        return found


def _ms(value: float) -> float:
    return round(value, 1) + 0.0  # no -0


def _mark(value: float, best: float, worst: float) -> float:
    """1 up to `best`, 0 from `worst` on, evenly between."""
    return min(1.0, max(0.0, (worst - value) / (worst - best)))
