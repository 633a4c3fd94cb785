"""Settings that every training has, and presets with overrides by name; [workshop]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from realtime.native.errors import AntiphonError


@dataclass
class CommonSettings:
    """Base of every model's Settings. The schedule ends at `steps` or `minutes`, whichever comes first."""

    seed: int = 1
    minutes: float = 45.0  # wall clock
    steps: int = 20_000
    batch: int = 32
    rate: float = 2e-3
    warmup_steps: int = 100
    weight_decay: float = 0.01
    clip: float = 1.0
    smoothing_decay: float = 0.998  # the weights kept are a moving average (Polyak); 0: the raw weights
    valid_every: int = 200  # steps
    threads: int = 1
    start: str = ""  # a checkpoint (best.pt) or package of the same sizes to go on from, with a new schedule
    bf16: bool = True  # bfloat16 autocast: twice as fast on processors that have it


S = TypeVar("S", bound=CommonSettings)


def resolve(presets: Mapping[str, S], preset: str, overrides: Mapping[str, Any] | None = None) -> S:
    """A preset with some settings replaced; None values are ignored. Raises AntiphonError for an unknown preset or
    setting, or a value of the wrong kind."""
    if preset not in presets:
        raise AntiphonError(f"Preset {preset}: there is none; use one of {', '.join(presets)}.")
    chosen = presets[preset]
    kinds = {f.name: type(getattr(chosen, f.name)) for f in fields(chosen)}
    values: dict[str, Any] = {}
    for name, value in (overrides or {}).items():
        if value is None:
            continue
        if name not in kinds:
            raise AntiphonError(f"Training has no setting {name}; it has {', '.join(kinds)}.")
        try:
            values[name] = _as_kind(value, kinds[name])
        except (KeyError, TypeError, ValueError):
            raise AntiphonError(f"Setting {name}={value}: it takes a value like {getattr(chosen, name)!r}.") from None
    return replace(chosen, **values)


def _as_kind(value: Any, kind: type) -> Any:
    if kind is bool and isinstance(value, str):
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[value.lower()]
    if kind in (bool, int, float, str):
        made = kind(value)
        if kind is int and float(value) != made:
            raise ValueError
        return made
    return value
