"""Writes the accompaniment frame by frame, ahead of time: chords and melody in, notes of bass and piano out; [player
process]. One token is one run of the net; a note is one run and three small ones."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import numpy as np

from realtime.models.accompany.code import (
    BASS,
    DURATIONS,
    HIGHEST,
    LOWEST,
    OFFSET_CLASSES,
    OFFSETS,
    PIANO,
    PITCH_BASE,
    PITCH_CLASSES,
    PITCHES,
    SPAN,
    VELOCITIES,
    Event,
    Frame,
    Wishes,
    fixed_features,
    pitch_of,
    root_shift,
    variable_features,
)
from realtime.models.accompany.rotary import turns
from realtime.models.accompany.sheet import Sheet
from realtime.models.net import Net
from realtime.music.chord import Chord
from realtime.neural.package import Package
from realtime.sampling.drawing import FORBIDDEN, draw
from realtime.sampling.line_guard import Line

HAND_NOTES = 5
MOST_AT_ONCE = 8
MOST_IN_FRAME = 28
BASS_HIGHEST = 60
UNKNOWN = -1e9


class Mark(NamedTuple):
    """Where a writer stood: see `Writer.mark`."""

    tick: int
    bar_tick: int
    tokens: int
    cursor: int
    last_bass: int | None
    last_piano: list[int]
    lines: dict[int, tuple[list[int], list[int]]]


class Writer(Sheet):
    """State of one accompaniment. `begin`, then `chord` and `melody` as they come, and `write_frame` for what comes next.

    temperature, top_p: of all draws but the velocity's, which has its own. inside: nats taken from pitches outside the
    chord where a beat begins. ahead: whether the melody in the frame being written is known (it is not, live).
    """

    def __init__(self, package: Package, guard: np.ndarray):
        self.step = Net(package, "step")
        self.heads = {name: Net(package, name) for name in ("pitch", "duration", "velocity")}
        self.ring = next(iter(self.step.rings.values())).shape[0]
        self.guard = guard
        self.begin()

    def begin(
        self,
        metre: tuple[int, int] = (4, 4),
        wishes: Wishes | None = None,
        seed: int = 1,
        temperature: float = 0.95,
        top_p: float = 0.95,
        inside: float = 0.0,
        ahead: bool = False,
        chart_complete: bool = False,
    ) -> None:
        """Forgets everything; tick 0 is a bar line. chart_complete: the last chord set lasts to the end."""
        self.rule(metre, wishes, chart_complete)
        self.step.reset()
        self.step.inputs["mask"][...] = UNKNOWN
        self.random = Random(seed)
        self.temperature, self.top_p, self.inside = temperature, top_p, inside
        self.ahead = ahead
        self.tokens = 0
        self.last_bass: int | None = None
        self.last_piano: list[int] = []
        self.lines = {BASS: Line(self.guard), PIANO: Line(self.guard)}

    def mark(self) -> Mark:
        """Where it stands now, to come `back` to."""
        lines = {role: (list(line.ticks), list(line.pitches)) for role, line in self.lines.items()}
        return Mark(
            self.tick, self.bar_tick, self.tokens, self.step.cursor, self.last_bass, list(self.last_piano), lines
        )

    def back(self, mark: Mark) -> None:
        """What was written since a mark is void. Its tokens are hidden until their places in the ring are used again; the
        oldest ones that they have overwritten stay forgotten."""
        written = min(self.step.cursor - mark.cursor, self.ring)
        self.step.inputs["mask"][[(mark.cursor + i) % self.ring for i in range(written)]] = UNKNOWN
        self.tick, self.bar_tick, self.tokens, self.step.cursor = mark.tick, mark.bar_tick, mark.tokens, mark.cursor
        self.last_bass, self.last_piano = mark.last_bass, list(mark.last_piano)
        for role, (ticks, pitches) in mark.lines.items():
            self.lines[role].ticks, self.lines[role].pitches = list(ticks), list(pitches)

    # writing ----------------------------------------------------------------------------------------------------------

    def write_frame(self) -> tuple[Frame, list[Event]]:
        """The next frame and its notes, in order. Time has then moved to its end."""
        frame = self.next_frame()
        fixed = fixed_features(frame, self.notes_of_melody, self.onsets, self.wishes, self.ahead)
        vector = np.concatenate((fixed, variable_features(frame.root, self.last_bass, self.last_piano)))
        logits = self.feed(vector, (0, 0, 0, 0), frame.tick)
        events: list[Event] = []
        group: list[Event] = []
        offset = 0
        for _ in range(MOST_IN_FRAME):
            choice = self._draw_offset(logits, offset, len(group), frame)
            if choice <= 0:
                break
            if choice != offset:
                events += self._close(group, frame)
                group, offset = [], choice
            note = self._draw_note(choice, group, frame)
            if note is None:  # no pitch is left at this place
                group += [Event(frame.tick + OFFSETS[choice - 1], -1, 0, 0, PIANO)] * MOST_AT_ONCE
                continue
            pitch_class, duration, velocity = note
            pitch, role = pitch_of(pitch_class, frame.root)
            tick = frame.tick + OFFSETS[choice - 1]
            group.append(Event(tick, pitch, DURATIONS[duration], VELOCITIES[velocity], role))
            logits = self.feed(vector, (choice, pitch_class + 1, duration + 1, velocity + 1), tick)
        events += self._close(group, frame)
        self.turn(frame)
        return frame, events

    def feed(self, vector: np.ndarray, note: tuple[int, int, int, int], tick: int) -> np.ndarray:
        """One token: the frame's features and a note's classes (zeros: the frame itself). Returns offset logits."""
        inputs = self.step.inputs
        inputs["frame"][0] = vector
        inputs["note"][0] = note
        inputs["turn"][...] = turns(float(self.tokens), float(tick))
        out = self.step.run()
        inputs["mask"][(self.step.cursor - 1) % self.ring] = 0.0
        self.tokens += 1
        return out["offset"][0]

    def _draw_offset(self, logits: np.ndarray, offset: int, count: int, frame: Frame) -> int:
        masked = logits.astype(np.float64)
        for k in range(1, OFFSET_CLASSES):
            if k < offset or OFFSETS[k - 1] >= frame.length or (k == offset and count >= MOST_AT_ONCE):
                masked[k] = FORBIDDEN
        return draw(masked, self.random, self.temperature, self.top_p)

    def _draw_note(self, offset: int, group: list[Event], frame: Frame) -> tuple[int, int, int] | None:
        h = self.step.outputs["state"]
        allowed = self.allowed(group, frame)
        if not allowed.any():
            return None
        pitch_head, duration_head, velocity_head = self.heads.values()
        pitch_head.inputs["h_pitch"][...] = h
        pitch_head.inputs["offset_pitch"][...] = offset
        logits = pitch_head.run()["pitch"][0].astype(np.float64)
        if self.inside > 0 and OFFSETS[offset - 1] == 0 and frame.chord is not None:
            logits = logits - self.inside * ~_chord_classes(frame.chord, frame.root)
        logits[~allowed] = FORBIDDEN
        pitch = draw(logits, self.random, self.temperature, self.top_p)
        duration_head.inputs["h_duration"][...] = h
        duration_head.inputs["chosen_duration"][0] = (offset, pitch)
        duration = draw(duration_head.run()["duration"][0], self.random, self.temperature, self.top_p)
        velocity_head.inputs["h_velocity"][...] = h
        velocity_head.inputs["chosen_velocity"][0] = (offset, pitch, duration)
        velocity = draw(velocity_head.run()["velocity"][0], self.random, min(self.temperature, 0.8), self.top_p)
        return pitch, duration, velocity

    def allowed(self, group: list[Event], frame: Frame) -> np.ndarray:
        """(PITCH_CLASSES,) booleans: in range, above the notes struck with it, within what two hands reach; one bass note
        at a time, and first."""
        pitches = np.arange(PITCHES) + PITCH_BASE + root_shift(frame.root)
        piano = (pitches >= LOWEST) & (pitches <= HIGHEST)
        bass = piano & (pitches <= BASS_HIGHEST)
        if group:
            piano &= pitches > group[-1].pitch
            bass &= False
            struck = [e.pitch for e in group if e.role == PIANO]
            piano &= pitches <= reach(struck)
        return np.concatenate((bass, piano))

    def _close(self, group: list[Event], frame: Frame) -> list[Event]:
        """Notes struck together as they are played: no known run completed, nothing held into a chord it is foreign to."""
        kept: list[Event] = []
        for role, lowest, highest in ((BASS, LOWEST, BASS_HIGHEST), (PIANO, LOWEST, 96)):
            own = [e for e in group if e.role == role and e.duration > 0]
            if not own:
                continue
            mended = self.lines[role].mended(own[0].tick, [e.pitch for e in own], lowest, highest)
            for pitch in mended:
                like = min(own, key=lambda e: abs(e.pitch - pitch))
                kept.append(like._replace(pitch=pitch, duration=self._held(like, pitch, frame)))
            if mended:
                self.lines[role].add(own[0].tick, mended[-1])
                if role == BASS:
                    self.last_bass = mended[-1]
                else:
                    self.last_piano = mended[-6:]
        return kept

    def _held(self, event: Event, pitch: int, frame: Frame) -> int:
        if frame.until is None or frame.following is None:
            return event.duration
        change = frame.tick + frame.until
        if event.tick + event.duration > change and pitch % 12 not in frame.following.classes:
            return max(1, change - event.tick)
        return event.duration


def reach(struck: list[int]) -> int:
    """The highest pitch that two hands can add to ascending pitches they strike: each hand five notes within a tenth."""
    if not struck:
        return HIGHEST
    low = [p for p in struck if p <= struck[0] + SPAN][:HAND_NOTES]
    rest = struck[len(low) :]
    if not rest:
        return HIGHEST
    return rest[0] + SPAN if len(rest) < HAND_NOTES else rest[0] - 1


def _chord_classes(chord: Chord, root: int) -> np.ndarray:
    """(PITCH_CLASSES,) booleans: pitches of the chord."""
    classes = np.zeros(12, bool)
    classes[list(chord.classes)] = True
    pitches = np.arange(PITCHES) + PITCH_BASE + root_shift(root)
    return np.tile(classes[pitches % 12], PITCH_CLASSES // PITCHES)
