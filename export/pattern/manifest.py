"""The manifest of a note model's package, from its parts and parameter table; [workshop]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import PurePath
from typing import Any

import msgspec
import numpy as np

from export.package import commit, today
from realtime.contract.param import Param
from realtime.neural.package_manifest import ParameterRow, PartRow, RingRow, RoleRow, StateRow, TensorData

GPL_SOURCES = ("nottingham", "imaginary", "tidal")
SHARE_ALIKE_SOURCES = ("when_in_rome",)


def provenance(pieces: Iterable[Any], command: str, settings: Any = None, precision: str = "fp32") -> dict[str, Any]:
    """Data (one line a source: pieces trained on, licence), licence of the package, commit, date, command, settings.

    pieces: the training pieces (with .source and .licence).
    """
    counts: Counter[tuple[str, str]] = Counter((p.source, p.licence) for p in pieces)
    lines = [f"{source or '?'}: {n} pieces ({licence})" for (source, licence), n in sorted(counts.items())]
    licence = "GPL-3.0-or-later"
    if borrowed := sorted({s for s, _ in counts for g in GPL_SOURCES if g in s}):
        licence += f" (trained in part on GPL data: {', '.join(borrowed)})"
    if is_dataclass(settings) and not isinstance(settings, type):
        settings = asdict(settings)
    settings = dict(settings or {})
    if settings.get("start"):
        settings["start"] = PurePath(settings["start"]).name  # not where it lay
    return {
        "data": lines,
        "licence": licence,
        "commit": commit(),
        "trained": today(),
        "command": command,
        "settings": settings,
        "precision": precision,
    }


def manifest(
    *,
    name: str,
    title: str,
    description: str,
    inputs: Sequence[tuple[str, str]],
    outputs: Sequence[tuple[str, str]],
    provenance: Mapping[str, Any],
    metrics: Mapping[str, Any],
    card: str,
    parameters: Iterable[Param] = (),
    states: Sequence[tuple[str, str]] = (),
    rings: Sequence[tuple[str, str, int]] = (),
    parts: Mapping[str, tuple[Sequence[str], Sequence[str]]] | None = None,
    tables: Mapping[str, np.ndarray] | None = None,
    code: Mapping[str, Any] | None = None,
    cost: Sequence[Mapping[str, Any]] = (),
    version: str = "1.0",
    **more: Any,
) -> dict[str, Any]:
    """The manifest dict for export.package.write_package.

    inputs, outputs: (name, role). states: (input, output). rings: (input, output, axis). parts: name -> (inputs,
    outputs), in the order of join_parts; the input `part` is added by itself. cost: rows of {"part", "runs", "unit",
    "limit_us"}.
    """
    roles_in = [RoleRow(name=n, role=r) for n, r in inputs]
    if parts:
        roles_in.insert(0, RoleRow(name="part", role="part"))
    rows: dict[str, Any] = {
        "inputs": roles_in,
        "outputs": [RoleRow(name=n, role=r) for n, r in outputs],
        "states": [StateRow(input=a, output=b) for a, b in states],
        "rings": [RingRow(input=a, output=b, axis=axis) for a, b, axis in rings],
        "parts": [PartRow(name=n, inputs=list(i), outputs=list(o)) for n, (i, o) in (parts or {}).items()],
        "tables": {n: TensorData.of(a) for n, a in (tables or {}).items()},
        "parameters": [ParameterRow.of(p) for p in parameters],
    }
    return {
        "kind": "notes",
        "name": name,
        "title": title,
        "version": version,
        "description": description,
        **msgspec.to_builtins(rows),
        "code": dict(code or {}),
        "cost": [dict(row) for row in cost],
        "provenance": dict(provenance),
        "metrics": dict(metrics),
        "card": card,
        **more,
    }
