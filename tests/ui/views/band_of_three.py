"""A small band for the Players view: two players of a user's own file, with drums and two axes, and `answer`."""

STEPS = '''
"""`steps`: a bass and two drums, two bars ahead: for tests; [player process]."""
from realtime.contract.device import Param
from realtime.contract import player_wire as wire
from realtime.players.player import Player


class Steps(Player):
    PARAMS = (Param("x", "Across", "", 0.0, 1.0, 0.25), Param("y", "Up", "", 0.0, 1.0, 0.5))
    LANES = ("bass", "kick", "snare")
    UNPITCHED = frozenset({"kick", "snare"})
    LADDER = ("full", "rules")
    name = "steps"

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.warning = "steps plays by rule: it is a test." if self.seed == 13 else ""
        self._next = None

    def play(self):
        bars = 2
        if self._next is None:
            self.serial += 1
            self._next = float(int(self.now.beat) + 1)
            self.say(wire.STATUS_ANSWERING)
        while self._next < self.now.beat + bars * self.now.bar_beats:
            step = int(self._next)
            self.plan(self._next, 0.8, 40 + (0, 3, 7, 5)[step % 4], 0.8, 0)
            self.plan(self._next, 0.25, (36, 38)[step % 2], 0.9, 1 + step % 2)
            self._next += 1.0

    def forget(self):
        super().forget()
        self._next = None


PLAYER = Steps
'''
SCENE = """
tempo_bpm = 120
[[track]]
name = "keys"
hears = ["keys"]
[[track.device]]
device = "poly"
[[track]]
name = "low"
hears = ["player 1 bass"]
[[track.device]]
device = "pluck"
[[track]]
name = "kit"
hears = ["player 1 kick", "player 1 snare"]
[[track.device]]
device = "drums"
[[track]]
name = "bells"
hears = ["player 2", "player 3"]
[[track.device]]
device = "pluck"
[[player]]
player = "steps"
[[player]]
player = "answer"
[[player]]
player = "steps"
mute = true
seed = 13
"""


def write(folder):
    """Puts the player into the user's own folder and the scene beside it; the scene's path."""
    from pathlib import Path

    import platformdirs

    place = Path(platformdirs.user_data_dir("antiphon")) / "players"
    place.mkdir(parents=True, exist_ok=True)
    (place / "steps.py").write_text(STEPS)
    path = folder / "trio.toml"
    path.write_text(SCENE)
    return path
