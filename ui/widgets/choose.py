"""The right control for a parameter; Qt thread."""

from PyQt6.QtWidgets import QWidget

from ui.model import Parameter
from ui.widgets.choice import DropDown, Segments, Toggle, segment_cells
from ui.widgets.control import Control
from ui.widgets.knob import Knob


def control_for(
    parameter: Parameter, label: str = "", tint: str = "you", parent: QWidget | None = None, size: str = "normal"
) -> Control:
    """A Toggle, Segments, DropDown or Knob; `size` is small, normal or large (ui.widgets.control.SIZES)."""
    if parameter.kind == "T":
        return Toggle(parameter, label, tint, parent, size)
    if parameter.labels and not parameter.blends:
        kind = Segments if segment_cells(parameter, size) else DropDown
        return kind(parameter, label, tint, parent, size)
    return Knob(parameter, label, tint, parent, size)
