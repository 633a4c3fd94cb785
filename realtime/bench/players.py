"""`antiphon bench players`: how soon a player answers, and what each note costs it; [main]."""

from __future__ import annotations

from realtime.players.measure import bench_players

__all__ = ["bench_players"]
