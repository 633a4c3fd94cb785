"""The end of a training of `roll`: its rests are fitted to songs and its thresholds set to their density; [workshop].

A GAN's threshold at 0 is wherever the critic left it, and a track rests by the last of its notes falling silent. Here each
track's rests are learned for themselves, from the latents that the encoder gives real bars (logistic regression), and the
threshold of its neurons is moved until its bars hold as many cells as those of the songs. Both end up in the net's own
weights; no figure of the evaluation is looked at but the share of resting bars.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.models.roll.encoder import Encoder, drawn
from export.models.roll.model import FINE, Generator, Head
from realtime.models.roll.code import PITCHES, STEPS, TRACKS

CERTAIN = 8.0  # the fitted logits of resting are made so much steeper: a bar rests or it does not
ROUNDS = 3
DECAY = 1e-3


@dataclass
class Songs:
    """Phrases to settle on: rolls (n, 4, 4, 48, 84), drums (n, 4, 48, 9) and chords (n, 4, 2, 36), float."""

    rolls: Tensor
    drums: Tensor
    chords: Tensor


def _heads(model: Generator) -> list[Head]:
    return [head for head in model.bar.heads if isinstance(head, Head) and not head.drums]


@torch.no_grad()
def _facts(model: Generator, latents: tuple[Tensor, ...], chords: Tensor) -> list[Tensor]:
    """By track what its rests are decided on, (bars, 2 private + 72)."""
    tracks = model.phrase(*latents)[1].flatten(0, 1)
    return [torch.cat([tracks[:, k], chords.flatten(0, 1).flatten(1)], 1) for k in range(len(TRACKS))]


@torch.no_grad()
def _logits(model: Generator, latents: tuple[Tensor, ...], chords: Tensor) -> Tensor:
    """(bars, 4, 48, 84)."""
    parts = [model(*(z[at : at + 64] for z in latents), chords[at : at + 64])[0] for at in range(0, len(chords), 64)]
    return torch.cat(parts).reshape(-1, len(TRACKS), STEPS, PITCHES)


def _fit(layer: nn.Linear, facts: Tensor, sounds: Tensor) -> None:
    """Logistic regression of whether a bar sounds."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def cost() -> Tensor:
        optimiser.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(layer(facts)[:, 0], sounds)
        loss = loss + DECAY * layer.weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(cost)


@torch.no_grad()
def _move(head: Head, by: float) -> None:
    """Moves every logit of a head."""
    bias = [p for name, p in head.out.named_parameters() if name.endswith("bias")][-1]
    bias.view(FINE, -1)[:, :12] += by


def _threshold(logits: Tensor, cells: float) -> float:
    """What to add to the logits of sounding bars (n, 48, 84) so that they hold so many cells a bar."""
    count = round(cells * len(logits))
    flat = logits.flatten()
    return -float(flat.kthvalue(max(1, flat.numel() - count)).values) if 0 < count < flat.numel() else 0.0


@torch.no_grad()
def _rest_in(head: Head, facts: Tensor, share: float) -> Tensor:
    """Moves a head's decision so that it rests in a share of bars; which bars sound (bars,) bool."""
    decided = head.sounds(facts)[:, 0]
    if share <= 0.0:
        low = decided.min() - 1.0
    elif share >= 1.0:
        low = decided.max() + 1.0
    else:
        low = decided.quantile(share)
    head.sounds.bias.sub_(low)
    return decided > low


@torch.no_grad()
def _read(encoder: Encoder, songs: Songs) -> tuple[Tensor, ...]:
    """Latents that the encoder draws for the songs."""
    parts = []
    for at in range(0, len(songs.chords), 64):
        part = slice(at, at + 64)
        parts.append(drawn(*encoder(songs.rolls[part], songs.drums[part], songs.chords[part])))
    return tuple(torch.cat(z) for z in zip(*parts, strict=True))


def settle(model: Generator, encoder: Encoder, songs: Songs, seed: int = 5) -> dict[str, float]:
    """Fits the model's rests and thresholds in place; {"rest_<track>": share of resting bars that it then has}."""
    real = songs.rolls.flatten(0, 1)
    sounds = real.flatten(2).any(2).float()  # (bars, tracks)
    cells = real.sum((0, 2, 3)) / sounds.sum(0).clamp(min=1.0)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        facts = _facts(model, _read(encoder, songs), songs.chords)
        latents = model.latents(len(songs.chords))
    own = _facts(model, latents, songs.chords)
    heads = _heads(model)
    for k, head in enumerate(heads):
        _fit(head.sounds, facts[k], sounds[:, k])
        with torch.no_grad():
            head.sounds.weight.mul_(CERTAIN)
            head.sounds.bias.mul_(CERTAIN)
    share = 1.0 - sounds.mean(0)
    asked = share.clone()  # of rests; fewer where the net falls silent by itself
    rests = asked
    for _ in range(ROUNDS):
        playing = [_rest_in(head, own[k], float(asked[k])) for k, head in enumerate(heads)]
        logits = _logits(model, latents, songs.chords)
        for k, head in enumerate(heads):
            if bool(playing[k].any()):
                by = _threshold(logits[playing[k], k], float(cells[k]))
                _move(head, by)
                logits[:, k] += by
        rests = 1.0 - (logits > 0).flatten(2).any(2).float().mean(0)
        asked = asked - (rests - share)
    return {f"rest_{track}": float(rests[k]) for k, track in enumerate(TRACKS)}
