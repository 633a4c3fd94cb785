"""Note corpora: readers that turn files into pieces and tunes, what is done to them before training (cleaning, families,
splits), and what is in them."""

from export.corpora.load import load_tunes
from export.corpora.pieces import Piece, PieceSet, load_pieces
from export.corpora.tune import Tune

__all__ = ["Piece", "PieceSet", "Tune", "load_pieces", "load_tunes", "survey"]


def survey(data=None, out=None) -> dict:
    """Statistics of every corpus in the data, with pictures: see export.corpora.statistics.survey."""
    from export.corpora.statistics import survey as measured

    return measured(data, out)
