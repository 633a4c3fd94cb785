"""Mixer: a strip for each track, bus and the master; Qt thread."""
