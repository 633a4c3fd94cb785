"""The musical memory and the pen of `answer`: turns heard and played, fed to the net as they come, and notes drawn
from it; [player process]. It knows ticks and turns, not clocks: realtime.players.answer puts it in time."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import numpy as np

from realtime.models.decoding import FORBIDDEN, draw, key_bias, range_bias
from realtime.music import melody_code as code
from realtime.music.copyguard import CopyGuard
from realtime.music.scale import key_classes

MEMORY_EVENTS = 192  # what is fed again when the key is heard anew
STEPS = np.array(code.STEPS)


class Net(Protocol):
    """The model, one event at a time; logits as export.models.answer.model.AnswerModel.step gives them, float32."""

    duration: np.ndarray
    delta: np.ndarray
    pitch: np.ndarray

    def reset(self) -> None: ...
    def step(self, fields: tuple[int, ...]) -> None: ...
    def save(self) -> Any: ...
    def restore(self, saved: Any) -> None: ...


@dataclass(slots=True)
class Line:
    """One turn as it sounded: notes are [tick, duration in ticks, MIDI pitch], ticks counted from a bar line."""

    role: int
    start_tick: int
    length_ticks: int
    numerator: int
    denominator: int
    own: bool = False  # written, not heard
    notes: list[list[int]] = field(default_factory=list)

    def turn(self, mode: int) -> code.Turn:
        metre = code.metre_class(self.numerator, self.denominator)
        bar = code.bar_ticks(self.numerator, self.denominator)
        return code.Turn(self.role, self.start_tick, self.length_ticks, metre, bar, mode)


@dataclass(slots=True)
class Taste:
    """How notes are drawn. lowest..highest: MIDI range wanted. guard 0 free, 1 soft, 2 strict. density 1: as the
    model feels, else times `notes_per_beat`, the performer's own."""

    temperature: float = 0.9
    top_p: float = 0.95
    density: float = 1.0
    notes_per_beat: float = 2.0
    guard: int = 1
    lowest: int = 0
    highest: int = 127
    tonic: int = 0
    mode: str = "major"
    close: float = 1.5
    also: frozenset[int] = frozenset()  # pitch classes outside the key that the performer used


class Composer:
    """Feed `begin` and `hear` while the performer plays; `begin` an answer and call `write` for each of its notes."""

    def __init__(self, net: Net, guard: CopyGuard | None = None):
        self.net = net
        self.guard = guard
        self.frame = code.Frame(60, "")
        self.lines: list[Line] = []
        self._fed = False  # whether the net's state is that of `lines` in `frame`
        self._before_last: Any = None

    def clear(self) -> None:
        """Forgets all turns."""
        self.lines.clear()
        self._fed = False

    def set_frame(self, frame: code.Frame) -> None:
        """A new key or register: the memory is fed again in it, with the next event."""
        if frame != self.frame:
            self.frame = frame
            self._fed = False

    def begin(
        self, role: int, start_tick: int, length_ticks: int, numerator: int, denominator: int, own: bool = False
    ) -> Line:
        """Opens a turn. length_ticks: 0 for a call; own: its notes will be written, not heard."""
        self._catch_up()
        if self.lines:
            self._forget()
        line = Line(role, start_tick, length_ticks, numerator, denominator, own)
        self.lines.append(line)
        self.net.step(line.turn(self.frame.mode_class).separator())
        return line

    def hear(self, tick: int, pitch: int, duration_before: int) -> None:
        """A note of the current turn begins, later than the note before it, whose duration in ticks is now known."""
        self._catch_up()
        line = self.lines[-1]
        if line.notes:
            line.notes[-1][1] = duration_before
        line.notes.append([tick, 0, pitch])
        self._before_last = self.net.save()
        self._step(line, len(line.notes) - 1)

    def correct(self, pitch: int) -> None:
        """The last note heard was a lower note of a chord: its top is `pitch`."""
        line = self.lines[-1]
        line.notes[-1][2] = pitch
        if self._fed and self._before_last is not None:
            self.net.restore(self._before_last)
            self._step(line, len(line.notes) - 1)

    def replace_notes(self, notes: list[list[int]]) -> None:
        """The current turn was something else (cut off, or in another pulse)."""
        self.lines[-1].notes = notes
        self._fed = False

    def _step(self, line: Line, i: int) -> None:
        tick, _, pitch = line.notes[i]
        turn = line.turn(self.frame.mode_class)
        before = code.step_class(line.notes[i - 1][1], lowest=1) if i else 0
        since = line.notes[i - 1][0] if i else line.start_tick
        self.net.step(
            turn.event(code.step_class(tick - since, lowest=1 if i else 0), self.frame.encode(pitch), before, tick)
        )

    def _catch_up(self) -> None:
        if self._fed:
            return
        self._fed = True
        self._before_last = None
        if self.lines:
            self._forget()
        self.net.reset()
        for line in self.lines:
            self.net.step(line.turn(self.frame.mode_class).separator())
            for i in range(max(0, len(line.notes) - MEMORY_EVENTS), len(line.notes)):
                self._step(line, i)

    def _forget(self) -> None:
        """Drops the oldest turns beyond MEMORY_EVENTS, but never the last one."""
        first, events = len(self.lines), 0
        while first > 0 and events + len(self.lines[first - 1].notes) + 1 <= MEMORY_EVENTS:
            first -= 1
            events += len(self.lines[first].notes) + 1
        del self.lines[: min(first, len(self.lines) - 1)]

    def write(self, taste: Taste, random: Random, length_ticks: int = 0) -> tuple[int, int, int] | None:
        """Draws the next note of the current turn: (tick, duration, MIDI pitch), or None at its end.

        The duration of a note is drawn with it. length_ticks: needed where the turn is a call of our own making.
        """
        self._catch_up()
        line = self.lines[-1]
        length = line.length_ticks or length_ticks
        end = line.start_tick + length
        duration_class = code.step_class(line.notes[-1][1], lowest=1) if line.notes else 0
        at = line.notes[-1][0] if line.notes else line.start_tick
        delta_logits = self._delta_logits(line, duration_class, at, end, length, taste)
        delta = draw(delta_logits, random, taste.temperature, taste.top_p)
        if delta in (-1, code.END):
            return None
        tick = at + code.STEPS[delta]
        pitch = self._draw_pitch(line, delta, at, taste, random)
        line.notes.append([tick, 0, pitch])
        self._step(line, len(line.notes) - 1)
        logits = _tilted(self.net.duration.astype(np.float64), self._haste(line, tick, taste))
        logits[end - tick < STEPS] = FORBIDDEN
        logits[0] = FORBIDDEN
        longest = draw(logits, random, taste.temperature, taste.top_p)
        duration = code.STEPS[longest] if longest > 0 else max(1, end - tick)
        line.notes[-1][1] = duration
        return tick, duration, pitch

    def _delta_logits(self, line: Line, duration: int, at: int, end: int, length: int, taste: Taste) -> np.ndarray:
        logits = self.net.delta[duration].astype(np.float64)
        logits[:-1] = _tilted(logits[:-1], self._haste(line, at, taste))
        logits[:-1][at + STEPS >= end] = FORBIDDEN
        if line.notes:  # one voice: not before the note that sounds has ended
            logits[:-1][np.maximum(STEPS[duration], 1) > STEPS] = FORBIDDEN
        if line.role == code.CALL or not line.notes or end - at > max(code.TICKS, length // 4):
            logits[code.END] = FORBIDDEN  # it lasts as long as you played
            if not np.any(logits[:-1] > FORBIDDEN / 2):
                logits[code.END] = 0.0
        return logits

    def _draw_pitch(self, line: Line, delta: int, at: int, taste: Taste, random: Random) -> int:
        frame, tick = self.frame, at + code.STEPS[delta]
        logits = self.net.pitch[delta].astype(np.float64)
        offset = code.CENTRE - frame.origin
        logits = np.maximum(logits + range_bias(taste.lowest + offset, taste.highest + offset, code.PITCHES), FORBIDDEN)
        if taste.guard:
            classes = key_classes(taste.tonic, taste.mode or "major") | taste.also
            bias = key_bias(
                (frame.origin - code.CENTRE) % 12, classes, code.PITCHES, -FORBIDDEN if taste.guard == 2 else 2.5
            )
            logits = np.maximum(logits + bias, FORBIDDEN)
        if line.role == code.ANSWER and tick >= line.start_tick + line.length_ticks - code.TICKS:
            logits[code.CENTRE % 12 :: 12] += taste.close
        written = self._written(self.guard.notes) if self.guard else []
        pairs = [(b[2] - a[2], on_step(b[0] - a[0])) for a, b in itertools.pairwise(written)]
        while True:
            token = draw(logits, random, taste.temperature, taste.top_p)
            if token < 0:  # all forbidden: the note before, or the tonic
                return line.notes[-1][2] if line.notes else frame.origin
            pitch = frame.decode(token)
            if self.guard is None or not written:
                return pitch
            if not self.guard.knows([*pairs, (pitch - written[-1][2], on_step(tick - written[-1][0]))]):
                return pitch
            logits[token] = FORBIDDEN

    def _haste(self, line: Line, at: int, taste: Taste) -> float:
        """How strongly to tilt: by the density asked for, and by how far the notes so far are from it (the model
        resists)."""
        if taste.density == 1.0:
            return 0.0
        wanted = taste.density * taste.notes_per_beat * max(at - line.start_tick, 12) / code.TICKS
        behind = math.log2(max(wanted, 0.25) / max(len(line.notes), 1))
        return 1.5 * math.log2(taste.density) + 3.0 * min(2.0, max(-2.0, behind))

    def _written(self, enough: int) -> list[list[int]]:
        """The last notes written, over turns of our own that follow each other."""
        k = len(self.lines) - 1
        notes = self.lines[k].notes
        while len(notes) < enough and k > 0:
            if not self.lines[k - 1].own:
                break
            k -= 1
            notes = self.lines[k].notes + notes
        return notes


def on_step(ticks: int) -> int:
    """The step a time between onsets counts as when runs are compared."""
    return code.STEPS[code.step_class(ticks, lowest=1)]


def _tilted(logits: np.ndarray, haste: float) -> np.ndarray:
    """Logits over STEPS tilted exponentially towards shorter (haste above 0) or longer steps; 0 leaves them alone."""
    if haste == 0.0:
        return logits
    return logits - np.concatenate(([0.0], haste * np.log2(STEPS[1:] / 12.0)))
