"""Which drum a key is, for a strip of few rows: by General MIDI's percussion map (MIDI Association, GM1 sound set); no Qt."""

DRUM_KINDS = ("cymbal", "hat", "tom", "percussion", "snare", "kick")
"""From above, as they hang and stand."""
_KEYS = {
    "kick": (35, 36), "snare": (37, 38, 39, 40), "hat": (42, 44, 46), "tom": (41, 43, 45, 47, 48, 50),
    "cymbal": (49, 51, 52, 53, 55, 57, 59),
}  # fmt: skip
_KIND = {key: kind for kind, keys in _KEYS.items() for key in keys}


def drum_kind(key: int) -> str:
    """One of DRUM_KINDS."""
    return _KIND.get(key, "percussion")
