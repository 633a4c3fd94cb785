"""The event code of `phrase`: what a note, a turn and a place in time are to it, as small integers; [any].

A note is (pitch, duration, velocity) and the delta from its onset to the next one, deltas and durations being classes
of melody_code.STEPS (24 ticks a quarter note). Pitch is counted from the tonic, in the octave where the phrase lies, so
that the model sees one key and one register. The model's input at k is the event k and the *place* of the event k + 1
(when it begins, whose it is, how much of the turn is left); its outputs are that event's pitch, then its duration,
velocity and delta. Turns open with a separator event that stands at their start and has only a delta. Both the
workshop and the run time read this file: what was trained is what is played.
"""

from __future__ import annotations

from dataclasses import dataclass

from realtime.music.melody_code import (
    DELTAS,
    DURATIONS,
    END,
    METRES,
    MODES,
    STEPS,
    TICKS,
    bar_ticks,
    beat_ticks,
    metre_class,
    step_class,
)

PITCHES = 96  # tonic-relative; CENTRE is the tonic of the octave the phrase lies in
CENTRE = 48
SEPARATOR = PITCHES  # pitch of an event that opens a turn
BEGIN = PITCHES + 1  # pitch of the event before all others
VELOCITIES = 17  # class 0: unknown (the source has no dynamics); else MIDI velocity // 8 + 1
POSITIONS = 144  # ticks in the longest bar told apart (12/8, 3/2)
ROLES = ("call", "answer", "song", "prefix", "suffix", "middle")
CALL, ANSWER, SONG, PREFIX, SUFFIX, MIDDLE = range(len(ROLES))
ENDING = (ANSWER, MIDDLE)  # roles whose length is known, and which end by themselves
REMAINING = 66  # class 0: unknown; 1..64: eighths left in the turn; 65: more
STYLES = ("", "folk", "classical", "jazz", "pop")
TEXTURES = ("line", "chords")
LINE, CHORDS = 0, 1
MEMORY_EVENTS = 256  # events the model attends to

# the content of event k, then the place of event k + 1
CONTENT = ("pitch", "duration", "velocity", "content_role")
PLACE = ("delta", "position", "role", "remaining", "metre", "mode", "style", "texture")
SIZES = {
    "pitch": PITCHES + 2,
    "duration": DURATIONS,
    "velocity": VELOCITIES,
    "content_role": len(ROLES),
    "delta": DELTAS,
    "position": POSITIONS,
    "role": len(ROLES),
    "remaining": REMAINING,
    "metre": len(METRES),
    "mode": len(MODES),
    "style": len(STYLES),
    "texture": len(TEXTURES),
}
FIELDS = CONTENT + PLACE
# when: bar number, tick in the bar and tick in the turn of event k (own_) and of event k + 1; length of the bar; number
# of the event
TIMES = ("own_bar", "own_tick", "own_offset", "bar", "tick", "offset", "bar_ticks", "index")

# relative places: how far apart in bars, in sixteenths of the bar, in events, and whether at the same moment of a turn
BARS_BACK, BARS_AHEAD = 16, 9
BAR_CLASSES = BARS_BACK + BARS_AHEAD + 1
PHASE_CLASSES = 26  # 0..23 sixteenths later in the bar, 24: off that grid but at the same place in a beat, 25: off it
LOCATIONS = 16
PARALLEL_CLASSES = 3  # elsewhere; within an eighth of the same moment of another turn; exactly there
ROTARY_BARS = (1, 2, 4, 8, 32)  # periods of the rotary phases, in bars
ROTARY_TICKS = (6, 12, 24)  # in ticks
ROTARY_EVENTS = (4, 8, 16, 32, 64, 128, 256, 512)  # in events
ROTARY = len(ROTARY_BARS) + len(ROTARY_TICKS) + len(ROTARY_EVENTS)


def velocity_class(velocity: float) -> int:
    """Class 1..16 of a MIDI velocity 1..127; 0 of 0 or less (unknown)."""
    return 0 if velocity <= 0 else min(16, int(velocity) // 8 + 1)


def velocity_of(number: int) -> float:
    """Velocity 0..1 in the middle of a class (class 0: 0.7)."""
    return 0.7 if number <= 0 else (number * 8 - 4) / 127


def remaining_class(ticks_left: int) -> int:
    """Class of the time left in a turn."""
    return min(max(1, -(-ticks_left // (TICKS // 2))), REMAINING - 1)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the model's pitch CENTRE lies: `origin` is its MIDI number, a tonic; `mode` "major", "minor" or ""."""

    origin: int
    mode: str = ""

    @classmethod
    def around(cls, tonic: int, mode: str, mean_pitch: float) -> Frame:
        """The frame whose octave above the tonic holds `mean_pitch`."""
        return cls(tonic + 12 * int((mean_pitch - tonic) // 12), mode)

    def encode(self, pitch: int) -> int:
        """MIDI number to token; beyond the eight octaves it folds into the outermost."""
        token = pitch - self.origin + CENTRE
        while token < 0:
            token += 12
        while token >= PITCHES:
            token -= 12
        return token

    def decode(self, token: int) -> int:
        """Token to MIDI number (may lie outside 0..127 for extreme registers: the caller folds it)."""
        return token + self.origin - CENTRE

    @property
    def mode_class(self) -> int:
        return MODES.index(self.mode)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the events of one turn share. `start` counts ticks from a bar line; `length` is 0 where it is unknown."""

    role: int
    start: int
    length: int
    metre: int
    bar: int
    mode: int
    style: int
    texture: int = LINE

    @classmethod
    def of(
        cls, role: int, start: int, length: int, numerator: int, denominator: int, mode: int, style: int, texture: int
    ) -> Turn:
        """A turn in a time signature."""
        metre, bar = metre_class(numerator, denominator), bar_ticks(numerator, denominator)
        return cls(role, start, length, metre, bar, mode, style, texture)

    def place(self, tick: int, delta: int) -> tuple[int, ...]:
        """The PLACE fields of an event at `tick`, `delta` (class) after the event before it."""
        left = remaining_class(self.start + self.length - tick) if self.length else 0
        position = min(tick % self.bar, POSITIONS - 1)
        return (delta, position, self.role, left, self.metre, self.mode, self.style, self.texture)

    def when(self, tick: int) -> tuple[int, int, int]:
        """Bar number, tick in the bar and tick in the turn of an event at `tick`."""
        return tick // self.bar, tick % self.bar, tick - self.start


__all__ = ["DELTAS", "DURATIONS", "END", "METRES", "MODES", "STEPS", "TICKS", "bar_ticks", "beat_ticks", "step_class"]
