"""32 bars of `roll` on a song's usual chords as a piano roll; [workshop].

python -m export.models.roll.pictures [PACKAGE]
"""

from __future__ import annotations

import sys
from pathlib import Path

from export.measures import draw_roll
from realtime.models.base import PACKAGES
from realtime.models.roll.code import BEATS, HALVES, TRACKS
from realtime.models.roll.model import Roll, usual_chords
from realtime.music.chord import Chord

BARS, SEED = 32, 2


def symbols(chords: list[tuple[Chord | None, Chord | None]]) -> list[tuple[float, str]]:
    """(beat, symbol) where the chord changes or a bar begins."""
    found = []
    for bar, pair in enumerate(chords):
        for half, chord in enumerate(pair):
            if chord is not None and (half == 0 or chord != pair[0]):
                found.append((BEATS * bar + BEATS / HALVES * half, str(chord)))
    return found


def draw(package: Path | None = None, folder: Path = PACKAGES / "pictures") -> Path:
    """Writes roll.png."""
    music = Roll.load(package).generate(None, BARS, SEED)
    path = folder / "roll.png"
    title = f"roll: {BARS} bars on usual chords, seed {SEED}"
    draw_roll(music, path, title, symbols(usual_chords(BARS, SEED)), dict(enumerate(TRACKS)))
    return path


if __name__ == "__main__":
    print(draw(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
