"""`morph`: two bars of melody, bass and drums (any of them) to one latent and back through a conductor and a recurrent
decoder for each track; [workshop].

After MusicVAE (Roberts et al. 2018), its trio; tracks that are not given are masked, so that one latent serves one,
two or three of them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

import realtime.models.groove.code as groove_code
import realtime.models.morph.code as morph_code
from export.models.latent import Conductor, Posterior, StepEncoder

KIT = len(groove_code.KIT)
TOKENS = morph_code.TOKENS


@dataclass
class Config:
    latent: int = 256
    embed: int = 64
    melody: int = 160  # encoder width; the decoder's hidden size is 1.6 times it
    bass: int = 112
    drums: int = 112
    blocks: int = 4
    beat_width: int = 96
    context: int = 128
    dropout: float = 0.1


class LineEncoder(nn.Module):
    """Tokens and what sounds after each, (batch, 32) int64 both, to features."""

    def __init__(self, embed: int, width: int, blocks: int, beat_width: int):
        super().__init__()
        self.token, self.sound = nn.Embedding(TOKENS, embed), nn.Embedding(TOKENS, embed)
        self.net = StepEncoder(2 * embed, width, blocks, beat_width)

    def forward(self, tokens: Tensor, sounding: Tensor) -> Tensor:
        return self.net(torch.cat([self.token(tokens), self.sound(sounding)], dim=-1))


class LineDecoder(nn.Module):
    """Context (batch, 32, context) and the tokens before to logits (batch, 32, 90)."""

    def __init__(self, latent: int, embed: int, context: int, hidden: int, dropout: float):
        super().__init__()
        self.conductor = Conductor(latent, context, context)
        self.token, self.sound = nn.Embedding(TOKENS, embed), nn.Embedding(TOKENS, embed)
        self.before = nn.Linear(2 * embed, context)
        self.gru = nn.GRU(context, hidden, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(hidden + context, TOKENS)

    def inlet(self, context: Tensor, before: Tensor, sounding: Tensor) -> Tensor:
        return context + self.before(torch.cat([self.token(before), self.sound(sounding)], dim=-1))

    def outlet(self, hidden: Tensor, context: Tensor) -> Tensor:
        return self.out(torch.cat([self.drop(hidden), context.to(hidden.dtype)], dim=-1))

    def forward(self, context: Tensor, tokens: Tensor, sounding: Tensor) -> Tensor:
        first = torch.zeros_like(tokens[:, :1])
        before, sounds = (torch.cat([first, x[:, :-1]], dim=1) for x in (tokens, sounding))
        hidden, _ = self.gru(self.inlet(context, before, sounds))
        return self.outlet(hidden, context).float()

    def step(self, before: Tensor, sounding: Tensor, context: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One step: (batch,) int64, (batch,) int64, (batch, context), (1, batch, hidden)."""
        hidden, state = self.gru(self.inlet(context, before, sounding)[:, None], state)
        return self.outlet(hidden[:, 0], context), state


class DrumDecoder(nn.Module):
    """As groove's: logits of the 512 combinations of nine drums, each drum also by itself."""

    def __init__(self, latent: int, context: int, hidden: int, dropout: float):
        super().__init__()
        self.conductor = Conductor(latent, context, context)
        self.before = nn.Linear(KIT, context)
        self.gru = nn.GRU(context, hidden, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.combination = nn.Linear(hidden + context, groove_code.COMBINATIONS)
        self.single = nn.Linear(hidden + context, KIT)
        bits = groove_code.token_bits(torch.arange(groove_code.COMBINATIONS).numpy()).astype("float32")
        self.register_buffer("bits", torch.from_numpy(bits), persistent=False)

    def outlet(self, hidden: Tensor, context: Tensor) -> Tensor:
        h = torch.cat([self.drop(hidden), context.to(hidden.dtype)], dim=-1)
        return self.combination(h) + self.single(h) @ self.get_buffer("bits").T.to(h.dtype)

    def forward(self, context: Tensor, hits: Tensor) -> Tensor:
        past = torch.cat([torch.zeros_like(hits[:, :1]), hits[:, :-1]], dim=1)
        hidden, _ = self.gru(context + self.before(past))
        return self.outlet(hidden, context).float()

    def step(self, past: Tensor, context: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One step: hits before (batch, 9), (batch, context), (1, batch, hidden)."""
        hidden, state = self.gru((context + self.before(past))[:, None], state)
        return self.outlet(hidden[:, 0], context), state


class MorphModel(nn.Module):
    """Lines (batch, 32) int64 with what sounds after each step; hits (batch, 32, 9); present (batch, 3) of 0 and 1."""

    def __init__(self, config: Config | None = None):
        super().__init__()
        self.config = c = config or Config()
        small = c.beat_width * 2 // 3
        self.melody_encoder = LineEncoder(c.embed, c.melody, c.blocks, c.beat_width)
        self.bass_encoder = LineEncoder(c.embed, c.bass, c.blocks - 1, small)
        self.drum_encoder = StepEncoder(KIT, c.drums, c.blocks - 1, small)
        self.posterior = Posterior(8 * (c.beat_width + 2 * small) + 3, c.latent)
        self.melody = LineDecoder(c.latent, c.embed, c.context, round(1.6 * c.melody), c.dropout)
        self.bass = LineDecoder(c.latent, c.embed, c.context * 3 // 4, round(1.6 * c.bass), c.dropout)
        self.drums = DrumDecoder(c.latent, c.context * 3 // 4, round(1.6 * c.drums), c.dropout)

    def config_dict(self) -> dict:
        return asdict(self.config)

    def encode(
        self,
        melody: Tensor,
        melody_sounding: Tensor,
        bass: Tensor,
        bass_sounding: Tensor,
        hits: Tensor,
        present: Tensor,
        rows: tuple[slice, slice, slice] = (slice(None), slice(None), slice(None)),
    ) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (batch, latent). rows: which rows have each track at all (the others are not computed);
        melody, bass and hits hold those rows only."""
        features = []
        found = (
            self.melody_encoder(melody, melody_sounding),
            self.bass_encoder(bass, bass_sounding),
            self.drum_encoder(hits),
        )
        for track, (part, where) in enumerate(zip(found, rows, strict=True)):
            whole = part
            if len(part) != len(present):
                whole = part.new_zeros(len(present), part.shape[1])
                whole[where] = part
            features.append(whole * present[:, track : track + 1].to(part.dtype))
        return self.posterior(torch.cat([*features, present.to(features[0].dtype)], dim=-1))
