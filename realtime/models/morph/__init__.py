"""`morph`: two bars of melody, bass and drums in one latent space; [player process]."""

from realtime.models.morph.model import Morph

__all__ = ["MODEL", "Morph"]
MODEL = Morph
