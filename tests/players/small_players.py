"""Players as strangers would write them, one file each, for tests: a good one, and such as hang, fail and talk nonsense."""

from __future__ import annotations

from pathlib import Path

STEADY = '''
"""`steady`: every beat a bass note, every other one a chime, as long as it lives."""

from realtime.contract.param import Param
from realtime.players.player import Player


class Steady(Player):
    """Two lanes."""

    PARAMS = (Param("pitch", "Pitch", "", 0.0, 127.0, 40.0, stepped=True), Param("length", "Length", "beats", 0.01, 64.0, 0.5))
    LANES = ("bass", "chime")
    SHAPES = frozenset({"range"})

    def __init__(self, *package, **common):
        super().__init__(*package, **common)
        self.next = None

    def forget(self):
        super().forget()
        self.next = None

    def play(self):
        if self.next is None:
            self.next = int(self.now.beat) + 1
        while self.next < self.now.beat + 1.0:
            self.plan(self.next, self.values["length"], int(self.values["pitch"]), 0.8)
            if self.next % 2 == 0:
                self.plan(self.next, self.values["length"], 80, 0.6, lane=1)
            self.next += 1


PLAYER = Steady
'''


def steady_with(method: str) -> str:
    """A steady player's file with one method more."""
    return STEADY.replace("    def play(self):\n", f"    {method}\n\n    def play(self):\n")


HANGS = steady_with("def note_on(self, *_):\n        while True:\n            pass")
FAILS = steady_with("def note_on(self, *_):\n        raise ValueError('sore throat')")
PRINTS = STEADY.replace("    def play(self):\n", "    def play(self):\n        print('{not json')\n")
NONSENSE = STEADY.replace(
    "            self.next += 1\n",
    """            for beat, length, key, velocity, lane in (
                (float("nan"), 1.0, 60, 0.5, 0), (float("inf"), 1.0, 60, 0.5, 0), (self.next, float("nan"), 60, 0.5, 0),
                (self.next, -5.0, 9999, 0.5, 99), (self.next, 1.0, -7, float("nan"), -3), (self.next, 1e12, 60, 9e9, 0),
            ):
                self.plan(beat, length, key, velocity, lane)
            self.next += 1
""",
)


def install(folder: Path, **sources: str) -> None:
    """Write players into a user's folder of data (what XDG_DATA_HOME names)."""
    players = folder / "antiphon" / "players"
    players.mkdir(parents=True, exist_ok=True)
    for name, source in sources.items():
        (players / f"{name}.py").write_text(source)
