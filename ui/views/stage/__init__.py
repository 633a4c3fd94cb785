"""Stage: what is read at two metres while it is played; one part a file; Qt thread."""

from ui.views.stage.stage import StageView

__all__ = ["StageView"]
