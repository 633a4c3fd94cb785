"""32 bars of `phrase` in each style as piano rolls; [workshop].

python -m export.models.phrase.pictures [PACKAGE]
"""

from __future__ import annotations

import sys
from pathlib import Path

import realtime.models.phrase.code as code
from export.measures import draw_roll
from realtime.models.base import PACKAGES
from realtime.models.phrase.model import Phrase

BARS, SEED = 32, 3
KINDS = (("", "folk", code.LINE), ("_classical", "classical", code.CHORDS), ("_jazz", "jazz", code.LINE),
         ("_pop", "pop", code.CHORDS))  # fmt: skip


def draw(package: Path | None = None, folder: Path = PACKAGES / "pictures") -> list[Path]:
    """Writes phrase.png (folk), phrase_classical.png, phrase_jazz.png and phrase_pop.png."""
    model, written = Phrase.load(package), []
    for ending, style, texture in KINDS:
        music = model.generate(None, BARS, SEED, style=code.STYLES.index(style), texture=texture + 1)
        path = folder / f"phrase{ending}.png"
        draw_roll(music, path, f"phrase: {BARS} bars from nothing, {style}, {code.TEXTURES[texture]}, seed {SEED}")
        written.append(path)
    return written


if __name__ == "__main__":
    print(*draw(Path(sys.argv[1]) if len(sys.argv) > 1 else None), sep="\n")
