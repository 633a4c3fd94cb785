"""`phrase` one event at a time, as the package runs it: keys and values in rings, the heads apart; [workshop]."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import realtime.models.phrase.code as code
from export.models.phrase.model import Phrase, split_times

FACTS = ("own_bar", "own_tick", "own_offset", "index")  # what a slot of the ring remembers, and 1: it is used
STEP_INPUTS = ("fields", "times", "keys", "values", "facts")
STEP_OUTPUTS = ("h", "pitch", "keys_new", "values_new", "facts_new")
HEAD_INPUTS = ("h_in", "note")
HEAD_OUTPUTS = ("duration", "velocity", "delta")


class Step(nn.Module):
    """One event: fields (FIELDS,) and times (TIMES,) int64; keys (layers, heads, width, slots), values (layers, heads,
    slots, width), facts (slots, 5) int64, all three rings. Gives h (hidden,), the logits of the next pitch, and the
    event's own slice of each ring."""

    model: Phrase

    def __init__(self, model: Phrase):
        super().__init__()
        self.model = model

    def forward(self, fields: Tensor, times: Tensor, keys: Tensor, values: Tensor, facts: Tensor):
        model = self.model
        c = model.config
        t = split_times(times)
        slots = torch.cat([facts, torch.stack([*(t[name] for name in FACTS), torch.ones_like(t["index"])])[None]])
        key = {name: slots[:, i] for i, name in enumerate(FACTS)}
        back = t["index"] - key["index"]
        bias = model.places({k: v[None] for k, v in t.items()}, key, back)
        bias = torch.where(slots[:, 4:] > 0, bias, torch.full_like(bias, -1e9)).transpose(0, 1)
        bias = bias.reshape(c.layers, c.heads, 1, -1)
        here, there = model.phases(t)
        x = model.streams(fields[None])
        new_keys, new_values = [], []
        for i, layer in enumerate(model.each_layer()):
            q, k, v = (p[0].unsqueeze(-2) for p in layer.split(x, here[None], there[None]))  # heads, 1, width
            score = torch.cat([q @ keys[i], (q * k).sum(-1, keepdim=True)], -1) + bias[i]
            weight = torch.softmax(score, -1)
            mixed = weight[..., :-1] @ values[i] + weight[..., -1:] * v
            x = layer.feed(x + layer.out(mixed.reshape(1, -1)))
            new_keys.append(k.transpose(-1, -2))
            new_values.append(v)
        h = model.norm(x)[0]
        return h, model.heads.pitch_out(h), torch.stack(new_keys), torch.stack(new_values), slots[-1:]


class HeadStep(nn.Module):
    """h_in (hidden,) and note (2,) int64, pitch and duration, to the logits of duration, velocity and delta."""

    def __init__(self, model: Phrase):
        super().__init__()
        self.heads = model.heads

    def forward(self, h_in: Tensor, note: Tensor):
        return self.heads(h_in, note[0], note[1])


def blank(model: Phrase) -> dict[str, Tensor]:
    """Inputs of `Step` before the first event, fields and times of an opening separator."""
    c, slots = model.config, code.MEMORY_EVENTS
    width = c.hidden // c.heads
    turn = code.Turn.of(code.CALL, 0, 0, 4, 4, 1, 1, code.LINE)
    fields = (code.BEGIN, 0, 0, code.CALL, *turn.place(0, 0))
    return {
        "fields": torch.tensor(fields),
        "times": torch.tensor((0, 0, 0, 0, 0, 0, 96, 0)),
        "keys": torch.zeros(c.layers, c.heads, width, slots),
        "values": torch.zeros(c.layers, c.heads, slots, width),
        "facts": torch.zeros(slots, len(FACTS) + 1, dtype=torch.int64),
    }
