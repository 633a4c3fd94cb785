"""`frames`: piano-roll frames from a variational autoencoder; [player process]."""

from realtime.models.frames.model import Frames

__all__ = ["MODEL", "Frames"]
MODEL = Frames
