"""The card of `phrase`: what it learned, what it did not, what its music is like; [workshop]."""

CARD = """What it does: goes on from a phrase, answers it in a turn of the same length, or fills a gap between two phrases,
one note at a time, as a line or in chords."""
