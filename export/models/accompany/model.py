"""The net of `accompany`: a causal transformer over frames and notes whose attention turns with token and with musical
time; [workshop] (Vaswani et al. 2017; rotary positions: Su et al. 2021; compound tokens: Hsiao et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from realtime.models.accompany.code import DURATIONS, FEATURES, OFFSET_CLASSES, PITCH_CLASSES, VELOCITIES
from realtime.models.accompany.rotary import TURN_PAIRS

HEAD = 2 * TURN_PAIRS


@dataclass(frozen=True)
class Config:
    """Sizes of the net; `ring`: tokens that it looks back on."""

    width: int = 160
    layers: int = 4
    inner: int = 480
    ring: int = 320

    @property
    def heads(self) -> int:
        return self.width // HEAD


def turned(x: Tensor, turn: Tensor) -> Tensor:
    """x (..., HEAD) turned by angles whose cosine and sine are turn (..., 2, TURN_PAIRS)."""
    a, b = x.chunk(2, -1)
    cos, sin = turn[..., 0, :].to(x.dtype), turn[..., 1, :].to(x.dtype)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


class Layer(nn.Module):
    """Attention and a feed-forward part, each on the normed sum so far."""

    def __init__(self, config: Config):
        super().__init__()
        self.heads, w = config.heads, config.width
        self.norm_a, self.norm_f = nn.LayerNorm(w), nn.LayerNorm(w)
        self.qkv = nn.Linear(w, 3 * w, bias=False)
        self.out = nn.Linear(w, w, bias=False)
        self.up, self.down = nn.Linear(w, config.inner), nn.Linear(config.inner, w)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.down.weight)

    def split(self, x: Tensor, turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, T, width), turn (B, T, 2, pairs) -> queries, keys, values (B, heads, T, HEAD)."""
        b, t, _ = x.shape
        q, k, v = self.qkv(self.norm_a(x)).view(b, t, 3, self.heads, HEAD).permute(2, 0, 3, 1, 4)
        turn = turn[:, None]
        return turned(q, turn), turned(k, turn), v

    def after(self, x: Tensor, mixed: Tensor) -> Tensor:
        b, t, w = x.shape
        x = x + self.out(mixed.transpose(1, 2).reshape(b, t, w))
        return x + self.down(F.gelu(self.up(self.norm_f(x))))

    def forward(self, x: Tensor, turn: Tensor, mask: Tensor) -> Tensor:
        q, k, v = self.split(x, turn)
        return self.after(x, F.scaled_dot_product_attention(q, k, v, attn_mask=mask))


class Head(nn.Module):
    """Logits of one part of a note, given the state and the parts chosen before it."""

    def __init__(self, width: int, before: tuple[int, ...], classes: int):
        super().__init__()
        self.take = nn.Linear(width, width)
        self.known = nn.ModuleList([nn.Embedding(n, width) for n in before])
        self.give = nn.Linear(width, classes)
        for table in self.known:
            assert isinstance(table, nn.Embedding)
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, h: Tensor, *chosen: Tensor) -> Tensor:
        x = self.take(h)
        for table, index in zip(self.known, chosen, strict=True):
            x = x + table(index)
        return self.give(F.gelu(x))


class Accompany(nn.Module):
    """Tokens are frames and notes; each predicts the next note of its frame, or the frame's end."""

    def __init__(self, config: Config = Config()):
        super().__init__()
        self.config, w = config, config.width
        self.features = nn.Sequential(nn.Linear(FEATURES, w), nn.GELU(), nn.Linear(w, w))
        # class 0 of each: no note (a frame's token)
        sizes = (OFFSET_CLASSES, PITCH_CLASSES + 1, len(DURATIONS) + 1, len(VELOCITIES) + 1)
        self.note = nn.ModuleList([nn.Embedding(n, w) for n in sizes])
        for table in self.note:
            assert isinstance(table, nn.Embedding)
            nn.init.normal_(table.weight, std=0.1)
        self.layers = nn.ModuleList([Layer(config) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(w)
        self.offset = Head(w, (), OFFSET_CLASSES)
        self.pitch = Head(w, (OFFSET_CLASSES,), PITCH_CLASSES)
        self.duration = Head(w, (OFFSET_CLASSES, PITCH_CLASSES), len(DURATIONS))
        self.velocity = Head(w, (OFFSET_CLASSES, PITCH_CLASSES, len(DURATIONS)), len(VELOCITIES))

    def embed(self, frames: Tensor, index: Tensor, note: Tensor) -> Tensor:
        """frames (B, N, FEATURES), index (B, T) of each token's frame, note (B, T, 4) classes -> (B, T, width)."""
        x = self.features(frames)
        x = torch.gather(x, 1, index[..., None].expand(-1, -1, x.shape[-1]))
        for k, table in enumerate(self.note):
            x = x + table(note[..., k])
        return x

    def forward(self, frames: Tensor, index: Tensor, note: Tensor, turn: Tensor) -> Tensor:
        """-> (B, T, width), the state at every token."""
        x = self.embed(frames, index, note)
        t = torch.arange(x.shape[1], device=x.device)
        gap = t[:, None] - t[None]
        mask = (gap >= 0) & (gap <= self.config.ring)
        for layer in self.layers:
            x = layer(x, turn, mask)
        return self.norm(x)

    def losses(self, h: Tensor, target: Tensor) -> Tensor:
        """(4,) summed nats of offset, pitch, duration, velocity. target (B, T, 4): offset class (0: END; -1: nothing to
        predict), and classes of the note (-1 after END)."""
        h, target = h.flatten(0, 1), target.flatten(0, 1)
        h, target = h[target[:, 0] >= 0], target[target[:, 0] >= 0]
        sums = [F.cross_entropy(self.offset(h).float(), target[:, 0], reduction="sum")]
        h, target = h[target[:, 0] > 0], target[target[:, 0] > 0]
        for k, head in ((1, self.pitch), (2, self.duration), (3, self.velocity)):
            logits = head(h, *(target[:, i] for i in range(k)))
            sums.append(F.cross_entropy(logits.float(), target[:, k], reduction="sum"))
        return torch.stack(sums)


class Step(nn.Module):
    """One token at run time: keys and values of the tokens before come from the ring, only the new ones go out."""

    def __init__(self, net: Accompany):
        super().__init__()
        self.net = net

    def forward(self, frame: Tensor, note: Tensor, turn: Tensor, mask: Tensor, ring: Tensor) -> tuple[Tensor, ...]:
        """frame (1, FEATURES), note (1, 4) int64, turn (2, pairs), mask (ring,) 0 or -1e9, ring (ring, layers, 2,
        width) -> offset logits (1, classes), state (1, width), new slice (1, layers, 2, width)."""
        net, config = self.net, self.net.config
        x = net.features(frame)
        for column, table in enumerate(net.note):
            x = x + table(note[:, column])
        x = x[None]
        new = []
        for i, layer in enumerate(net.layers):
            assert isinstance(layer, Layer)
            q, k, v = layer.split(x, turn[None, None])
            new.append(torch.stack((k.reshape(config.width), v.reshape(config.width))))
            old = ring[:, i].view(config.ring, 2, config.heads, HEAD).permute(1, 2, 0, 3)
            scores = torch.matmul(q[0], old[0].transpose(1, 2)) / HEAD**0.5 + mask
            own = (q[0] * k[0]).sum(-1, keepdim=True) / HEAD**0.5
            weights = torch.softmax(torch.cat((scores, own), -1), -1)
            mixed = torch.matmul(weights[..., :-1], old[1]) + weights[..., -1:] * v[0]
            x = layer.after(x, mixed[None])
        h = net.norm(x)[0]
        return net.offset(h), h, torch.stack(new)[None]


def build(config: dict) -> Accompany:
    return Accompany(Config(**config))
