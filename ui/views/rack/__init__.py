"""The rack: a line a track, one device open, zones on a keyboard."""

from ui.views.rack.rack_view import RackView

__all__ = ["RackView"]
