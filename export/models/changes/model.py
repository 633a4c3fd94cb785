"""The small recurrent net of `changes`: a GRU over frames of half a beat that names the chord now and some frames ago,
and the key; [workshop] (Cho et al. 2014)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from realtime.models.changes.code import KEYS, LABELS
from realtime.models.changes.recurrent import INPUTS, LAGS


@dataclass(frozen=True)
class Config:
    """Sizes of the net."""

    hidden: int = 160


class Follower(nn.Module):
    """x (B, T, INPUTS) -> chord logits (B, T, lags, labels), key logits (B, T, keys)."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config = config
        self.gru = nn.GRU(INPUTS, config.hidden, batch_first=True)
        self.chord = nn.Linear(config.hidden, len(LAGS) * LABELS)
        self.key = nn.Linear(config.hidden, KEYS)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h, _ = self.gru(x)
        return self.chord(h).view(*h.shape[:2], len(LAGS), LABELS), self.key(h)


class Step(nn.Module):
    """One frame: x (1, INPUTS), h (1, hidden) -> chord chances (lags, labels), key chances (1, keys), h_out."""

    def __init__(self, net: Follower):
        super().__init__()
        self.net = net
        self.cell = nn.GRUCell(INPUTS, net.config.hidden)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(self.cell, name).data = getattr(net.gru, f"{name}_l0").data

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        new = self.cell(x, h)
        chords = torch.softmax(self.net.chord(new).view(len(LAGS), LABELS), -1)
        return chords, torch.softmax(self.net.key(new), -1), new


def build(config: dict) -> Follower:
    return Follower(Config(**config))
