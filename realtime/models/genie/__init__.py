"""`genie`: eight buttons play eighty-eight keys; [player process]."""

from realtime.models.genie.model import Genie

__all__ = ["MODEL", "Genie"]
MODEL = Genie
