"""The follower: the one listener that names chord, key, section, intensity and mood for all players; [player process]."""

from realtime.players.follower.follower import Follower

__all__ = ["Follower"]
