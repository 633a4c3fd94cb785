"""Who of the players is silent: the muted, and those that are not soloed while another is; [any but audio]."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from realtime.session.player_link import PlayerLink


def join_band(links: Sequence[PlayerLink]) -> None:
    """From now on a mute or solo of one of them settles all."""
    band = tuple(links)
    for link in band:
        link.settle = partial(_settle, band)
    _settle(band)


def silenced(wanted: Sequence[tuple[bool, bool]]) -> list[bool]:
    """Who is silent, of (muted, soloed) for each."""
    anyone = any(solo for _, solo in wanted)
    return [mute or (anyone and not solo) for mute, solo in wanted]


def _settle(band: Sequence[PlayerLink]) -> None:
    for link, silent in zip(band, silenced([(link.muted, link.soloed) for link in band]), strict=True):
        link.engine.players.mute(link.number, silent)
