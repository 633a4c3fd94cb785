"""Packages the collage: parts in a graph that adds them up and one that finds them, tables beside; [workshop]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import realtime.models.collage.code as code
import realtime.models.collage.model as live
from export.models.collage import data as pop
from export.package import write_package
from export.pattern import checkpoint
from export.pattern.graph import blank_inputs, check_parity, graph_of, join_parts, run_us
from export.pattern.manifest import manifest, provenance
from realtime.sampling.copyguard import CopyGuard

GUARD_NOTES = 12
GUARD_BITS_A_RUN = 10.0
ROUNDS = 12  # of updates when a half bar is analysed
CARD = """Half bars of pop songs (POP909: tune and piano), counted from the root of their chord and with major and minor thirds
made one, taken apart by non-negative matrix factorisation into 14 bass, 36 inner and 44 melody parts: a part is a few
notes that like to come together, such as root and fifth on the beat. A collage sounds two or three parts a role at
once over chords of its own and is put together by search: first greedily, then by simulated annealing, against costs
of harmony (what follows what in the songs), cadence, voice leading, dissonance, register, density, rhythm and an AABA
form. The costs' weights were set by us, not learned. Parts come from copyrighted songs' arrangements, so runs are
checked: any run of 12 notes, in any line, that a song has (by interval and rhythm) is redrawn. It knows no words, no
phrase longer than its form, no modulation; sevenths and suspensions are those that the parts bring along. The 32 bars
(seed 1): a four-bar phrase returns as AABA, each time with another cadence, over a plain progression with sparse
broken chords; the tune is short-breathed, made of chord tones with rests of rhythm rather than a line, the bass
sometimes jumps late in the bar. Costs are no measure of beauty: real songs, rendered by the same parts, cost more
than what the search finds."""


class Render(nn.Module):
    """Activations of each role to rolls: the part `render`."""

    bass: Tensor
    inner: Tensor
    melody: Tensor

    def __init__(self, parts: dict[str, Tensor]):
        super().__init__()
        for role in code.ROLES:
            self.register_buffer(role, parts[role])

    def forward(self, bass: Tensor, inner: Tensor, melody: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return bass @ self.bass, inner @ self.inner, melody @ self.melody


class Analyse(nn.Module):
    """Rolls to activations, by multiplicative updates with the parts held still: the part `analyse`."""

    def __init__(self, parts: dict[str, Tensor]):
        super().__init__()
        for role in code.ROLES:
            self.register_buffer(role, parts[role])

    def forward(self, bass: Tensor, inner: Tensor, melody: Tensor) -> tuple[Tensor, ...]:
        found = []
        for role, v in zip(code.ROLES, (bass, inner, melody), strict=True):
            w = getattr(self, role)
            h = torch.full((1, w.shape[0]), 0.2)
            whole = w.sum(1).unsqueeze(0) + 1e-3
            for _ in range(ROUNDS):
                h = h * ((v / (h @ w + 1e-6)) @ w.T) / whole
            found.append(h)
        return tuple(found)


def guard_of(pieces) -> CopyGuard:
    """Knows every run of 12 notes in the songs' lines."""
    runs = {
        tuple(line[i : i + GUARD_NOTES - 1]) for line in pop.lines(pieces) for i in range(len(line) - GUARD_NOTES + 2)
    }
    guard = CopyGuard.for_count(GUARD_NOTES, max(1, len(runs)), GUARD_BITS_A_RUN)
    for run in runs:
        guard.add(run)
    return guard


def load_parts(run: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Parts and tables of a run's best checkpoint."""
    content = checkpoint.load(run / "best.pt", "collage")
    return content["model"], content


def export(run: Path, output: Path, data: Path | None = None) -> dict:
    """The run's parts as a package; returns facts: bytes, parity, us, precision, metrics."""
    from export.models.collage.evaluate import evaluate

    torch.set_num_threads(1)
    parts, content = load_parts(Path(run))
    source = data or content.get("data")
    corpus = pop.read(source)
    train = corpus.train or corpus.pieces
    example_song = next(s for p in train if (s := pop.song_of(p)) is not None and any(s.cells))
    cell = next(c for c in example_song.cells if c is not None and c.rolls["melody"].any())
    rng = np.random.default_rng(0)
    render_in = {
        f"{r}_activations": torch.from_numpy(
            (rng.random((1, len(parts[r]))) * (rng.random((1, len(parts[r]))) < 0.05)).astype(np.float32)
        )
        for r in code.ROLES
    }
    analyse_in = {f"{r}_seen": torch.from_numpy(cell.rolls[r].reshape(1, -1)) for r in code.ROLES}
    render, analyse = Render(parts), Analyse(parts)
    graph = join_parts(
        {
            "render": graph_of(render, render_in, tuple(f"{r}_roll" for r in code.ROLES)),
            "analyse": graph_of(analyse, analyse_in, tuple(f"{r}_found" for r in code.ROLES)),
        }
    )
    blank = blank_inputs(graph)
    parity, outputs = check_parity(graph, render, render_in, part=0, others=blank)
    parity_two, _ = check_parity(graph, analyse, analyse_in, part=1, others=blank)
    inputs = {**blank, **{k: v.numpy() for k, v in render_in.items()}, "part": np.asarray(0, np.int64)}
    guard = guard_of(train)
    names = {
        "render": (tuple(render_in), tuple(f"{r}_roll" for r in code.ROLES)),
        "analyse": (tuple(analyse_in), tuple(f"{r}_found" for r in code.ROLES)),
    }
    facts = manifest(
        name="collage",
        title="Collage of parts",
        description="Half-bar parts of pop songs, recombined by annealing under musical costs.",
        inputs=[*((n, "activations") for n in render_in), *((n, "roll") for n in analyse_in)],
        outputs=[*((f"{r}_roll", "roll") for r in code.ROLES), *((f"{r}_found", "activations") for r in code.ROLES)],
        parts=names,
        parameters=live.Collage.PARAMS,
        tables={
            **{f"{r}_level": parts[f"{r}_level"].numpy() for r in code.ROLES},
            "progressions": parts["progressions"].numpy(),
            "runs": guard.table,
        },
        code=code.CODE,
        code_guard={"notes": guard.notes, "bits": guard.bits, "hashes": guard.hashes},
        cost=[{"part": "render", "runs": 1, "unit": "a set of parts in the search", "limit_us": 100}],
        provenance=provenance(train, "antiphon train collage --preset small", content["settings"]),
        metrics={"divergence_nats": round(float(content["row"]["valid"]), 3)},
        card=CARD,
    )
    us = run_us(graph, inputs)
    write_package(graph, facts, inputs, outputs, output)
    facts["metrics"] = evaluate(output, source)["metrics"]
    write_package(graph, facts, inputs, outputs, output)
    size = Path(output).stat().st_size
    return {
        "bytes": size,
        "parity": max(parity, parity_two),
        "us": us,
        "precision": "fp32",
        "metrics": facts["metrics"],
    }
