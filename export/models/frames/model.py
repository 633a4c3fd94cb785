"""`frames`: a plain variational autoencoder of 16 piano-roll slices at once, and a recurrent one that writes them one
after the other; [workshop].

The plain one is Kingma & Welling's (2014), multilayer perceptrons on both sides; the recurrent one reads both ways and
writes each slice from the latent, its state and the slice before (Fabius & van Amersfoort 2014; Chung et al. 2015).
Both: 88 independent Bernoulli keys a slice, so their likelihoods stand beside each other.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import realtime.models.frames.code as code
from export.models.latent import Posterior

SIZE = code.SLICES * code.KEYS


@dataclass
class Config:
    latent: int = 48
    hidden: int = 320
    recurrent: int = 192
    dropout: float = 0.2


class PlainVAE(nn.Module):
    """Rolls (batch, 16, 88) of 0 and 1."""

    def __init__(self, c: Config):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(SIZE, c.hidden), nn.ReLU(), nn.Dropout(c.dropout), nn.Linear(c.hidden, c.hidden), nn.ReLU()
        )
        self.posterior = Posterior(c.hidden, c.latent)
        self.decoder = nn.Sequential(
            nn.Linear(c.latent, c.hidden), nn.ReLU(), nn.Linear(c.hidden, c.hidden), nn.ReLU(), nn.Dropout(c.dropout)
        )
        self.out = nn.Linear(c.hidden, SIZE)
        nn.init.constant_(self.out.bias, -3.0)

    def encode(self, rolls: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (batch, latent)."""
        return self.posterior(self.encoder(rolls.flatten(1)))

    def decode(self, z: Tensor, rolls: Tensor | None = None) -> Tensor:
        """Logits (batch, 16, 88); `rolls` is not looked at."""
        return self.out(self.decoder(z)).reshape(-1, code.SLICES, code.KEYS).float()


class RecurrentVAE(nn.Module):
    """Rolls (batch, 16, 88) of 0 and 1."""

    def __init__(self, c: Config):
        super().__init__()
        self.inlet = nn.Linear(code.KEYS, c.recurrent)
        self.reader = nn.GRU(c.recurrent, c.recurrent, batch_first=True, bidirectional=True)
        self.posterior = Posterior(2 * c.recurrent, c.latent)
        self.start = nn.Linear(c.latent, c.recurrent)
        self.before = nn.Linear(code.KEYS, c.recurrent)
        self.latent_in = nn.Linear(c.latent, c.recurrent)
        self.place = nn.Parameter(0.1 * torch.randn(code.SLICES, c.recurrent))
        self.gru = nn.GRU(2 * c.recurrent, c.recurrent, batch_first=True)
        self.drop = nn.Dropout(c.dropout)
        self.out = nn.Linear(2 * c.recurrent, code.KEYS)
        self.copy = nn.Parameter(torch.tensor(2.0))  # keys tend to sound on
        nn.init.constant_(self.out.bias, -4.0)

    def encode(self, rolls: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (batch, latent)."""
        _, last = self.reader(F.relu(self.inlet(rolls)))
        return self.posterior(torch.cat([last[0], last[1]], dim=-1))

    def contexts(self, z: Tensor) -> Tensor:
        """(batch, 16, recurrent): what the latent tells each slice."""
        return torch.tanh(self.latent_in(z))[:, None] + self.place

    def decode(self, z: Tensor, rolls: Tensor) -> Tensor:
        """Teacher-forced logits (batch, 16, 88): slice t sees the slices before."""
        past = torch.cat([torch.zeros_like(rolls[:, :1]), rolls[:, :-1]], dim=1)
        context = self.contexts(z)
        hidden, _ = self.gru(torch.cat([context, F.relu(self.before(past)).to(context.dtype)], -1), self.first(z))
        return self._logits(hidden, context, past)

    def first(self, z: Tensor) -> Tensor:
        """State before the first slice, (1, batch, recurrent)."""
        return torch.tanh(self.start(z))[None].float()

    def step(self, past: Tensor, context: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One slice: the one before (batch, 88), context (batch, recurrent), state -> logits (batch, 88), state."""
        hidden, state = self.gru(torch.cat([context, F.relu(self.before(past))], -1)[:, None], state)
        return self._logits(hidden[:, 0], context, past), state

    def _logits(self, hidden: Tensor, context: Tensor, past: Tensor) -> Tensor:
        h = self.drop(torch.cat([hidden, context.to(hidden.dtype)], dim=-1))
        return self.out(h).float() + self.copy * past


class FramesModel(nn.Module):
    """Both nets for both grids: nets["plain_bar"], nets["recurrent_quarters"], ..."""

    def __init__(self, config: Config | None = None):
        super().__init__()
        self.config = c = config or Config()
        kinds = {"plain": PlainVAE, "recurrent": RecurrentVAE}
        self.nets = nn.ModuleDict({f"{n}_{g}": kinds[n](c) for g in code.GRIDS for n in code.NETS})

    def config_dict(self) -> dict:
        return asdict(self.config)


def slice_nats(logits: Tensor, rolls: Tensor) -> Tensor:
    """Binary cross-entropy summed over the keys, (batch, 16)."""
    return F.binary_cross_entropy_with_logits(logits, rolls, reduction="none").sum(-1)
