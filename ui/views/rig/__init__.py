"""The rig: audio, MIDI ports, monitor, sync, keyboard, tonight."""

from ui.views.rig.rig_view import RigView

__all__ = ["RigView"]
