"""Styles: accompaniments as text that a musician can read and write; their reader, and how they become notes; [any]."""

from realtime.players.styles.expander import Event, bar_events
from realtime.players.styles.library import style_files, style_named, style_names
from realtime.players.styles.pitches import Hand
from realtime.players.styles.reader import read_style
from realtime.players.styles.style import LANES, MAIN, SECTIONS, Lane, Row, Section, Step, Style

__all__ = [
    "LANES", "MAIN", "SECTIONS", "Event", "Hand", "Lane", "Row", "Section", "Step", "Style", "bar_events", "read_style",
    "style_files", "style_named", "style_names",
]  # fmt: skip
