"""Note corpora: readers that turn files into tunes, and what is done to them before training (cleaning, splits)."""

from export.corpora.load import load_tunes
from export.corpora.tune import Tune

__all__ = ["Tune", "load_tunes"]
