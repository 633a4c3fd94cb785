"""Ranges that engine, scenes and the control tree share, each written once; [any]."""

SILENT_DB = -90.0
"""A gain at the bottom of its range is silence."""
LOUDEST_DB = 12.0
TEMPO_BPM = (10.0, 999.0)
BEATS_A_BAR = (1, 32)
BEAT_UNITS = (1, 2, 4, 8, 16, 32)
