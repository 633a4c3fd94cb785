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


def _settle(band: Sequence[PlayerLink]) -> None:
    soloed = any(link.soloed for link in band)
    for link in band:
        link.engine.players.mute(link.number, link.muted or (soloed and not link.soloed))
