"""A chorale package as a teacher: what its mixed causal nets expect at every place, and pieces it invents; [workshop].

Distillation (Hinton, Vinyals and Dean, 2015): nets that have 229 pieces to learn from know them nearly by heart, and what
a mixture of them holds likely tells a new net more than the one note Bach chose. On pieces that the mixture has invented
nothing can be known by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import realtime.models.chorale.code as code
from export.models.chorale.data import Batch, Encoded, batch_of, encode
from export.models.chorale.model import Causal, Config
from export.package import read_manifest
from export.pattern.weights import weights_of
from realtime.models.chorale.model import Chorale
from realtime.native.errors import AntiphonError

MELODY_SHARE = 0.5  # of the invented pieces, those under a melody of a training piece
NETS = ("chorale", "chorale_second", "chorale_third")


class Teacher:
    """The causal nets of a package, mixed in equal shares. Raises AntiphonError if it tells no weights."""

    def __init__(self, package: str | Path):
        self.package = Path(package)
        facts = read_manifest(self.package)
        known = facts.get("provenance", {}).get("settings", {})
        self.nets: list[Causal] = []
        for name in NETS:
            if name in known and name in facts.get("weights", {}):
                net = Causal(Config(**known[name]["config"]))
                net.load_state_dict(weights_of(self.package, name))
                self.nets.append(net.eval())
        if not self.nets:
            raise AntiphonError(f"Teacher {package}: it tells no weights of chorale nets; export it again.")
        self._known: dict[tuple[int, int], np.ndarray] = {}

    @torch.no_grad()
    def log_probabilities(self, batch: Batch) -> Tensor:
        """(pieces, steps, 4, CLASSES)."""
        each = torch.stack([net.logits(batch).float().log_softmax(3) for net in self.nets])
        return each.logsumexp(0) - float(np.log(len(self.nets)))

    def expected(self, pieces: Sequence[Encoded], shifts: Sequence[int], starts: Sequence[int], steps: int) -> Tensor:
        """Probabilities (pieces, steps, 4, CLASSES) for the batch that batch_of makes of the same; each piece in each key
        is looked at once."""
        found = torch.zeros(len(pieces), steps, 4, code.CLASSES)
        for i, (piece, shift, start) in enumerate(zip(pieces, shifts, starts, strict=True)):
            key = (id(piece), shift)
            if key not in self._known:
                whole = self.log_probabilities(batch_of([piece], [shift], [0], len(piece.grid)))
                self._known[key] = whole[0].exp().half().numpy()
            part = self._known[key][start : start + steps]
            found[i, : len(part)] = torch.from_numpy(part.astype(np.float32))
        return found

    def invented(self, count: int, pieces: Sequence[np.ndarray], seed: int) -> list[Encoded]:
        """New pieces as long as some of the given ones (steps, 4), drawn without rules; every other one, more or less,
        has the melody of its model."""
        chorale, rng = Chorale.load(self.package), np.random.default_rng(seed)
        chorale.configure(temperature=1.0, top_p=1.0, parallels=0.0, crossing=1.0)
        made = []
        for k in range(count):
            like = pieces[int(rng.integers(0, len(pieces)))]
            given = rng.random() < MELODY_SHARE
            chorale.start(seed * 100_003 + k)
            grid = [chorale.voices(int(soprano) if given else None) for soprano in like[:, 0]]
            made.append(encode(np.asarray(grid, np.int64)))
        return made
