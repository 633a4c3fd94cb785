"""Windows of songs as tensors: transposed, with some of what is known hidden, features made dense; [workshop]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from export.models.accompany.data import Song, token_arrays
from realtime.models.accompany.code import (
    AHEAD,
    FEATURES,
    FIELDS,
    FIXED,
    HIGHEST,
    LOWEST,
    NEXT,
    PITCH_BASE,
    PITCHES,
)
from realtime.models.accompany.rotary import turns

HEIGHTS = ("melody_height", "ahead_height", "register")
FLAGS = {"melody_height": "melody_heard", "ahead_height": "ahead_count", "register": "register_known"}


@dataclass(frozen=True)
class Hidden:
    """What a window does not tell the model: the melody of the frame itself, the next chord, the wishes."""

    ahead: bool = False
    following: bool = False
    density: bool = False
    register: bool = False
    loudness: bool = False


LIVE = Hidden(ahead=True, density=True, register=True, loudness=True)
FULL = Hidden(density=True, register=True, loudness=True)


@dataclass
class Batch:
    """frames (B, N, FEATURES), index (B, T), note (B, T, 4), turn (B, T, 2, pairs), target (B, T, 4)."""

    frames: Tensor
    index: Tensor
    note: Tensor
    turn: Tensor
    target: Tensor

    @property
    def events(self) -> tuple[int, int]:
        """Notes and frame ends that are predicted."""
        first = self.target[..., 0]
        return int((first > 0).sum()), int((first == 0).sum())


def dense_frames(song: Song, first: int, count: int, shift: int, hidden: Hidden) -> np.ndarray:
    """(count, FEATURES) float32 of a song's frames from `first` on, transposed by `shift` semitones."""
    v = np.zeros((count, FEATURES), np.float32)
    v[:, :FIXED] = song.fixed[first : first + count]
    for name in HEIGHTS:
        v[:, FIELDS[name]] += np.where(v[:, FIELDS[FLAGS[name]]] > 0, shift / 12, 0)
    if hidden.ahead:
        v[:, AHEAD] = 0
    if hidden.following:
        v[:, NEXT] = 0
    for name in ("density", "register", "loudness"):
        if getattr(hidden, name):
            v[:, FIELDS[name]] = 0
            v[:, FIELDS[f"{name}_known"]] = 0
    rows = song.frames[first : first + count]
    root = (rows[:, 2] + shift) % 12
    base = (root + 5) % 12 - 5 + PITCH_BASE
    i = np.arange(count)
    v[i, FIELDS["root"].start + root] = 1
    has = rows[:, 3] >= 0
    v[i[has], FIELDS["last_bass"].start + np.clip(rows[has, 3] + shift - base[has], 0, PITCHES - 1)] = 1
    group = song.last_piano[first : first + count].astype(np.int64)
    has_piano = group >= 0
    which, _ = np.nonzero(has_piano)
    pitch = group[has_piano] + shift
    v[which, FIELDS["last_piano"].start + np.clip(pitch - base[which], 0, PITCHES - 1)] = 1
    return v


class Windows:
    """All windows of some songs. Tokens are made once; a window is cut, transposed and hidden when it is drawn."""

    def __init__(self, songs: Sequence[Song], length: int):
        self.songs, self.length = list(songs), length
        self.tables = [token_arrays(s) for s in self.songs]
        self.sizes = np.array([len(t) for t in self.tables], float)

    def draw(self, rng: np.random.Generator) -> tuple[int, int]:
        """A song by its length, and a token to begin at: a frame's."""
        which = int(rng.choice(len(self.songs), p=self.sizes / self.sizes.sum()))
        table = self.tables[which]
        start = int(rng.integers(0, max(1, len(table) - self.length // 2)))
        while start > 0 and table[start, 1]:
            start -= 1
        return which, start

    def row(self, which: int, start: int, shift: int, hidden: Hidden) -> tuple[np.ndarray, ...]:
        """One window: dense frames, index, note, turn, target; shorter than `length` at the end of a song."""
        song, table = self.songs[which], self.tables[which][start : start + self.length + 1]
        own = table[: self.length]
        first = int(own[0, 0])
        frames = dense_frames(song, first, int(own[-1, 0]) - first + 1, shift, hidden)
        root = (song.frames[table[:, 0], 2] + shift) % 12
        base = (root + 5) % 12 - 5 + PITCH_BASE
        pitch = table[:, 4] * PITCHES + np.clip(table[:, 3] + shift, LOWEST, HIGHEST) - base
        is_note = table[:, 1] > 0
        note = np.where(is_note[:, None], np.stack((table[:, 2], pitch + 1, table[:, 5] + 1, table[:, 6] + 1), 1), 0)
        target = np.full((len(own), 4), -1, np.int64)
        follow = table[1:]
        n = len(follow)  # the last token of a song ends its frame
        goes_on = is_note[1:]
        target[:n, 0] = np.where(goes_on, follow[:, 2], 0)
        target[n:, 0] = 0
        target[:n, 1] = np.where(goes_on, pitch[1:], -1)
        target[:n, 2:] = np.where(goes_on[:, None], follow[:, 5:7], -1)
        turn = turns(np.arange(len(own)), own[:, 7] - own[0, 8])
        return frames, own[:, 0] - first, note[: len(own)], turn, target

    def batch(self, rows: Sequence[tuple[np.ndarray, ...]]) -> Batch:
        """Rows padded to the longest, with nothing to predict in the padding."""
        frames = max(len(r[0]) for r in rows)
        tokens = max(len(r[1]) for r in rows)
        b = len(rows)
        out: tuple[np.ndarray, ...] = (
            np.zeros((b, frames, FEATURES), np.float32),
            np.zeros((b, tokens), np.int64),
            np.zeros((b, tokens, 4), np.int64),
            np.zeros((b, tokens, *rows[0][3].shape[1:]), np.float32),
            np.full((b, tokens, 4), -1, np.int64),
        )
        for k, row in enumerate(rows):
            for whole, part in zip(out, row, strict=True):
                whole[k, : len(part)] = part
        return Batch(*(torch.from_numpy(a) for a in out))


def random_hidden(rng: np.random.Generator) -> Hidden:
    """What a training window hides: the melody ahead half the time, the next chord seldom, each wish half the time."""
    dice = rng.random(5)
    return Hidden(*(bool(x) for x in dice < (0.5, 0.12, 0.5, 0.5, 0.5)))
