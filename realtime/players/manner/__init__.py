"""What is learned of how somebody plays: the model, the writer that plays by it, and where it is kept; [player process]."""

from realtime.players.manner.keeper import Keeper
from realtime.players.manner.manner import Manner, Played
from realtime.players.manner.prior import PriorNet
from realtime.players.manner.store import known_of, performer_file, performers
from realtime.players.manner.writer import MannerWriter

__all__ = ["Keeper", "Manner", "MannerWriter", "Played", "PriorNet", "known_of", "performer_file", "performers"]
