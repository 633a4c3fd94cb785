"""Measures of generated music, each by a published definition, and the picture of it; [workshop]."""

from export.measures.generator import generator_metrics
from export.measures.musegan import musegan_metrics
from export.measures.roll import draw_roll

__all__ = ["draw_roll", "generator_metrics", "musegan_metrics"]
