"""`answer`: a recurrent model of melodies in turns, exact likelihood per note; [workshop].

One GRU step per event (Cho et al. 2014). From the state after event i it gives, by the chain rule, the duration of
i, the delta to i+1 given that duration, and the pitch of i+1 given the delta (and with it the place in the bar). The
conditionals are small tables computed at once, so that a player needs one run per note and may mask any of them
before it draws.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from realtime.music import melody_code as code


@dataclass
class AnswerConfig:
    hidden: int = 256
    layers: int = 2
    embed: int = 192
    pitch_hidden: int = 128
    time_hidden: int = 96
    dropout: float = 0.25


# vocabulary and width of each embedded field of an event, in the order of code.FIELDS (bar_ticks is used as a number)
EMBED = (
    ("delta", code.DELTAS, 24),
    ("pitch", code.PITCHES + 1, 48),
    ("duration_before", code.DURATIONS, 16),
    ("position", code.POSITIONS, 24),
    ("metre", len(code.METRES), 8),
    ("role", 2, 8),
    ("mode", len(code.MODES), 8),
    ("remaining", code.REMAINING, 16),
)


class AnswerModel(nn.Module):
    """Events (batch, time, 9) int64 in melody_code.FIELDS order; state (layers, batch, hidden) float32."""

    def __init__(self, config: AnswerConfig | None = None):
        super().__init__()
        self.config = c = config or AnswerConfig()
        self.embed = nn.ModuleList(nn.Embedding(n, width) for _, n, width in EMBED)
        self.chroma = nn.Embedding(13, 16)  # pitch class above the tonic (12: separator): octaves share what they mean
        self.inlet = nn.Linear(sum(width for _, _, width in EMBED) + 16, c.embed)
        self.gru = nn.GRU(c.embed, c.hidden, c.layers, batch_first=True, dropout=c.dropout)
        self.drop = nn.Dropout(c.dropout)
        self.duration_head = nn.Linear(c.hidden, code.DURATIONS)
        self.delta_in = nn.Linear(c.hidden, c.time_hidden)
        self.delta_duration = nn.Embedding(code.DURATIONS, c.time_hidden)
        self.delta_head = nn.Linear(c.time_hidden, code.DELTAS)
        self.pitch_in = nn.Linear(c.hidden, c.pitch_hidden)
        self.pitch_delta = nn.Embedding(code.DELTAS, c.pitch_hidden)
        self.pitch_place = nn.Embedding(code.POSITIONS, c.pitch_hidden)
        self.pitch_head = nn.Linear(c.pitch_hidden, code.PITCHES)
        self.register_buffer("ticks", torch.tensor((*code.STEPS, 0)), persistent=False)
        for layer in (*self.embed, self.chroma, self.delta_duration, self.pitch_delta, self.pitch_place):
            nn.init.normal_(layer.weight, std=0.1)

    def config_dict(self) -> dict:
        return asdict(self.config)

    def encode(self, events: Tensor) -> Tensor:
        """Input vectors (batch, time, embed) of events."""
        parts = [table(events[..., i]) for i, table in enumerate(self.embed)]
        pitch = events[..., 1]
        parts.append(self.chroma(torch.where(pitch == code.SEPARATOR, 12, pitch % 12)))
        return self.drop(torch.relu(self.inlet(torch.cat(parts, dim=-1))))

    def place_after(self, events: Tensor, delta: Tensor) -> Tensor:
        """Place in the bar after `delta` (classes), from the place in `events`; shapes broadcast."""
        return torch.clamp((events[..., 3] + self.get_buffer("ticks")[delta]) % events[..., 8], max=code.POSITIONS - 1)

    def forward(self, events: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """Summed negative log-likelihood in nats of each kind, (3,): duration, delta, pitch.

        targets (batch, time, 3) as in export.corpora.segments (-100: none); weights (batch, time) multiply the nats.
        """
        out, _ = self.gru(self.encode(events))
        out = self.drop(out)
        duration, delta = (targets[..., i].clamp(min=0) for i in range(2))
        logits = (
            self.duration_head(out),
            self.delta_head(torch.relu(self.delta_in(out) + self.delta_duration(duration))),
            self.pitch_head(
                torch.relu(
                    self.pitch_in(out) + self.pitch_delta(delta) + self.pitch_place(self.place_after(events, delta))
                )
            ),
        )
        losses = []
        for i, logit in enumerate(logits):
            nats = F.cross_entropy(logit.flatten(0, 1), targets[..., i].flatten(), reduction="none", ignore_index=-100)
            losses.append((nats * weights.flatten()).sum())
        return torch.stack(losses)

    def step(self, event: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One event (9,) and a state (layers, hidden) to the logits of what follows, and the new state.

        duration (DURATIONS,); delta (DURATIONS, DELTAS): row = duration; pitch (DELTAS, PITCHES): row = delta.
        """
        out, state = self.gru(self.encode(event[None, None]), state[:, None])
        return (*self.heads(event, out[0, 0]), state[:, 0])

    def heads(self, event: Tensor, out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The logits of `step` from the top state (hidden,)."""
        delta = self.delta_head(torch.relu(self.delta_in(out)[None] + self.delta_duration.weight))
        every = torch.arange(code.DELTAS)
        place = self.pitch_place(self.place_after(event, every))
        pitch = self.pitch_head(torch.relu(self.pitch_in(out)[None] + self.pitch_delta.weight + place))
        return self.duration_head(out), delta, pitch
