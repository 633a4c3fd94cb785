"""`groove`: two bars of drums to a latent and back: which drums by a recurrent decoder, then how each is struck;
[workshop].

After MusicVAE (Roberts et al. 2018: one of 512 combinations of nine drums a step, a conductor above the decoder) and
GrooVAE (Gillick et al. 2019: velocity and microtiming; inputs with something missing). The stroke of each hit is
Gaussian given the latent and the whole score, so that the same net humanises a score.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

import realtime.models.groove.code as code
from export.models.latent import Conductor, ConvBlock, Posterior, StepEncoder

KIT = len(code.KIT)
STROKES = 4 * KIT  # velocity mean, log deviation; offset mean, log deviation
LOWEST_LOG_DEVIATION = -3.5  # 0.03: a finer stroke than any ear or sensor


@dataclass
class Config:
    latent: int = 256
    width: int = 160
    blocks: int = 4
    beat_width: int = 128
    conductor: int = 160
    context: int = 128
    hidden: int = 256
    stroke_width: int = 128
    stroke_blocks: int = 3
    dropout: float = 0.1


class GrooveModel(nn.Module):
    """Inputs (batch, 32, 33) as code.encoder_input; hits (batch, 32, 9) of 0 and 1."""

    def __init__(self, config: Config | None = None):
        super().__init__()
        self.config = c = config or Config()
        self.encoder = StepEncoder(code.INPUTS, c.width, c.blocks, c.beat_width)
        self.posterior = Posterior(8 * c.beat_width, c.latent)
        self.conductor = Conductor(c.latent, c.conductor, c.context)
        self.before = nn.Linear(KIT, c.context)
        self.gru = nn.GRU(c.context, c.hidden, batch_first=True)
        self.drop = nn.Dropout(c.dropout)
        self.combination = nn.Linear(c.hidden + c.context, code.COMBINATIONS)
        self.single = nn.Linear(c.hidden + c.context, KIT)  # each drum by itself: rare combinations borrow from it
        self.score_in = nn.Linear(KIT + c.context, c.stroke_width)
        self.stroke_blocks = nn.ModuleList(ConvBlock(c.stroke_width, 1, 2**i) for i in range(c.stroke_blocks))
        self.stroke_out = nn.Linear(c.stroke_width, STROKES)
        bits = torch.from_numpy(code.token_bits(torch.arange(code.COMBINATIONS).numpy()).astype("float32"))
        self.register_buffer("bits", bits, persistent=False)

    def config_dict(self) -> dict:
        return asdict(self.config)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (batch, latent) of the posterior."""
        return self.posterior(self.encoder(x))

    def logits_of(self, hidden: Tensor, context: Tensor) -> Tensor:
        """(..., 512) from the decoder's output and the step's context."""
        h = torch.cat([self.drop(hidden), context.to(hidden.dtype)], dim=-1)
        return self.combination(h) + self.single(h) @ self.get_buffer("bits").T.to(h.dtype)

    def decode(self, context: Tensor, hits: Tensor) -> Tensor:
        """Teacher-forced logits (batch, 32, 512): step t sees the hits of the steps before."""
        past = torch.cat([torch.zeros_like(hits[:, :1]), hits[:, :-1]], dim=1)
        hidden, _ = self.gru(context + self.before(past))
        return self.logits_of(hidden, context).float()

    def step(self, past: Tensor, context: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One step: hits before (batch, 9), context (batch, context), state (1, batch, hidden) -> logits (batch, 512),
        state."""
        hidden, state = self.gru((context + self.before(past))[:, None], state)
        return self.logits_of(hidden[:, 0], context), state

    def strokes(self, context: Tensor, hits: Tensor) -> Tensor:
        """(batch, 32, 4, 9): velocity mean and log deviation, offset mean and log deviation (0..1 and steps)."""
        h = self.score_in(torch.cat([hits, context.to(hits.dtype)], dim=-1))
        for block in self.stroke_blocks:
            h = block(h)
        raw = self.stroke_out(h).float().reshape(*hits.shape[:2], 4, KIT)
        velocity, offset = torch.sigmoid(raw[..., 0, :]), 0.5 * torch.tanh(raw[..., 2, :])
        deviations = [LOWEST_LOG_DEVIATION + nn.functional.softplus(raw[..., i, :] + 1.5) for i in (1, 3)]
        return torch.stack([velocity, deviations[0], offset, deviations[1]], dim=2)


def stroke_nats(strokes: Tensor, hits: Tensor, velocity: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    """Gaussian negative log-density of the velocities and of the offsets, (batch,) each, summed over the hits."""
    found = []
    for i, truth in ((0, velocity), (2, offset)):
        mean, log_deviation = strokes[:, :, i], strokes[:, :, i + 1]
        nats = 0.5 * ((truth - mean) * torch.exp(-log_deviation)) ** 2 + log_deviation + 0.919
        found.append((nats * hits).sum((1, 2)))
    return found[0], found[1]
