"""The card of `groove`: what it learned, what it cannot, how its bars sound; [workshop]."""

CARD = """To be written after evaluation."""
