"""The copy guard of `disguise`: its upper line completes no run of the music it learned from; [player process].

The net writes all of two bars at once; the line on top is read through from the left, and the note that would complete a
known run moves to the likeliest other pitch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

import realtime.models.disguise.code as code
from realtime.sampling.copyguard import CopyGuard

TICKS = 6  # of a sixteenth
REMEMBERED = 32  # steps from note to note
FARTHEST = 12  # semitones that a note may move


@dataclass
class UpperLine:
    """The line on top as written so far: its steps from note to note (interval, ticks), and its last note (pitch, and
    step counted from the piece's start; -1: none yet). shift: semitones from the roll's key to the one heard."""

    run: list[tuple[int, int]] = field(default_factory=list)
    pitch: int = 0
    step: int = -1
    shift: int = 0

    def longer(self, row: int, step: int) -> list[tuple[int, int]]:
        """The run with one more note of the roll; empty for the first note."""
        return [*self.run, (row + self.shift - self.pitch, (step - self.step) * TICKS)] if self.step >= 0 else []

    def goes_to(self, row: int, step: int) -> None:
        self.run, self.pitch, self.step = self.longer(row, step)[-REMEMBERED:], row + self.shift, step


def keep_original(roll: np.ndarray, logits: np.ndarray, guard: CopyGuard, line: UpperLine, start: int = 0) -> int:
    """Changes a roll (2, steps, 72) in place so that its upper line completes no known run; returns how many notes moved
    or, where no other pitch will do, went.

    logits: of the same shape, what the net thought of each cell. line: what came before, moved on. start: the roll's
    first step, counted from the piece's start.
    """
    changed = 0
    sounds = roll[code.SOUND] | roll[code.STRUCK]
    before = np.zeros(code.PITCHES, bool)
    for t in range(len(sounds)):
        begins = sounds[t] & (roll[code.STRUCK, t] | ~before)
        while begins.any():
            top = int(np.flatnonzero(begins)[-1])
            if not guard.knows(line.longer(top, start + t)):
                line.goes_to(top, start + t)
                break
            changed += 1
            end = t + 1
            while end < len(sounds) and sounds[end, top] and not roll[code.STRUCK, end, top]:
                end += 1
            roll[:, t:end, top] = False
            sounds[t:end, top] = False
            begins[top] = False
            row = _other(begins, sounds[t : end + 1], logits[:, t].sum(axis=0), top, line, start + t, guard)
            if row is not None:
                roll[code.SOUND, t:end, row] = sounds[t:end, row] = True
                roll[code.STRUCK, t, row] = begins[row] = True
        before = sounds[t].copy()
    return changed


def _other(
    begins: np.ndarray,
    sounds: np.ndarray,
    liking: np.ndarray,
    top: int,
    line: UpperLine,
    step: int,
    guard: CopyGuard,
) -> int | None:
    """The likeliest row that is free while the note lasts, is still on top, and completes no known run."""
    rows = np.arange(code.PITCHES)
    below = int(np.flatnonzero(begins)[-1]) if begins.any() else -1
    free = ~sounds.any(axis=0) & (rows > below) & (np.abs(rows - top) <= FARTHEST) & (rows != top)
    for row in sorted(rows[free].tolist(), key=lambda r: -float(liking[r])):
        if not guard.knows(line.longer(row, step)):
            return row
    return None
