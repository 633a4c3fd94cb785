"""Chord and key following by a hidden Markov model: forward filtering with a fixed lag, and smoothing; [player process]
(Rabiner 1989; Sheh and Ellis 2003 for chords; Raphael and Stoddard 2004 for chord and key together).

A state is a key (24) and a chord (109). Chords are kept relative to the tonic, so that one table a mode serves all keys
and a step is two small matrix products. The chord changes with a probability by metrical place; the key changes at bar
lines.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from realtime.models.changes.code import KEYS, LABELS, NO_CHORD, PLACES, TEMPLATES, label_roll

KINDS = ("notes", "melody", "audio")  # what the evidence is: all notes, a melody alone, chroma of audio
TABLES = {  # names and shapes; log probabilities unless said otherwise
    "hmm_start": (2, LABELS),  # probability of the first chord, relative to the tonic, by mode
    "hmm_move": (2, LABELS, LABELS),  # probability of the next chord when it changes, relative to the tonic
    "hmm_hazard": (PLACES,),  # probability that the chord changes, by metrical place
    "hmm_key_move": (2, 2, 12),  # probability of the next key at a bar line: mode, next mode, interval
    "hmm_tone": (len(KINDS), len(TEMPLATES) + 1, 12),  # probability that a pitch class sounds, relative to the root
    "hmm_bass": (2, len(TEMPLATES) + 1, 12),  # log probability of the bass's class above the root: of notes, of audio
    "hmm_key_tone": (2, 12),  # log probability of a sounding pitch class, relative to the tonic
    "hmm_weights": (len(KINDS), 3),  # exponents of tones, bass and key tones
}
_ABSOLUTE = np.stack([label_roll(-(k % 12)) for k in range(KEYS)])  # [key, relative label] -> absolute label
_RELATIVE = np.stack([label_roll(k % 12) for k in range(KEYS)])  # [key, absolute label] -> relative label


class ChordFilter:
    """Follows chord and key frame by frame (half a beat each).

    tables: TABLES by name. kind: "notes", "melody" or "audio". `step` takes a frame's evidence and returns the chances
    of all labels now; `lagged(n)` those of n frames ago, given all heard since.
    """

    def __init__(self, tables: Mapping[str, np.ndarray], kind: str = "notes", longest_lag: int = 4):
        self.kind = KINDS.index(kind)
        self.longest_lag = longest_lag
        t = {name: np.asarray(tables[name], np.float64) for name in TABLES}
        self.start = np.concatenate([np.repeat(t["hmm_start"][m][None], 12, 0) for m in (0, 1)]) / KEYS
        self.move = t["hmm_move"].astype(np.float32)
        self.move_back = np.ascontiguousarray(self.move.transpose(0, 2, 1))
        self.hazard = t["hmm_hazard"]
        self.key_move = _key_matrix(t["hmm_key_move"])
        self.tone_weight, self.bass_weight, self.key_weight = t["hmm_weights"][self.kind]
        tone = np.clip(t["hmm_tone"][self.kind], 1e-4, 1 - 1e-4)
        self.tone_on = _by_label(np.log(tone) - np.log1p(-tone))  # (109, 12)
        self.tone_off = _by_label(np.log1p(-tone)).sum(1)  # (109,)
        self.bass = _by_label(t["hmm_bass"][int(kind == "audio")])  # (109, 12)
        self.key_tone = np.concatenate(
            [np.stack([np.roll(t["hmm_key_tone"][m], k) for k in range(12)]) for m in (0, 1)]
        )
        self.reset()

    def reset(self) -> None:
        """Back to before the first frame."""
        self.alpha = self.start.astype(np.float32)  # (24, 109): key, chord relative to the tonic
        self.history: list[tuple[np.ndarray, np.ndarray, int]] = []  # state, likelihood, place
        self.fresh = True

    # one frame ----------------------------------------------------------------------------------------------------
    def likelihood(self, sounding: np.ndarray, bass: int) -> np.ndarray:
        """(24, 109) likelihood of a frame, at most 1: sounding (12,) 0..1, bass a pitch or -1."""
        chord = self.tone_weight * (self.tone_on @ sounding + self.tone_off)
        if bass >= 0 and self.bass_weight:
            chord = chord + self.bass_weight * self.bass[:, bass % 12]
        key = self.key_weight * (self.key_tone @ sounding)
        chord, key = np.exp(chord - chord.max()), np.exp(key - key.max())
        return (chord[_ABSOLUTE] * key[:, None]).astype(np.float32)

    def predict(self, alpha: np.ndarray, place: int) -> np.ndarray:
        """The state one frame on, before it is heard; place: the metrical place of the new frame."""
        hazard = self.hazard[place]
        moved = np.empty_like(alpha)
        np.matmul(alpha[:12], self.move[0], out=moved[:12])
        np.matmul(alpha[12:], self.move[1], out=moved[12:])
        moved *= np.float32(hazard)
        moved += np.float32(1 - hazard) * alpha
        if place == 0:
            absolute = np.take_along_axis(moved, _RELATIVE, 1)
            moved = np.take_along_axis(self.key_move.T @ absolute, _ABSOLUTE, 1)
        return moved

    def _back(self, beta: np.ndarray, place: int) -> np.ndarray:
        if place == 0:
            absolute = np.take_along_axis(beta, _RELATIVE, 1)
            beta = np.take_along_axis(self.key_move @ absolute, _ABSOLUTE, 1)
        moved = np.empty_like(beta)
        np.matmul(beta[:12], self.move_back[0], out=moved[:12])
        np.matmul(beta[12:], self.move_back[1], out=moved[12:])
        moved *= np.float32(self.hazard[place])
        moved += np.float32(1 - self.hazard[place]) * beta
        return moved

    def peek(self, sounding: np.ndarray, bass: int, place: int) -> np.ndarray:
        """(24, 109) state if the frame that now sounds were this; nothing is remembered."""
        predicted = self.alpha if self.fresh else self.predict(self.alpha, place)
        alpha = predicted * self.likelihood(sounding, bass)
        return alpha / alpha.sum()

    def step(self, sounding: np.ndarray, bass: int, place: int) -> np.ndarray:
        """Hears one frame. Returns (109,) chances of all labels in it (lag 0)."""
        likelihood = self.likelihood(sounding, bass)
        alpha = (self.alpha if self.fresh else self.predict(self.alpha, place)) * likelihood
        alpha /= max(float(alpha.sum()), 1e-30)
        self.alpha, self.fresh = alpha, False
        self.history.append((alpha, likelihood, place))
        if len(self.history) > self.longest_lag + 1:
            self.history.pop(0)
        return chord_chances(alpha)

    def lagged(self, frames: int) -> np.ndarray | None:
        """(109,) chances of the labels `frames` ago, given what came since; None while there is no such frame."""
        if frames >= len(self.history):
            return None
        beta = np.ones((KEYS, LABELS), np.float32)
        for i in range(1, frames + 1):
            _, likelihood, place = self.history[-i]
            beta = self._back(beta * likelihood, place)
            beta /= beta.max()
        gamma = self.history[-1 - frames][0] * beta
        return chord_chances(gamma / gamma.sum())

    def keys(self) -> np.ndarray:
        """(24,) chances of the keys now."""
        return self.alpha.sum(1)

    # a whole piece ------------------------------------------------------------------------------------------------
    def follow(self, sounding: np.ndarray, bass: np.ndarray, places: np.ndarray, lags: tuple[int, ...] = (0,)):
        """(len(lags), frames) labels, each decided `lag` frames later (the last ones at the end of the piece), and
        (frames,) keys as filtered."""
        self.reset()
        frames = len(places)
        found = np.zeros((len(lags), frames), np.int64)
        keys = np.zeros(frames, np.int64)
        for f in range(frames):
            self.step(sounding[f], int(bass[f]), int(places[f]))
            keys[f] = int(self.keys().argmax())
            beta = np.ones((KEYS, LABELS), np.float32)
            last = f == frames - 1
            for lag in range(min(max(lags), len(self.history) - 1) + 1):
                if lag:
                    _, likelihood, place = self.history[-lag]
                    beta = self._back(beta * likelihood, place)
                    beta /= beta.max()
                for row, wanted in enumerate(lags):
                    if lag == wanted or (last and lag < wanted):
                        chances = chord_chances(self.history[-1 - lag][0] * beta)
                        found[row, f - lag] = int(chances.argmax())
        return found, keys

    def smooth(self, sounding: np.ndarray, bass: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(frames,) labels and keys of a whole piece, each given all of it (forward and backward)."""
        self.reset()
        frames = len(places)
        alphas, likelihoods = [], []
        for f in range(frames):
            self.step(sounding[f], int(bass[f]), int(places[f]))
            alphas.append(self.history[-1][0])
            likelihoods.append(self.history[-1][1])
        beta = np.ones((KEYS, LABELS), np.float32)
        labels, keys = np.zeros(frames, np.int64), np.zeros(frames, np.int64)
        for f in range(frames - 1, -1, -1):
            if f < frames - 1:
                beta = self._back(beta * likelihoods[f + 1], int(places[f + 1]))
                beta /= beta.max()
            gamma = alphas[f] * beta
            labels[f], keys[f] = int(chord_chances(gamma).argmax()), int(gamma.sum(1).argmax())
        return labels, keys


def chord_chances(state: np.ndarray) -> np.ndarray:
    """(109,) chances of the labels of a (24, 109) state."""
    return np.take_along_axis(state, _RELATIVE, 1).sum(0)


def _by_label(table: np.ndarray) -> np.ndarray:
    """(10, 12) by quality and interval above the root -> (109, 12) by label and pitch class."""
    rows = [np.roll(table[q], root) for q in range(len(TEMPLATES)) for root in range(12)]
    return np.stack([*rows, table[-1]])


def _key_matrix(table: np.ndarray) -> np.ndarray:
    """(2, 2, 12) by mode, next mode, interval -> (24, 24)."""
    k = np.arange(KEYS)
    return table[k[:, None] // 12, k[None] // 12, (k[None] - k[:, None]) % 12].astype(np.float32)


assert NO_CHORD == LABELS - 1
