"""`phrase` as it is played: hears notes as they come, writes one event at a time, with masks and a guard against copies;
[player process], numpy only. The same methods as realtime.players.composer.Composer, so that a player can take it."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, Protocol

import numpy as np

from realtime.models import phrase_code as code
from realtime.models.decoding import FORBIDDEN, draw, key_bias, range_bias
from realtime.models.net import Net
from realtime.music.copyguard import CopyGuard
from realtime.music.scale import key_classes
from realtime.neural.package import Package

FED_AGAIN = 96  # events fed again when the key is heard anew: some 60 ms
MEMORY_NOTES = 224  # notes of the past that are kept at all
MOST_VOICES = 8  # notes of one chord
STEPS = np.array(code.STEPS)


class Written(NamedTuple):
    """A note drawn: tick, duration in ticks, MIDI pitch; its velocity is `PhraseWriter.velocity`."""

    tick: int
    duration: int
    pitch: int


class AnyFrame(Protocol):
    """A frame of this code or of melody_code."""

    @property
    def origin(self) -> int: ...
    @property
    def mode(self) -> str: ...


@dataclass(slots=True)
class Line:
    """One turn as it sounded: notes are [tick, duration in ticks, MIDI pitch, velocity class], ticks counted from a bar
    line; length_ticks 0: unknown."""

    role: int
    start_tick: int
    length_ticks: int
    numerator: int
    denominator: int
    own: bool = False  # written, not heard
    notes: list[list[int]] = field(default_factory=list)


@dataclass(slots=True)
class Taste:
    """How notes are drawn, as for `answer`. lowest..highest: MIDI range wanted. guard 0 free, 1 soft, 2 strict. density
    1: as the model feels, else times `notes_per_beat`."""

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


class PhraseWriter:
    """Feed `begin` and `hear` while the performer plays; `begin` an own turn and call `write` for each of its notes.

    style: index of code.STYLES; texture: LINE or CHORDS; dynamics: whether velocities mean something.
    """

    def __init__(self, net: Model, guard: CopyGuard | None = None):
        self.net, self.guard = net, guard
        self.frame = code.Frame(60, "")
        self.style, self.texture, self.dynamics = 0, code.LINE, False
        self.lines: list[Line] = []
        self._fed = False  # whether the net's memory is that of `lines` in `frame`
        self._index = 0
        self._content: tuple[int, int, int, int] = (code.BEGIN, 0, 0, 0)
        self._when = (0, 0, 0)

    def clear(self) -> None:
        """Forgets all turns."""
        self.lines.clear()
        self._fed = False

    def set_frame(self, frame: AnyFrame) -> None:
        """A new key or register: the memory is fed again in it, with the next event."""
        if (frame.origin, frame.mode) != (self.frame.origin, self.frame.mode):
            self.frame = code.Frame(frame.origin, frame.mode)
            self._fed = False

    @property
    def velocity(self) -> float | None:
        """0..1 of the last note, None where the style has no dynamics."""
        notes = self.lines[-1].notes if self.lines else []
        return code.velocity_of(notes[-1][3]) if self.dynamics and notes else None

    def set_style(self, style: int, texture: int, dynamics: bool) -> None:
        """Another manner: the memory is fed again in it."""
        if (style, texture, dynamics) != (self.style, self.texture, self.dynamics):
            self.style, self.texture, self.dynamics = style, texture, dynamics
            self._fed = False

    # -- hearing ---------------------------------------------------------------------------------------------------
    def begin(
        self, role: int, start_tick: int, length_ticks: int, numerator: int, denominator: int, own: bool = False
    ) -> Line:
        """Opens a turn of a role of code.ROLES. length_ticks: 0 where it is unknown; own: its notes will be written."""
        self._catch_up()
        self._forget()
        line = Line(role, start_tick, length_ticks, numerator, denominator, own)
        self._open(line, self.lines[-1] if self.lines else None)
        self.lines.append(line)
        return line

    def hear(self, tick: int, pitch: int, duration_before: int = 0, velocity: float = 0.0) -> None:
        """A note of the current turn begins at or after the one before it, whose duration in ticks is now known (0: as
        it was). velocity 0..1."""
        self._catch_up()
        line = self.lines[-1]
        if line.notes and duration_before > 0:
            line.notes[-1][1] = duration_before
        line.notes.append([tick, 0, pitch, code.velocity_class(velocity * 127) if self.dynamics else 0])
        self._step(line, len(line.notes) - 1)

    def correct(self, pitch: int) -> None:
        """The last note heard was a lower note of a chord: its top is `pitch`."""
        self.lines[-1].notes[-1][2] = pitch
        self._content = (self.frame.encode(pitch), *self._content[1:])

    def replace_notes(self, notes: list[list[int]]) -> None:
        """The current turn was something else (cut off, or in another pulse)."""
        self.lines[-1].notes = [[*n[:3], n[3] if len(n) > 3 else 0] for n in notes]
        self._fed = False

    def _turn(self, line: Line) -> code.Turn:
        return code.Turn.of(
            line.role, line.start_tick, line.length_ticks, line.numerator, line.denominator, self.frame.mode_class,
            self.style, self.texture,
        )  # fmt: skip

    def _open(self, line: Line, before: Line | None) -> None:
        """Feeds the event before the turn, with the place of the turn's separator; then that one waits."""
        turn = self._turn(line)
        if before is not None and before.notes:
            self._content = self._content_of(before, len(before.notes) - 1)
        elif self._content[0] == code.BEGIN:
            self._content, self._when = (code.BEGIN, 0, 0, line.role), turn.when(line.start_tick)
        self._feed(turn, line.start_tick, 0)
        self._content = (code.SEPARATOR, 0, 0, line.role)

    def _step(self, line: Line, i: int) -> None:
        """Feeds the event before note i, with the note's place; the note itself waits until its duration is known."""
        if i:
            self._content = self._content_of(line, i - 1)
        tick = line.notes[i][0]
        since = line.notes[i - 1][0] if i else line.start_tick
        lowest = 1 if i and self.texture == code.LINE else 0
        self._feed(self._turn(line), tick, code.step_class(tick - since, lowest=lowest))
        self._content = self._content_of(line, i)

    def _content_of(self, line: Line, i: int) -> tuple[int, int, int, int]:
        _, duration, pitch, velocity = line.notes[i]
        return (self.frame.encode(pitch), code.step_class(duration, lowest=1), velocity, line.role)

    def _feed(self, turn: code.Turn, tick: int, delta: int) -> None:
        when = turn.when(tick)
        self.net.feed((*self._content, *turn.place(tick, delta)), (*self._when, *when, turn.bar, self._index))
        self._index += 1
        self._when = when

    def _catch_up(self) -> None:
        if self._fed:
            return
        self._fed = True
        self.net.reset()
        self._index, self._content, self._when = 0, (code.BEGIN, 0, 0, 0), (0, 0, 0)
        self._forget()
        left = FED_AGAIN
        firsts = []
        for line in reversed(self.lines):
            firsts.append(max(0, len(line.notes) - max(0, left)))
            left -= len(line.notes) + 1
        before = None
        for line, first in zip(self.lines, reversed(firsts), strict=True):
            self._open(line, before)
            before = line
            for i in range(first, len(line.notes)):
                self._step(line, i)

    def _forget(self) -> None:
        """Drops the oldest turns beyond MEMORY_NOTES, but never the last one."""
        first, events = len(self.lines), 0
        while first > 0 and events + len(self.lines[first - 1].notes) + 1 <= MEMORY_NOTES:
            first -= 1
            events += len(self.lines[first].notes) + 1
        del self.lines[: min(first, len(self.lines) - 1)]

    # -- writing -----------------------------------------------------------------------------------------------------
    def write(
        self,
        taste: Taste,
        random: Random,
        length_ticks: int = 0,
        earliest_tick: int = 0,
        latest_first_tick: int | None = None,
    ) -> Written | None:
        """Draws the next note of the current turn, or None at its end.

        length_ticks: needed where the turn's own is unknown. earliest_tick: no note begins before it.
        latest_first_tick: the turn's first note begins at it at the latest.
        """
        self._catch_up()
        line = self.lines[-1]
        end = line.start_tick + (line.length_ticks or length_ticks)
        at = line.notes[-1][0] if line.notes else line.start_tick
        if line.notes:
            self._content = self._content_of(line, len(line.notes) - 1)
        self.net.ask(*self._content[:2])
        logits = self._delta_logits(line, at, end, taste, earliest_tick)
        if latest_first_tick is not None and not line.notes:
            logits[: code.END][at + STEPS > latest_first_tick] = FORBIDDEN
        delta = draw(logits, random, taste.temperature, taste.top_p)
        if delta in (-1, code.END):
            return None
        tick = at + code.STEPS[delta]
        self._feed(self._turn(line), tick, delta)
        pitch = self._draw_pitch(line, delta, tick, end, taste, random)
        token = self.frame.encode(pitch)
        self.net.ask(token, 0)
        logits = _tilted(self.net.duration.astype(np.float64), self._haste(line, tick, taste))
        logits[end - tick < STEPS] = FORBIDDEN
        logits[0] = FORBIDDEN
        drawn = draw(logits, random, taste.temperature, taste.top_p)
        duration = code.STEPS[drawn] if drawn > 0 else max(1, end - tick)
        velocity = 0
        if self.dynamics:
            self.net.ask(token, code.step_class(duration, lowest=1))
            logits = self.net.velocity.astype(np.float64)
            logits[0] = FORBIDDEN
            velocity = draw(logits, random, taste.temperature, taste.top_p)
        line.notes.append([tick, duration, pitch, velocity])
        self._content = self._content_of(line, len(line.notes) - 1)
        return Written(tick, duration, pitch)

    def _delta_logits(self, line: Line, at: int, end: int, taste: Taste, earliest: int) -> np.ndarray:
        logits = self.net.delta.astype(np.float64)
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
        if not ending or not line.notes or end - at > max(code.TICKS, (end - line.start_tick) // 4):
            logits[code.END] = FORBIDDEN  # it lasts as long as it was asked to
        return logits

    def _draw_pitch(self, line: Line, delta: int, tick: int, end: int, taste: Taste, random: Random) -> int:
        frame = self.frame
        logits = self.net.pitch.astype(np.float64)
        offset = code.CENTRE - frame.origin
        logits = np.maximum(logits + range_bias(taste.lowest + offset, taste.highest + offset, code.PITCHES), FORBIDDEN)
        if taste.guard:
            classes = key_classes(taste.tonic, taste.mode or "major") | taste.also
            strength = -FORBIDDEN if taste.guard == 2 else 1.0
            bias = key_bias((frame.origin - code.CENTRE) % 12, classes, code.PITCHES, strength)
            logits = np.maximum(logits + bias, FORBIDDEN)
        lower = delta == 0 and bool(line.notes)
        if lower:  # a chord is written from the top
            logits[max(0, frame.encode(line.notes[-1][2])) :] = FORBIDDEN
        elif (line.role in code.ENDING or line.length_ticks) and tick >= end - code.TICKS:
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
        behind = math.log2(max(wanted, 0.25) / max(len(line.notes), 1))
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


def on_step(ticks: int) -> int:
    """The step a time between onsets counts as when runs are compared."""
    return code.STEPS[code.step_class(ticks, lowest=1)]


def _tilted(logits: np.ndarray, haste: float) -> np.ndarray:
    """Logits over STEPS tilted exponentially towards shorter (haste above 0) or longer steps; 0 leaves them alone."""
    if haste == 0.0:
        return logits
    return logits - np.concatenate(([0.0], haste * np.log2(STEPS[1:] / 12.0)))


def guard_of(tables: dict[str, Any], facts: dict[str, Any]) -> CopyGuard:
    """The copy guard of a package. Raises KeyError or ValueError if it is damaged."""
    table = np.asarray(tables["guard"], np.uint8)
    guard = CopyGuard(int(facts["notes"]), int(facts["bits"]), int(facts["hashes"]), table)
    if len(table) != -(-guard.bits // 8) or guard.notes < 2:
        raise ValueError("the copy guard's table has the wrong size")
    return guard
