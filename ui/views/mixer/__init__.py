"""Mixer: a strip for each track, bus and the master; Qt thread."""

from ui.views.mixer.mixer import MixerView

__all__ = ["MixerView"]
