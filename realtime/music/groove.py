"""Groove templates: where in the bar a player is early or late and loud or soft, learned from notes and laid upon
others; [any] (Gillet and others 2019, Learning to Groove, section 3: offsets and velocities on a grid)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from realtime.music.sequence import Note


@dataclass(frozen=True)
class GrooveTemplate:
    """Of every grid step of a bar: mean offset in beats (positive late), mean velocity 0..1, and how many notes were
    heard there (0: nothing known, no change)."""

    steps_per_beat: int
    bar_beats: float
    offsets: tuple[float, ...]
    velocities: tuple[float, ...]
    counts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.offsets)


def extract_groove(
    notes: Sequence[Note], bar_beats: float = 4.0, steps_per_beat: int = 4, first_bar: float = 0.0
) -> GrooveTemplate:
    """The template of some notes, each counted at its nearest grid step; first_bar: beat of a bar line."""
    steps = max(1, round(bar_beats * steps_per_beat))
    offsets, velocities, counts = [0.0] * steps, [0.0] * steps, [0] * steps
    for note in notes:
        place = (note.beat - first_bar) * steps_per_beat
        nearest = round(place)
        step = nearest % steps
        offsets[step] += (place - nearest) / steps_per_beat
        velocities[step] += note.velocity
        counts[step] += 1
    return GrooveTemplate(
        steps_per_beat,
        bar_beats,
        tuple(o / c if c else 0.0 for o, c in zip(offsets, counts, strict=True)),
        tuple(v / c if c else 0.0 for v, c in zip(velocities, counts, strict=True)),
        tuple(counts),
    )


def apply_groove(
    notes: Sequence[Note],
    template: GrooveTemplate,
    timing: float = 1.0,
    dynamics: float = 1.0,
    first_bar: float = 0.0,
) -> list[Note]:
    """Notes drawn to the template's timing and velocities by shares 0..1: at timing 1 every note lies on its grid step
    plus the template's offset, at 0 it stays where it is. Steps the template knows nothing of leave notes alone."""
    moved = []
    for note in notes:
        place = (note.beat - first_bar) * template.steps_per_beat
        nearest = round(place)
        step = nearest % len(template)
        if not template.counts[step]:
            moved.append(note)
            continue
        goal = first_bar + nearest / template.steps_per_beat + template.offsets[step]
        beat = note.beat + timing * (goal - note.beat)
        velocity = note.velocity + dynamics * (template.velocities[step] - note.velocity)
        moved.append(note._replace(beat=max(0.0, beat), velocity=min(1.0, max(0.0, velocity))))
    return moved
