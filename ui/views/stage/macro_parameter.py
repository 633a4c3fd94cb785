"""A macro as the panel's controls see it: from 0 to 1 on the wire, told and typed in the units of what it moves; no Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ui.model import Parameter


@dataclass(frozen=True)
class MacroParameter(Parameter):
    """inner: the parameter whose range it runs through, None if it moves several or bends the way; back: downwards."""

    inner: Parameter | None = None
    back: bool = False

    @property
    def _percent(self) -> Parameter:
        return Parameter(self.address, self.title, high=100.0, unit="%")

    def text(self, value: float) -> str:
        if self.inner is None:
            return f"{100.0 * value:.0f} %"
        return self.inner.text(self.inner.at(1.0 - value if self.back else value))

    def parse(self, typed: str, shown: str = "") -> float | None:
        if self.inner is None:
            percent = self._percent.parse(typed, shown)
            return None if percent is None else self.clamp(percent / 100.0)
        value = self.inner.parse(typed, shown)
        if value is None:
            return None
        place = self.inner.position(value)
        return 1.0 - place if self.back else place

    def refusal(self, typed: str) -> str:
        return (self.inner or self._percent).refusal(typed)

    @property
    def zero(self) -> float:
        """Position of the zero from which its bar grows."""
        if self.inner is None or not self.inner.bipolar:
            return 0.0
        place = self.inner.position(0.0)
        return 1.0 - place if self.back else place


def macro_parameter(node: Parameter, row: Mapping[str, Any], targets: list[Parameter]) -> MacroParameter:
    """node: /macro/N; row: its entry of /macro/list; targets: what it moves, as far as it is there."""
    said = [target for target in row.get("targets") or [] if isinstance(target, Mapping)]
    lines = ", ".join(str(target.get("address", "")) for target in said)
    inner, back = None, False
    if len(said) == 1 and len(targets) == 1 and said[0].get("curve", "own") == "own":
        only, target = targets[0], said[0]
        low, high = (only.low if target.get("low") is None else float(target["low"]),
                     only.high if target.get("high") is None else float(target["high"]))  # fmt: skip
        inner = replace(only, low=min(low, high), high=max(low, high))
        back = bool(target.get("invert")) != (low > high)
    values = {name: getattr(node, name) for name in Parameter.__dataclass_fields__}
    name = str(row.get("name") or node.title)
    return MacroParameter(**values | {"title": name, "description": lines}, inner=inner, back=back)
