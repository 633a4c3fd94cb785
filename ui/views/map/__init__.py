"""The map: controllers, learning, assignments."""

from ui.views.map.map_view import MapView

__all__ = ["MapView"]
