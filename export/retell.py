"""What a shipped package tells, told anew: parameters and card from the code, figures added, its nets as they are; [workshop].

python -m export.retell MODEL [FIGURES.json ...]    (each the output of `antiphon evaluate MODEL --json`)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import onnx

from export.cards import FOLDER, write_readme
from export.package import put_package, read_manifest
from realtime.models.base import model_class
from realtime.native.errors import AntiphonError
from realtime.neural.package_manifest import METADATA_KEY, ParameterRow


def retell(name: str, figures: Mapping[str, float], package: Path | None = None) -> dict[str, Any]:
    """Rewrites the package of a model (default: the shipped one) and, beside shipped ones, the README; returns its manifest.

    Raises AntiphonError for an unknown model, a damaged package or one that a host would refuse.
    """
    path = package or FOLDER / f"{name}.onnx"
    known = model_class(name)
    manifest = read_manifest(path)
    manifest["parameters"] = msgspec.to_builtins([ParameterRow.of(p) for p in known.PARAMS])
    manifest["metrics"] = {**manifest["metrics"], **figures}
    try:
        card = import_module(f"export.models.{name}.card")
    except ModuleNotFoundError:  # its card stands in package.py
        card = import_module(f"export.models.{name}.package")
    manifest["card"] = card.card_of(manifest["metrics"]) if hasattr(card, "card_of") else card.CARD
    graph = onnx.load(str(path))
    onnx.helper.set_model_props(graph, {METADATA_KEY: json.dumps(manifest, separators=(",", ":"))})
    put_package(graph.SerializeToString(), path)
    if path.resolve().parent == FOLDER:
        write_readme(FOLDER)
    return manifest


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    found: dict[str, float] = {}
    try:
        for file in sys.argv[2:]:
            found |= json.loads(Path(file).read_text(encoding="utf-8"))["metrics"]
        retell(sys.argv[1], found)
    except (AntiphonError, OSError, ValueError, KeyError) as error:
        raise SystemExit(f"Retelling {sys.argv[1]}: {error}") from None
