"""What the lines of `morph` keep to while they are written: a key, and no run of the training music; [player process]."""

from __future__ import annotations

from dataclasses import dataclass, field

import realtime.models.morph.code as code
from realtime.music.keyfinding import Key
from realtime.sampling.copyguard import CopyGuard

TICKS_PER_STEP = 24 // code.STEPS_PER_BEAT
REMEMBERED = 32  # steps from note to note


@dataclass
class Line:
    """One line as written so far: its steps from note to note (interval, ticks), its last note."""

    run: list[tuple[int, int]] = field(default_factory=list)
    pitch: int = 0
    onset: int = -1  # step counted from the piece's start; -1: no note yet
    held: bool = False


@dataclass
class Taste:
    """A key and how strongly it holds (nats against other notes); what was written before, so that no run of the
    training set is completed across the bar line either."""

    key: Key | None = None
    key_strength: float = 0.0
    lines: dict[str, Line] = field(default_factory=dict)  # by track
    step: int = 0

    def takes(self, track: str, token: int, guard: CopyGuard | None) -> bool:
        """Whether a line may go on with a token; if so, the record of the line does."""
        line = self.lines.setdefault(track, Line())
        if token < code.FIRST_NOTE:
            line.held = line.held and token != code.OFF
            return True
        pitch = token - code.FIRST_NOTE + code.LOWEST_PITCH
        if line.held and pitch == line.pitch and self.step % code.STEPS == 0 and self.step - line.onset > code.TIED:
            return True  # code.notes_of makes one note of the two
        if line.onset >= 0:
            run = [*line.run, (pitch - line.pitch, (self.step - line.onset) * TICKS_PER_STEP)]
            if guard is not None and guard.knows(run):
                return False
            line.run = run[-REMEMBERED:]
        line.pitch, line.onset, line.held = pitch, self.step, True
        return True
