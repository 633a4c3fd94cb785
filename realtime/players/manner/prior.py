"""What a melody does if nothing is known of it: small steps, even values, each note as long as the way to the next; [any].

It stands below what was learned where no trained model does, with that model's face, so that the same writer plays it.
"""

from __future__ import annotations

from functools import cache

import numpy as np

import realtime.models.phrase.code as code

STEPS = np.array(code.STEPS)
FIRST_NEAR = 5.0
"""Semitones around the tonic's middle octave in which a first note lies."""
_USUAL = {3: 0.3, 4: 0.3, 6: 2.0, 8: 1.0, 12: 6.0, 16: 0.6, 18: 1.5, 24: 5.0, 36: 1.5, 48: 2.0, 72: 0.7, 96: 0.7}
_SCALE = np.isin((np.arange(code.PITCHES) - code.CENTRE) % 12, (0, 2, 4, 5, 7, 9, 11))
_BOTH = np.isin((np.arange(code.PITCHES) - code.CENTRE) % 12, (3, 10))


@cache
def pitch_prior(before: int) -> np.ndarray:
    """(96,) of the next pitch token, after one; -1: of the first."""
    tokens = np.arange(code.PITCHES)
    if before < 0:
        near = np.exp(-0.5 * ((tokens - code.CENTRE - 6) / FIRST_NEAR) ** 2)
    else:
        near = np.exp(-np.abs(tokens - before) / 2.5)
        near[before] *= 0.6
    return _norm((near + 1e-6) * np.where(_SCALE, 1.0, np.where(_BOTH, 0.3, 0.1)))


@cache
def duration_prior() -> np.ndarray:
    """(32,) of a duration's class."""
    weights = np.array([_USUAL.get(step, 0.05) for step in code.STEPS])
    weights[0] = 0.0
    return _norm(weights)


@cache
def delta_prior(duration: int) -> np.ndarray:
    """(33,) of the class of the step to the next note, after a duration's class; the last: no next note."""
    weights = np.full(code.DELTAS, 0.003)
    ratio = STEPS[duration:] / max(1, STEPS[duration])
    weights[duration : code.END] += np.exp(-3.0 * (ratio - 1.0))
    weights[0], weights[code.END] = 1e-6, 0.02
    return _norm(weights)


class PriorNet:
    """The priors as logits, in place of a net of `phrase`: see realtime.models.phrase.writer.Model."""

    def __init__(self) -> None:
        self.pitch = np.zeros(code.PITCHES)
        self.duration = np.zeros(code.DURATIONS)
        self.velocity = np.zeros(code.VELOCITIES)
        self.delta = np.zeros(code.DELTAS)
        self.reset()

    def reset(self) -> None:
        """Forgets the last note."""
        self._before = -1

    def feed(self, fields: tuple[int, ...], times: tuple[int, ...]) -> None:
        """An event; one that opens a turn has no pitch and leaves the line where it was."""
        if fields[0] < code.PITCHES:
            self._before = fields[0]
        self.pitch[:] = _log(pitch_prior(self._before))
        self.ask(fields[0], fields[1])

    def ask(self, pitch: int, duration: int) -> None:
        """Duration, and the step after it."""
        self.duration[:] = _log(duration_prior())
        self.delta[:] = _log(delta_prior(duration))


def _norm(weights: np.ndarray) -> np.ndarray:
    weights = weights / weights.sum()
    weights.flags.writeable = False
    return weights


def _log(p: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(p, 1e-12))
