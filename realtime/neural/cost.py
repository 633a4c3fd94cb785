"""What a net may cost: a run must fit into the block in which it falls; words for the performer; [main]."""

from __future__ import annotations

from realtime.native.errors import AntiphonError

ENGINE_BLOCK = 64
"""Frames of the longest block that the engine gives a device."""

MUCH = 0.5
"""Share of a block's time above which a net is told of."""


def cost_warnings(name: str, run_us: float, frames: int, rate_hz: float, allow_slow: bool) -> list[str]:
    """Sentences on a net whose run over `frames` frames takes run_us, at a sample rate.

    Raises AntiphonError where it takes longer than the frames last, unless allow_slow: nothing can play it live.
    """
    lasts_us = frames / rate_hz * 1e6
    if run_us > lasts_us and not allow_slow:
        raise AntiphonError(
            f"{name} is too slow to be played: {frames} frames last {lasts_us:.0f} µs and take {run_us:.0f} µs; pick a "
            "smaller model, or render with the option slow = true"
        )
    block_us = min(frames, ENGINE_BLOCK) / rate_hz * 1e6
    if run_us <= MUCH * block_us:
        return []
    often = "every block" if frames <= ENGINE_BLOCK else f"every {frames} frames"
    return [
        f"{name} is slow: it takes {run_us:.0f} µs of the {block_us:.0f} µs of a block, {often}; the sound may break up"
    ]
