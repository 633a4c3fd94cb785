"""The eight-button autoencoder: a contour encoder of dilated convolutions, a recurrent decoder that plays; [workshop].

Donahue, Simon & Dieleman, Piano Genie, IUI 2019 (arXiv 1810.05246): integer-quantised autoencoder with a straight-
through gradient, margin and contour losses. Ours adds chords, a texture switch and dropping out both conditions.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from realtime.models.genie.code import BUTTONS, CHORD_SIZE, KEYS

WAIT_FEATURES = 10
STEP = 2.0 / (BUTTONS - 1)  # between neighbouring buttons


@dataclass(frozen=True)
class Config:
    hidden: int = 256  # of the decoder's GRU
    layers: int = 2
    channels: int = 96  # of the encoder
    blocks: int = 4  # dilations 1, 2, 4, 8

    def as_dict(self) -> dict:
        return asdict(self)


def wait_features(wait_s: Tensor) -> Tensor:
    """(..., 10): triangular bumps on a logarithmic scale of waiting time, from 10 ms to 4 s."""
    place = torch.log2(torch.clamp(wait_s, 0.0078125, 4.0)) + 7.0  # 0..9
    centres = torch.arange(WAIT_FEATURES, dtype=wait_s.dtype, device=wait_s.device)
    return torch.clamp(1.0 - (place.unsqueeze(-1) - centres).abs(), min=0.0)


class Encoder(nn.Module):
    """keys (b, t) int64, wait_s (b, t), mask (b, t) -> one number a note, near -1..1."""

    def __init__(self, config: Config):
        super().__init__()
        c = config.channels
        self.key = nn.Embedding(KEYS, c)
        self.first = nn.Linear(WAIT_FEATURES + 1, c)
        self.convs = nn.ModuleList(
            nn.Conv1d(c, 2 * c, 5, padding=2 * 2**i, dilation=2**i) for i in range(config.blocks)
        )
        self.last = nn.Linear(c, 1)

    def forward(self, keys: Tensor, wait_s: Tensor, mask: Tensor) -> Tensor:
        height = (keys.to(wait_s.dtype) / (KEYS - 1) * 2.0 - 1.0).unsqueeze(-1)
        x = (self.key(keys) + self.first(torch.cat([wait_features(wait_s), height], -1))).transpose(1, 2)
        for conv in self.convs:
            value, gate = conv(x * mask.unsqueeze(1)).chunk(2, dim=1)
            x = x + torch.tanh(value) * torch.sigmoid(gate)
        return self.last(x.transpose(1, 2)).squeeze(-1)


def quantised(value: Tensor) -> Tensor:
    """Rounded to the eight buttons; the gradient passes straight through (Bengio et al. 2013)."""
    rounded = torch.round((torch.clamp(value, -1.0, 1.0) + 1.0) / STEP) * STEP - 1.0
    return value + (rounded - value).detach()


class Decoder(nn.Module):
    """Plays: what was played and pressed so far, and this press -> logits of the 88 keys."""

    def __init__(self, config: Config):
        super().__init__()
        h = config.hidden
        self.config = config
        self.key = nn.Embedding(KEYS + 1, h)
        self.inputs = nn.Linear(4 + WAIT_FEATURES + CHORD_SIZE, h)
        self.gru = nn.GRU(h, h, config.layers, batch_first=True)
        self.out = nn.Linear(2 * h, KEYS)

    def features(self, before: Tensor, press: Tensor, wait_s: Tensor, chord: Tensor, texture: Tensor) -> Tensor:
        """before (b, t) key before (88: none); press (b, t, 3): button -1..1, change from the button before, 1 if there
        are buttons (all 0: none); texture (b, t)."""
        x = torch.cat([press, texture.unsqueeze(-1), wait_features(wait_s), chord], -1)
        return F.gelu(self.key(before) + self.inputs(x))

    def forward(self, before, press, wait_s, chord, texture, state=None) -> tuple[Tensor, Tensor]:
        x = self.features(before, press, wait_s, chord, texture)
        y, state = self.gru(x, state)
        return self.out(torch.cat([y, x], -1)), state


class Genie(nn.Module):
    """Encoder, buttons, decoder."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def decode(self, batch: dict[str, Tensor], buttons: Tensor, with_buttons: Tensor, with_chord: Tensor) -> Tensor:
        """Teacher-forced logits (b, t, 88); with_buttons, with_chord: (b, 1) of 0 or 1, the conditions to leave out."""
        keys = batch["keys"]
        before = F.pad(keys[:, :-1], (1, 0), value=KEYS)
        change = F.pad(buttons[:, 1:] - buttons[:, :-1], (1, 0))
        on = with_buttons.expand_as(buttons)
        press = torch.stack([buttons * on, change * on, on], -1)
        texture = batch["texture"].unsqueeze(1).expand_as(buttons)
        return self.decoder(before, press, batch["wait_s"], batch["chord"] * with_chord.unsqueeze(-1), texture)[0]


def contour_losses(keys: Tensor, value: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """(margin, contour): values beyond -1..1, and pairs of notes whose values do not rise with the keys by a button at
    least (or, where the key repeats, do not stay)."""
    margin = (torch.clamp(value.abs() - 1.0, min=0.0) ** 2 * mask).sum() / mask.sum()
    step = value[:, 1:] - value[:, :-1]
    sign = torch.sign((keys[:, 1:] - keys[:, :-1]).to(value.dtype))
    both = mask[:, 1:] * mask[:, :-1]
    wrong = torch.where(sign == 0, step.abs(), torch.clamp(STEP - sign * step, min=0.0)) / STEP
    return margin, (torch.clamp(wrong, max=4.0) * both).sum() / both.sum()


def contour_violations(keys: Tensor, buttons: Tensor, mask: Tensor) -> Tensor:
    """Share of note pairs of different keys whose buttons move the other way (Piano Genie's contour violation
    ratio); equal buttons do not violate."""
    sign = torch.sign(keys[:, 1:] - keys[:, :-1]).to(buttons.dtype)
    step = torch.sign(torch.round((buttons[:, 1:] - buttons[:, :-1]) / STEP))
    both = mask[:, 1:] * mask[:, :-1] * (sign != 0)
    return ((sign * step < 0) * both).sum() / both.sum().clamp(min=1)
