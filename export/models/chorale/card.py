"""The card of the chorale package: what it learned, what it did not, 32 bars described; [workshop]."""

from __future__ import annotations

from collections.abc import Mapping


def card_of(metrics: Mapping[str, float]) -> str:
    """Prose with the measured figures where there are any."""
    return "Chorale."
