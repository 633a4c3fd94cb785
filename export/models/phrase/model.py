"""`phrase`: a transformer over notes with rotary and biased attention in metrical time, channel attention over the
streams of a note, and autoregressive heads within it; [workshop].

Relative positions: Shaw et al. 2018, Huang et al. 2019 (Music Transformer), rotary form of Su et al. 2021, here with the
bar and the beat as periods beside the number of events; learned biases per head by distance in bars, by place in the
bar, by events, and by the same moment of another turn. Channel attention: self-attention over the four streams of one
event (pitch, onset, duration, velocity) and its context, before they are mixed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import realtime.models.phrase.code as code

EVENTS_ALONE = (4, 5, 6, 7, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 512)  # periods without metrical ones
STREAMS = ("pitch", "onset", "duration", "velocity", "context")


@dataclass
class Config:
    hidden: int = 192
    layers: int = 4
    heads: int = 6
    wide: int = 3  # the feed-forward layer against hidden
    stream: int = 64
    head_hidden: int = 128
    channel: str = "attention"  # over the streams: attention, gate (squeeze and excite) or none
    metrical: bool = True  # relative places in bars and beats; False: in events alone
    dropout: float = 0.1


class Norm(nn.Module):
    """Root mean square norm with a gain."""

    def __init__(self, width: int):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.gain


class ChannelAttention(nn.Module):
    """(..., streams, width) to the same: every stream of one event looks at the others."""

    def __init__(self, config: Config):
        super().__init__()
        self.kind, width, count = config.channel, config.stream, len(STREAMS)
        if self.kind == "attention":
            self.norm = Norm(width)
            self.mix = nn.Linear(width, 3 * width, bias=False)
            self.out = nn.Linear(width, width, bias=False)
            self.role = nn.Parameter(torch.randn(count, width) * 0.1)  # which stream is which
        elif self.kind == "gate":
            self.squeeze = nn.Linear(count * width, width)
            self.excite = nn.Linear(width, count * width)
        elif self.kind != "none":
            raise ValueError(f"channel {self.kind}: use attention, gate or none")

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == "attention":
            q, k, v = self.mix(self.norm(x) + self.role).chunk(3, -1)
            weight = torch.softmax((q @ k.transpose(-1, -2)).float() / math.sqrt(q.shape[-1]), -1)
            return x + self.out(weight.to(v.dtype) @ v)
        if self.kind == "gate":
            gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.flatten(-2)))))
            return x * (2.0 * gate.unflatten(-1, (len(STREAMS), -1)))
        return x


class Streams(nn.Module):
    """Fields (..., FIELDS) int64 to the input vector (..., hidden)."""

    # fields of the streams; the pitch also by its class above the tonic, so that octaves share what they mean
    PARTS: ClassVar[dict[str, tuple[str, ...]]] = {
        "pitch": ("pitch",),
        "onset": ("delta", "position"),
        "duration": ("duration",),
        "velocity": ("velocity",),
        "context": ("content_role", "role", "remaining", "metre", "mode", "style", "texture"),
    }

    def __init__(self, config: Config):
        super().__init__()
        self.tables = nn.ModuleDict({name: nn.Embedding(code.SIZES[name], config.stream) for name in code.FIELDS})
        self.chroma = nn.Embedding(14, config.stream)
        self.channel = ChannelAttention(config)
        self.mix = nn.Linear(len(STREAMS) * config.stream, config.hidden)
        for table in (m for m in self.modules() if isinstance(m, nn.Embedding)):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, fields: Tensor) -> Tensor:
        column = {name: fields[..., i] for i, name in enumerate(code.FIELDS)}
        streams = []
        for stream in STREAMS:
            total = sum(self.tables[name](column[name]) for name in self.PARTS[stream])
            if stream == "pitch":
                pitch = column["pitch"]
                total = total + self.chroma(torch.where(pitch >= code.PITCHES, pitch - code.PITCHES + 12, pitch % 12))
            streams.append(total)
        return self.mix(self.channel(torch.stack(streams, -2)).flatten(-2))


def split_times(times: Tensor) -> dict[str, Tensor]:
    """(..., TIMES) by name."""
    return {name: times[..., i] for i, name in enumerate(code.TIMES)}


class Rotary(nn.Module):
    """Phases of a moment: (..., ROTARY) angles in turns, from bar number, tick in the bar, bar length and event
    number."""

    def __init__(self, metrical: bool):
        super().__init__()
        self.metrical = metrical

    def forward(self, bar: Tensor, tick: Tensor, bar_ticks: Tensor, index: Tensor) -> Tensor:
        events = code.ROTARY_EVENTS if self.metrical else EVENTS_ALONE
        turns = [_phase(index, events)]
        if self.metrical:
            bars = torch.tensor(code.ROTARY_BARS, device=bar.device)
            inside = (tick.float() / bar_ticks.float()).unsqueeze(-1)
            turns = [((bar.unsqueeze(-1) % bars).float() + inside) / bars, _phase(tick, code.ROTARY_TICKS), *turns]
        return torch.cat(turns, -1)


def _phase(number: Tensor, periods: tuple[int, ...]) -> Tensor:
    """(...,) integers to (..., periods) fractions of each period."""
    length = torch.tensor(periods, device=number.device)
    return (number.unsqueeze(-1) % length).float() / length


def rotate(x: Tensor, turns: Tensor) -> Tensor:
    """x (..., heads, width) with its pairs turned by angles (..., width / 2), the same in every head."""
    angle = (turns * (2.0 * math.pi)).unsqueeze(-2)
    c, s = torch.cos(angle).to(x.dtype), torch.sin(angle).to(x.dtype)
    a, b = x.chunk(2, -1)
    return torch.cat([a * c - b * s, a * s + b * c], -1)


class Places(nn.Module):
    """Learned biases of all layers and heads from where a key lies as seen from a query."""

    def __init__(self, config: Config):
        super().__init__()
        self.metrical = config.metrical
        columns = config.layers * config.heads
        metric = code.BAR_CLASSES * code.PHASE_CLASSES * code.PARALLEL_CLASSES
        self.location = nn.Parameter(torch.zeros(code.LOCATIONS, columns))
        self.metric = nn.Parameter(torch.zeros(metric if self.metrical else 1, columns))

    def location_class(self, back: Tensor) -> Tensor:
        """Class of a distance in events, 0 and up."""
        coarse = 6 + torch.log2(back.clamp(min=1).float() / 2 + 1e-3).floor().long().clamp(0, 9)
        return torch.where(back < 8, back.clamp(max=7), coarse).clamp(0, code.LOCATIONS - 1)

    def metric_class(self, query: dict[str, Tensor], key: dict[str, Tensor]) -> Tensor:
        """Class of each (query, key) pair: bars apart, place in the bar apart, same moment of a turn."""
        bars = (query["bar"] - key["own_bar"]).clamp(-code.BARS_AHEAD, code.BARS_BACK) + code.BARS_AHEAD
        apart = (query["tick"] - key["own_tick"]) % query["bar_ticks"]
        off = torch.where(apart % code.TICKS == 0, code.PHASE_CLASSES - 2, code.PHASE_CLASSES - 1)
        phase = torch.where(apart % 6 == 0, (apart // 6).clamp(max=code.PHASE_CLASSES - 3), off)
        moment = (query["offset"] - key["own_offset"]).abs()
        parallel = torch.where(moment == 0, 2, torch.where(moment <= 12, 1, 0))
        return (bars * code.PHASE_CLASSES + phase) * code.PARALLEL_CLASSES + parallel

    def forward(self, query: dict[str, Tensor], key: dict[str, Tensor], back: Tensor) -> Tensor:
        """(..., Q, K, layers * heads) of queries (..., Q, 1), keys (..., 1, K) and their distance in events (Q, K)."""
        located = F.embedding(self.location_class(back.clamp(min=0)), self.location)
        if not self.metrical:
            return located + self.metric * 0.0
        return F.embedding(self.metric_class(query, key), self.metric) + located


class Layer(nn.Module):
    """Attention and a feed-forward net, each after a norm and added."""

    def __init__(self, config: Config):
        super().__init__()
        width = config.hidden
        self.heads = config.heads
        self.norm_1, self.norm_2 = Norm(width), Norm(width)
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, config.wide * width, bias=False)
        self.down = nn.Linear(config.wide * width, width, bias=False)
        self.drop = nn.Dropout(config.dropout)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.down.weight)

    def split(self, x: Tensor, here: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key (both rotated) and value (..., heads, width) of x; `here` are the phases of the events
        themselves, `there` of the next ones, which ask."""
        q, k, v = (p.unflatten(-1, (self.heads, -1)) for p in self.query_key_value(self.norm_1(x)).chunk(3, -1))
        return rotate(q, there) / math.sqrt(q.shape[-1]), rotate(k, here), v

    def forward(self, x: Tensor, here: Tensor, there: Tensor, bias: Tensor) -> Tensor:
        """x (batch, time, width); bias (batch, heads, time, time) with the mask in it."""
        q, k, v = (p.transpose(1, 2) for p in self.split(x, here, there))
        score = (q @ k.transpose(-1, -2)).float() + bias
        mixed = torch.softmax(score, -1).to(v.dtype) @ v
        x = x + self.out(mixed.transpose(1, 2).flatten(-2))
        return self.feed(x)

    def feed(self, x: Tensor) -> Tensor:
        """The feed-forward half."""
        return x + self.drop(self.down(torch.relu(self.up(self.norm_2(x))).square()))


class Heads(nn.Module):
    """From h (..., hidden): pitch; duration given the pitch; velocity and delta given both."""

    def __init__(self, config: Config):
        super().__init__()
        width, inner = config.hidden, config.head_hidden
        self.pitch_out = nn.Linear(width, code.PITCHES)
        self.pitch = nn.Embedding(code.SIZES["pitch"], inner)
        self.chroma = nn.Embedding(14, inner)
        self.duration = nn.Embedding(code.DURATIONS, inner)
        self.inner = nn.ModuleDict({k: nn.Linear(width, inner) for k in ("duration", "velocity", "delta")})
        sizes = {"duration": code.DURATIONS, "velocity": code.VELOCITIES, "delta": code.DELTAS}
        self.out = nn.ModuleDict({k: nn.Linear(inner, n) for k, n in sizes.items()})
        for table in (self.pitch, self.chroma, self.duration):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, h: Tensor, pitch: Tensor, duration: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of duration, velocity and delta of an event of this pitch (and, for the last two, duration)."""
        note = self.pitch(pitch) + self.chroma(
            torch.where(pitch >= code.PITCHES, pitch - code.PITCHES + 12, pitch % 12)
        )
        long = note + self.duration(duration)
        part = {k: self.inner[k](h) for k in self.inner}
        return (
            self.out["duration"](torch.relu(part["duration"] + note)),
            self.out["velocity"](torch.relu(part["velocity"] + long)),
            self.out["delta"](torch.relu(part["delta"] + long)),
        )


class Phrase(nn.Module):
    """fields (batch, time, FIELDS) and times (batch, time, TIMES), int64, to logits of what follows each event."""

    def __init__(self, config: Config | None = None):
        super().__init__()
        self.config = c = config or Config()
        assert c.hidden // c.heads == 2 * code.ROTARY
        self.streams = Streams(c)
        self.rotary = Rotary(c.metrical)
        self.places = Places(c)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.layers))
        self.norm = Norm(c.hidden)
        self.heads = Heads(c)
        self.drop = nn.Dropout(c.dropout)

    def config_dict(self) -> dict:
        return asdict(self.config)

    def each_layer(self) -> Iterator[Layer]:
        """The layers in order."""
        for layer in self.layers:
            assert isinstance(layer, Layer)
            yield layer

    def phases(self, t: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Phases of the events themselves and of the next ones."""
        here = self.rotary(t["own_bar"], t["own_tick"], t["bar_ticks"], t["index"])
        return here, self.rotary(t["bar"], t["tick"], t["bar_ticks"], t["index"])

    def trunk(self, fields: Tensor, times: Tensor) -> Tensor:
        """h (batch, time, hidden): all that is known of the next event before it sounds."""
        c, length = self.config, fields.shape[1]
        t = split_times(times)
        back = torch.arange(length, device=fields.device)
        back = back[:, None] - back[None, :]
        bias = self.places({k: v[:, :, None] for k, v in t.items()}, {k: v[:, None, :] for k, v in t.items()}, back)
        if torch.is_autocast_enabled(fields.device.type):
            bias = bias.to(torch.bfloat16)  # half the memory to move
        bias = bias.expand(fields.shape[0], -1, -1, -1).permute(0, 3, 1, 2)
        closed = (back < 0) | (back > code.MEMORY_EVENTS)
        biases = bias.masked_fill(closed, -1e9).split(c.heads, 1)
        here, there = self.phases(t)
        x = self.drop(self.streams(fields)).float()
        for i, layer in enumerate(self.each_layer()):
            x = layer(x, here, there, biases[i])
        return self.norm(x)

    def forward(self, fields: Tensor, times: Tensor, targets: Tensor) -> Tensor:
        """Nats of every target, (batch, time, 4): pitch, duration, velocity, delta; 0 where there is none."""
        h = self.drop(self.trunk(fields, times))
        separator = targets[..., 0] < 0
        pitch = torch.where(separator, code.SEPARATOR, targets[..., 0])
        duration = targets[..., 1].clamp(min=0)
        logits = (self.heads.pitch_out(h), *self.heads(h, pitch, duration))
        nats = [
            F.cross_entropy(logit.float().flatten(0, 1), targets[..., i].flatten(), reduction="none", ignore_index=-100)
            for i, logit in enumerate(logits)
        ]
        return torch.stack(nats, -1).unflatten(0, targets.shape[:2])
