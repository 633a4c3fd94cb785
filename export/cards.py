"""Writes models_onnx/README.md from the packages' own metadata, and from what their players are on stage
(export/models/NAME/player.md); [workshop].

python -m export.cards
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from export.package import read_manifest
from realtime.native.errors import AntiphonError

FOLDER = Path(__file__).resolve().parents[1] / "models_onnx"
LIMIT_MB = 20
ALL_MB = 120
LONG_TABLE = 30  # figures; longer tables are folded

HEAD = """# Model packages

One `.onnx` file is one model and all a host must know of it (JSON under the metadata key `antiphon`: roles of inputs
and outputs, states, parameters, provenance, metrics, a test vector that is tried on loading). This file is made from
them by `python -m export.cards`; do not edit it.
"""


def number(value: Any) -> str:
    """A figure as in a table."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def card(path: Path, manifest: dict[str, Any]) -> str:
    """One model's section."""
    lines = [f"## {manifest.get('title') or manifest['name']} (`{path.name}`)", "", manifest.get("description", ""), ""]
    if text := manifest.get("card"):
        lines += [*text.splitlines(), ""]
    name = manifest["name"]
    played = Path(__file__).parent / "models" / name / "player.md"
    if played.is_file():
        lines += [*played.read_text(encoding="utf-8").splitlines(), ""]
    for picture in sorted((path.parent / "pictures").glob(f"{name}*.png")):
        if picture.stem == name or picture.stem.startswith(f"{name}_"):
            lines += [f"![{picture.stem.replace('_', ' ')}](pictures/{picture.name})", ""]
    if parameters := manifest.get("parameters"):
        lines += ["| parameter | range | default |", "|---|---|---|"]
        for p in parameters:
            lines.append(f"| {p['id']} | {p['min']:g} to {p['max']:g} {p.get('unit', '')} | {p['default']:g} |")
        lines.append("")
    if cost := manifest.get("cost"):
        runs = [
            f"{row['unit']}: {row.get('runs', 1):g} run(s)" + (f" of `{row['part']}`" if row.get("part") else "")
            + (f", at most {row['limit_us']:g} µs" if row.get("limit_us") else "")
            for row in cost
        ]  # fmt: skip
        lines += ["Cost (measure it with `antiphon bench models`): " + "; ".join(runs) + ".", ""]
    if metrics := manifest.get("metrics"):
        table = ["| measured | |", "|---|---|", *(f"| {k} | {number(v)} |" for k, v in metrics.items())]
        if len(metrics) > LONG_TABLE:
            table = [f"<details><summary>All {len(metrics)} figures</summary>", "", *table, "", "</details>"]
        lines += [*table, ""]
    provenance = manifest.get("provenance", {})
    for key in ("data", "licence", "trained", "commit", "command", "precision"):
        if value := provenance.get(key):
            lines.append(f"- {key}: " + ("; ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return "\n".join(lines).rstrip() + "\n"


def write_readme(folder: str | Path = FOLDER) -> dict[str, Any]:
    """Reads every package of the folder and writes its README.md; {"file", "packages", "bytes"}.

    Raises AntiphonError if a package is damaged or larger than 20 MB, or all together than 120 MB.
    """
    folder = Path(folder)
    sections, rows, total = [], [], 0
    for path in sorted(folder.glob("*.onnx")):
        manifest, size = read_manifest(path), path.stat().st_size
        if size > LIMIT_MB * 1_000_000:
            raise AntiphonError(
                f"Package {path}: {size / 1e6:.1f} MB, more than {LIMIT_MB} MB; make the model smaller."
            )
        total += size
        if total > ALL_MB * 1_000_000:
            raise AntiphonError(f"Packages in {folder}: more than {ALL_MB} MB together; make some models smaller.")
        title = manifest.get("title") or manifest["name"]
        anchor = re.sub(r"[^\w\- ]", "", f"{title} {path.name}".lower()).replace(" ", "-")
        licence = manifest.get("provenance", {}).get("licence", "")
        facts = (manifest["kind"], str(manifest.get("version", "")), f"{size / 1e6:.2f}", licence)
        rows.append(f"| [{path.name}](#{anchor}) | {' | '.join(facts)} |")
        sections.append(card(path, manifest))
    table = ["| package | kind | version | MB | licence |", "|---|---|---|---|---|", *rows]
    text = "\n".join([HEAD, *table, "", *sections])
    (folder / "README.md").write_text(text, encoding="utf-8")
    return {"file": str(folder / "README.md"), "packages": len(rows), "bytes": total}


if __name__ == "__main__":
    print(write_readme(*sys.argv[1:2]))
