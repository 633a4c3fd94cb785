"""The groove model's view of drums: two bars as 32 steps of nine instruments with hit, velocity and microtiming; [any].

Classes of Gillick et al., Learning to Groove with Inverse Sequence Transformations, 2019 (Roland TD-11 and General
MIDI numbers). A step is a 16th; an offset is the distance of a hit from its step in steps, -0.5..0.5 (late is
positive).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from realtime.music.sequence import Note
from realtime.music.syncopation import syncopation_lhl

STEPS, STEPS_PER_BEAT, BEATS = 32, 4, 8
KIT = ("kick", "snare", "closed hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride")
PITCHES = (36, 38, 42, 46, 43, 47, 50, 49, 51)  # what each class is played as
_MEMBERS = (
    (35, 36),
    (37, 38, 39, 40),
    (22, 42, 44, 54, 69, 70),
    (26, 46),
    (41, 43, 58, 64),
    (45, 47, 60, 63),
    (48, 50, 62),
    (49, 52, 55, 57),
    (51, 53, 56, 59),
)
CLASS_OF = {pitch: k for k, members in enumerate(_MEMBERS) for pitch in members}
COMBINATIONS = 1 << len(KIT)  # a step's token: bit k = class k sounds
MODES = ("full", "score", "taps")  # what the encoder is shown: all, the bare hits, or one tapped line
INPUTS = 3 * len(KIT) + 3 + len(MODES)  # kit hits, velocities, offsets; tap hit, velocity, offset; mode, one-hot
DRUM_CHANNEL = 9
_BITS = 1 << np.arange(len(KIT))


@dataclass
class Groove:
    """Two bars: hits (32, 9) bool; velocity (32, 9) 0..1 and offset (32, 9) -0.5..0.5 steps, both 0 where no hit."""

    hits: np.ndarray
    velocity: np.ndarray
    offset: np.ndarray

    @classmethod
    def empty(cls) -> Groove:
        shape = (STEPS, len(KIT))
        return cls(np.zeros(shape, bool), np.zeros(shape, np.float32), np.zeros(shape, np.float32))

    def tokens(self) -> np.ndarray:
        """(32,) int64, 0..511."""
        return self.hits.astype(np.int64) @ _BITS

    def scored(self) -> Groove:
        """The bare hits, on the grid, at one loudness: what humanise starts from."""
        return Groove(self.hits.copy(), np.zeros_like(self.velocity), np.zeros_like(self.offset))

    def notes(self, start_beat: float = 0.0, duration_beats: float = 0.1) -> list[Note]:
        """As notes on channel 9; a hit before `start_beat` (an early first step) is allowed to be early."""
        found = []
        for step, k in zip(*np.nonzero(self.hits), strict=True):
            beat = start_beat + (step + float(self.offset[step, k])) / STEPS_PER_BEAT
            loudness = float(np.clip(self.velocity[step, k], 1 / 127, 1.0))
            found.append(Note(max(0.0, beat), duration_beats, PITCHES[k], loudness, DRUM_CHANNEL))
        return sorted(found)


def token_bits(tokens: np.ndarray | np.int64) -> np.ndarray:
    """(..., 9) bool of tokens 0..511."""
    return (np.asarray(tokens)[..., None] & _BITS) > 0


def grid(onsets_beats: np.ndarray, classes: np.ndarray, velocities: np.ndarray, steps: int) -> Groove:
    """Notes on a grid of `steps` steps from beat 0; of two hits of a class on one step the louder stays; notes outside
    fall away. velocities 0..1."""
    hits = np.zeros((steps, len(KIT)), bool)
    velocity, offset = np.zeros(hits.shape, np.float32), np.zeros(hits.shape, np.float32)
    position = np.asarray(onsets_beats, float) * STEPS_PER_BEAT
    nearest = np.floor(position + 0.5).astype(int)
    for i in np.argsort(velocities, kind="stable"):  # the loudest is written last
        if 0 <= nearest[i] < steps:
            place = nearest[i], classes[i]
            hits[place], velocity[place], offset[place] = True, velocities[i], position[i] - nearest[i]
    return Groove(hits, velocity, offset)


def groove_of(notes: Iterable[Note], start_beat: float = 0.0) -> Groove:
    """Two bars of drums from `start_beat`; percussion outside the nine classes falls away."""
    kept = [(n.beat - start_beat, CLASS_OF[n.pitch], n.velocity) for n in notes if n.pitch in CLASS_OF]
    rows = np.array(kept, float).reshape(-1, 3)
    return grid(rows[:, 0], rows[:, 1].astype(int), rows[:, 2], STEPS)


def taps_of(notes: Iterable[Note], start_beat: float = 0.0) -> Groove:
    """Any notes (pitched or drums) as one tapped line, kept in class 0; only the encoder's mode "taps" reads it so."""
    rows = np.array([(n.beat - start_beat, n.velocity) for n in notes], float).reshape(-1, 2)
    return grid(rows[:, 0], np.zeros(len(rows), int), rows[:, 1], STEPS)


def tapped(groove: Groove) -> np.ndarray:
    """(32, 3) float32: hit, velocity and offset of the loudest hit of each step, whatever it was."""
    loudest = np.where(groove.hits, groove.velocity + 1e-6, -1.0).argmax(axis=1)
    steps = np.arange(len(loudest))
    any_hit = np.asarray(groove.hits.any(axis=1))
    rows = np.stack([any_hit, groove.velocity[steps, loudest], groove.offset[steps, loudest]], axis=1)
    return (rows * any_hit[:, None]).astype(np.float32)


def encoder_input(groove: Groove, mode: str = "full") -> np.ndarray:
    """(32, 33) float32 for the encoder; raises ValueError for an unknown mode."""
    rows = np.zeros((STEPS, INPUTS), np.float32)
    width = len(KIT)
    if mode != "taps":
        rows[:, :width] = groove.hits
    if mode == "full":
        rows[:, width : 2 * width] = groove.velocity * groove.hits
        rows[:, 2 * width : 3 * width] = 2 * groove.offset * groove.hits
    if mode == "taps":
        rows[:, 3 * width : 3 * width + 3] = tapped(groove) * (1.0, 1.0, 2.0)
    rows[:, 3 * width + 3 + MODES.index(mode)] = 1.0
    return rows


# ---- what a groove is like: the attributes that have a direction in the latent space ------------------------------
ATTRIBUTES = ("density", "complexity", "swing")


def density(groove: Groove) -> float:
    """Hits a step."""
    return float(groove.hits.sum() / len(groove.hits))


def complexity(groove: Groove, ghost: float = 0.25) -> float:
    """Syncopation of kick and snare, per bar (Longuet-Higgins & Lee 1984). Hits softer than `ghost` (if any velocities are
    given) are no accents."""
    loud = groove.hits & ((groove.velocity >= ghost) | (groove.velocity.max() <= 0))
    steps = len(groove.hits)
    lines = (np.flatnonzero(line).tolist() for line in loud[:, :2].T)
    return sum(syncopation_lhl(line, cyclic=False, length=steps) for line in lines) / (steps / 16)


def swing(groove: Groove) -> float:
    """0 straight .. 1 triplets: how late the hits between the eighths (or, failing these, between the beats) are.

    Of hits 0.40..0.72 through their beat: (place - 1/2) / (1/6); 0.20..0.36 through their eighth, twice as fine. The
    mean over all such hits, 0 if there are none; may be a little negative.
    """
    step, k = np.nonzero(groove.hits)
    place = (step + groove.offset[step, k]) / STEPS_PER_BEAT % 1.0
    eighths = (place[(place > 0.40) & (place < 0.72)] - 0.5) * 6
    within = place % 0.5
    sixteenths = (within[(within > 0.20) & (within < 0.36)] - 0.25) * 12
    found = np.concatenate([eighths, sixteenths])
    return float(found.mean()) if len(found) else 0.0


def attributes(groove: Groove) -> np.ndarray:
    """(3,) in the order of ATTRIBUTES."""
    return np.array([density(groove), complexity(groove), swing(groove)])


CODE = {"steps": STEPS, "kit": list(KIT), "modes": list(MODES), "inputs": INPUTS}
