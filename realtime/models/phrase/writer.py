"""`phrase` as it is played: takes in notes as they come, writes one event at a time, with masks and a guard against
copies; [player process], numpy only."""

from __future__ import annotations

import itertools
import math
from random import Random
from typing import Protocol

import numpy as np

import realtime.models.phrase.code as code
from realtime.models.net import Net
from realtime.models.phrase.composer import Composer, Line, Taste, Written
from realtime.music.melody_code import on_step
from realtime.music.scale import key_classes
from realtime.neural.package import Package
from realtime.sampling.copyguard import CopyGuard
from realtime.sampling.drawing import FORBIDDEN, draw
from realtime.sampling.masks import range_mask, scale_mask

FED_AGAIN = 96  # events of the past taken in again when it has changed: some 45 ms
ENDING_BARS = 2  # a turn ends by itself in its last two bars at the earliest
MOST_VOICES = 8  # notes of one chord
OPENING = -1  # number of the event that opens a turn; its notes are 0, 1, ...
STEPS = np.array(code.STEPS)
PLACES = np.arange(code.PITCHES)
Content = tuple[int, int, int, int]
When = tuple[int, int, int]


class Model(Protocol):
    """One event at a time; pitch is there after `feed`, the rest after `ask`. Logits, float32, overwritten."""

    pitch: np.ndarray
    duration: np.ndarray
    velocity: np.ndarray
    delta: np.ndarray

    def reset(self) -> None: ...
    def feed(self, fields: tuple[int, ...], times: tuple[int, ...]) -> None: ...
    def ask(self, pitch: int, duration: int) -> None: ...


class PhraseNet:
    """Model over the package's two parts: the trunk with its rings, and the heads."""

    def __init__(self, package: Package):
        self.step, self.heads = Net(package, "step"), Net(package, "heads")
        self.pitch = self.step.outputs["pitch"]
        self.duration, self.velocity, self.delta = (self.heads.outputs[k] for k in ("duration", "velocity", "delta"))

    def reset(self) -> None:
        """Forgets all events."""
        self.step.reset()

    def feed(self, fields: tuple[int, ...], times: tuple[int, ...]) -> None:
        """The event that was, and the place of the next one."""
        self.step.inputs["fields"][:] = fields
        self.step.inputs["times"][:] = times
        self.step.run()
        self.heads.inputs["h_in"][:] = self.step.outputs["h"]

    def ask(self, pitch: int, duration: int) -> None:
        """Duration given the pitch; velocity and delta given both."""
        self.heads.inputs["note"][:] = (pitch, duration)
        self.heads.run()


class PhraseWriter(Composer):
    """A composer on a net of events: what the net is fed is a function of the turns, the frame and the style alone."""

    def __init__(self, net: Model, guard: CopyGuard | None = None):
        super().__init__()
        self.net, self.guard = net, guard
        self._void()

    @property
    def velocity(self) -> float | None:
        """0..1 of the last note, None where the style has no dynamics."""
        notes = self.lines[-1].notes if self.lines else []
        return code.velocity_of(notes[-1][3]) if self.dynamics and notes else None

    # -- taking in -------------------------------------------------------------------------------------------------
    def _void(self) -> None:
        """The net is to be fed again, with the last FED_AGAIN events: a turn that they cut begins later."""
        room, first = FED_AGAIN, len(self.lines)
        while first > 0 and room > len(self.lines[first - 1].notes):
            first -= 1
            room -= len(self.lines[first].notes) + 1
        self._passed = 0  # notes of the first turn that are passed over
        if first > 0 and room > 1:
            first -= 1
            self._passed = len(self.lines[first].notes) - (room - 1)
        self._turn, self._event, self._fed = first, OPENING, 0  # what is fed next, and how many events were

    def _forget(self, turns: int) -> None:
        if turns > self._turn:
            self.catch_up()
        self._turn -= turns
        super()._forget(turns)

    def catch_up(self) -> int:
        before = self._fed
        while self._turn < len(self.lines):
            line = self.lines[self._turn]
            if self._event < len(line.notes):
                self._take_in(line)
            elif self._turn + 1 < len(self.lines):
                self._turn, self._event = self._turn + 1, OPENING
            else:
                break
        return self._fed - before

    def _take_in(self, line: Line) -> None:
        """Feeds the event before the next one, with the place of the next: that one waits until its duration is known."""
        i, notes = self._event, line.notes
        if i == OPENING:
            tick, delta = line.start_tick, 0
            before = self.lines[self._turn - 1] if self._turn > 0 else line
            content, when = self._content(before, len(before.notes) - 1)
        else:
            tick = notes[i][0]
            since = notes[i - 1][0] if i else line.start_tick
            delta = code.step_class(tick - since, lowest=1 if i and self.texture == code.LINE else 0)
            content, when = self._content(line, i - 1)
        if self._fed == 0:
            self.net.reset()
            content, when = (code.BEGIN, 0, 0, line.role), self._facts(line).when(tick)
        self._feed(content, when, line, tick, delta)
        self._event, self._passed = max(i + 1, self._passed), 0

    def _facts(self, line: Line) -> code.Turn:
        return code.Turn.of(
            line.role, line.start_tick, line.length_ticks, line.numerator, line.denominator, self.frame.mode_class,
            self.style, self.texture,
        )  # fmt: skip

    def _content(self, line: Line, i: int) -> tuple[Content, When]:
        """What event i of a turn is, and when."""
        facts = self._facts(line)
        if i == OPENING:
            return (code.SEPARATOR, 0, 0, line.role), facts.when(line.start_tick)
        tick, duration, pitch, velocity = line.notes[i]
        length, loud = code.step_class(duration, lowest=1), velocity if self.dynamics else 0
        return (self.frame.encode(pitch), length, loud, line.role), facts.when(tick)

    def _feed(self, content: Content, when: When, line: Line, tick: int, delta: int) -> None:
        facts = self._facts(line)
        self.net.feed((*content, *facts.place(tick, delta)), (*when, *facts.when(tick), facts.bar, self._fed))
        self._fed += 1

    # -- writing -----------------------------------------------------------------------------------------------------
    def write(
        self,
        taste: Taste,
        random: Random,
        length_ticks: int = 0,
        earliest_tick: int = 0,
        latest_first_tick: int | None = None,
    ) -> Written | None:
        self.catch_up()
        line = self.lines[-1]
        end = line.start_tick + (line.length_ticks or length_ticks)
        at = line.notes[-1][0] if line.notes else line.start_tick
        final = final_tick(line, end, taste)
        if line.notes and at >= final:
            return None
        content, when = self._content(line, len(line.notes) - 1)
        self.net.ask(*content[:2])
        logits = self._delta_logits(line, at, end, taste, earliest_tick)
        if final < end:
            logits[code.END] = FORBIDDEN
            logits[: code.END][at + STEPS > final] = FORBIDDEN
        if latest_first_tick is not None and not line.notes:
            logits[: code.END][at + STEPS > latest_first_tick] = FORBIDDEN
        # a nucleus takes rests and long notes first: each is rare among the many short ones
        when_p = taste.top_p if taste.rhythm_top_p is None else taste.rhythm_top_p
        delta = draw(logits, random, taste.temperature, when_p)
        if delta in (-1, code.END):
            return None
        tick = at + code.STEPS[delta]
        self._feed(content, when, line, tick, delta)
        pitch = self._draw_pitch(line, delta, tick, end, taste, random)
        token = self.frame.encode(pitch)
        self.net.ask(token, 0)
        logits = _tilted(self._duration(line, tick, pitch), self._haste(line, tick, taste))
        logits[(end if tick >= final else final) - tick < STEPS] = FORBIDDEN
        logits[0] = FORBIDDEN
        drawn = draw(logits, random, taste.temperature, when_p)
        duration = code.STEPS[drawn] if drawn > 0 and (tick < final or final == end) else max(1, end - tick)
        velocity = 0
        if self.dynamics:
            self.net.ask(token, code.step_class(duration, lowest=1))
            logits = self.net.velocity.astype(np.float64)
            logits[0] = FORBIDDEN
            velocity = draw(logits, random, taste.temperature, taste.top_p)
        line.notes.append([tick, duration, pitch, velocity])
        self._event = len(line.notes)
        return Written(tick, duration, pitch)

    # what the net thinks of the next event of a line, for who has another opinion: logits, fresh

    def _pitch(self, line: Line) -> np.ndarray:
        return self.net.pitch.astype(np.float64)

    def _duration(self, line: Line, tick: int, pitch: int) -> np.ndarray:
        return self.net.duration.astype(np.float64)

    def _delta(self, line: Line) -> np.ndarray:
        return self.net.delta.astype(np.float64)

    def _delta_logits(self, line: Line, at: int, end: int, taste: Taste, earliest: int) -> np.ndarray:
        logits = self._delta(line)
        steps = logits[: code.END]
        steps[:] = _tilted(steps, self._haste(line, at, taste))
        steps[at + STEPS >= end] = FORBIDDEN
        steps[at + STEPS < earliest] = FORBIDDEN
        if line.notes:
            chord = sum(n[0] == at for n in line.notes[-MOST_VOICES:])
            if self.texture == code.LINE:  # one voice: not before the note that sounds has ended
                steps[np.maximum(line.notes[-1][1], 1) > STEPS] = FORBIDDEN
            elif chord >= MOST_VOICES or line.notes[-1][2] <= taste.lowest - 11:
                steps[0] = FORBIDDEN
        ending = line.role in code.ENDING or line.length_ticks > 0
        soon = max(
            code.TICKS,
            min((end - line.start_tick) // 4, ENDING_BARS * code.bar_ticks(line.numerator, line.denominator)),
        )
        if not ending or not line.notes or end - at > soon:
            logits[code.END] = FORBIDDEN  # it lasts as long as it was asked to
        return logits

    def _draw_pitch(self, line: Line, delta: int, tick: int, end: int, taste: Taste, random: Random) -> int:
        frame = self.frame
        logits = self._pitch(line)
        pitches = PLACES + frame.origin - code.CENTRE
        logits = np.maximum(logits + range_mask(pitches, taste.lowest, taste.highest, 1.0), FORBIDDEN)
        if taste.guard:
            classes = key_classes(taste.tonic, taste.mode or "major") | taste.also
            strength = np.inf if taste.guard == 2 else 1.0
            logits = np.maximum(logits + scale_mask(pitches, classes, strength), FORBIDDEN)
        lower = delta == 0 and bool(line.notes)
        if lower:  # a chord is written from the top
            logits[max(0, frame.encode(line.notes[-1][2])) :] = FORBIDDEN
        elif (line.role in code.ENDING or line.length_ticks) and tick >= min(
            end - code.TICKS, final_tick(line, end, taste)
        ):
            logits[code.CENTRE % 12 :: 12] += taste.close
        written = [] if lower or not self.guard else self._written(self.guard.notes)
        pairs = [(b[2] - a[2], on_step(b[0] - a[0])) for a, b in itertools.pairwise(written)]
        while True:
            token = draw(logits, random, taste.temperature, taste.top_p)
            if token < 0:  # all forbidden: the note before, or the tonic
                return line.notes[-1][2] if line.notes else frame.origin
            pitch = frame.decode(token)
            if 0 <= pitch <= 127:
                if self.guard is None or not written:
                    return pitch
                if not self.guard.knows([*pairs, (pitch - written[-1][2], on_step(tick - written[-1][0]))]):
                    return pitch
            logits[token] = FORBIDDEN

    def _haste(self, line: Line, at: int, taste: Taste) -> float:
        """How strongly to tilt: by the density asked for, and by how far the notes so far are from it."""
        if taste.density == 1.0:
            return 0.0
        wanted = taste.density * taste.notes_per_beat * max(at - line.start_tick, 12) / code.TICKS
        count = len(line.notes)  # the one at `at` among them: half a note more than the rate says is right
        behind = math.log2((wanted + 0.5) / count) if count else 0.0
        return 1.5 * math.log2(taste.density) + 3.0 * min(2.0, max(-2.0, behind))

    def _written(self, enough: int) -> list[list[int]]:
        """The top notes of the last onsets written, over turns of our own that follow each other."""
        top: list[list[int]] = []
        for line in reversed(self.lines):
            if not line.own:
                break
            for note in reversed(line.notes):
                if top and top[-1][0] == note[0]:
                    top[-1] = note  # the chord's first note is its top
                elif len(top) > enough:
                    return top[::-1]
                else:
                    top.append(note)
        return top[::-1]


def final_tick(line: Line, end: int, taste: Taste) -> int:
    """Where the last note of a turn begins; its end where no cadence is wanted, or there is no room for one."""
    return end - taste.cadence if end - taste.cadence > line.start_tick else end


def _tilted(logits: np.ndarray, haste: float) -> np.ndarray:
    """Logits over STEPS tilted exponentially towards shorter (haste above 0) or longer steps; 0 leaves them alone."""
    if haste == 0.0:
        return logits
    return logits - np.concatenate(([0.0], haste * np.log2(STEPS[1:] / 12.0)))
