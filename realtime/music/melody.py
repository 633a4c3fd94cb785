"""Plain features of a melody: range, register, density, syncopation, contour, tonality; [any]."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from realtime.music.keyfinding import Key, find_key
from realtime.music.scale import key_classes
from realtime.music.sequence import Note


@dataclass(frozen=True, slots=True)
class MelodyFeatures:
    """Of some notes: count; lowest, highest and mean pitch (mean by duration); notes per beat; mean interval size in
    semitones; share of leaps over 4 semitones; share of onsets off the eighth-note grid's beats; mean velocity and
    its spread; key."""

    notes: int
    lowest: int
    highest: int
    mean_pitch: float
    notes_per_beat: float
    mean_interval: float
    leap_share: float
    offbeat_share: float
    velocity: float
    velocity_spread: float
    key: Key


def features(notes: Sequence[Note]) -> MelodyFeatures | None:
    """Features of at least one note; None of none."""
    if not notes:
        return None
    line = sorted(notes)
    pitches = [n.pitch for n in line]
    durations = [max(n.duration, 1e-6) for n in line]
    steps = [abs(b - a) for a, b in itertools.pairwise(pitches)]
    span = max(max(n.end for n in line) - line[0].beat, 1e-6)
    mean_velocity = sum(n.velocity for n in line) / len(line)
    return MelodyFeatures(
        notes=len(line),
        lowest=min(pitches),
        highest=max(pitches),
        mean_pitch=sum(p * d for p, d in zip(pitches, durations, strict=True)) / sum(durations),
        notes_per_beat=len(line) / span,
        mean_interval=sum(steps) / len(steps) if steps else 0.0,
        leap_share=sum(s > 4 for s in steps) / len(steps) if steps else 0.0,
        offbeat_share=sum(abs(n.beat - round(n.beat)) > 0.05 for n in line) / len(line),
        velocity=mean_velocity,
        velocity_spread=(sum((n.velocity - mean_velocity) ** 2 for n in line) / len(line)) ** 0.5,
        key=find_key(pitches, durations),
    )


def in_key_share(pitches: Sequence[int], tonic: int, mode: str) -> float:
    """Share of pitches that belong to a key (minor with both sixths and sevenths); 1 of none."""
    classes = key_classes(tonic, mode)
    return sum(p % 12 in classes for p in pitches) / len(pitches) if pitches else 1.0
