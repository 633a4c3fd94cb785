"""Draws what `disguise` makes of a held-out reel; [workshop].

python -m export.models.disguise.pictures --data ../shared/data
"""

from __future__ import annotations

import argparse
from pathlib import Path

from export.corpora.pieces import Piece, load_pieces
from export.measures import draw_roll
from export.models.disguise.data import SOURCES, played
from realtime.models.disguise.code import BEATS
from realtime.models.disguise.model import Disguise
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError

REEL, BARS = "Anniversary Reel", 32
STYLES = {"disguise": "pop", "disguise_jazz": "jazz"}


def bars_of(piece: Piece) -> NoteSequence:
    """The first 32 bars of a piece in common time, as one part."""
    end = float(BARS * BEATS)
    notes = [Note(o, min(d, end - o), int(p), 0.7, 0) for o, d, p, _ in played(piece).tolist() if o < end]
    return NoteSequence(notes, metres=[Metre(0.0, 4, 4)])


def draw(package: Path | None, data: Path, folder: Path) -> None:
    """The reel as it is, as pop and as jazz. Raises AntiphonError if the data lacks it."""
    model = Disguise.load(package)
    reel = next((p for p in load_pieces(data, only=SOURCES).pieces if REEL in p.title), None)
    if reel is None:
        raise AntiphonError(f"Data {data}: {REEL} is not among its tunes; name a folder with folk_nottingham.jsonl.gz.")
    source = bars_of(reel)
    draw_roll(source, folder / "disguise_source.png", f"disguise: the source, {REEL} (Nottingham)")
    for name, style in STYLES.items():
        draw_roll(model.transform(source, style), folder / f"{name}.png", f"disguise: {BARS} bars of a reel as {style}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--package", type=Path)
    arguments.add_argument("--out", type=Path, default=Path(__file__).parents[3] / "models_onnx" / "pictures")
    a = arguments.parse_args()
    draw(a.package, a.data, a.out)
