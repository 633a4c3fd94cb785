"""mood: valence and arousal of a passage, and what to change so that it comes nearer to a wanted mood; [player process]
(Russell 1980; Eerola, Friberg & Bresin 2013)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

import realtime.models.mood.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.mood.changes import CHANGES, applied
from realtime.models.net import Net
from realtime.music.passage import excerpt
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package

AXES = ("valence", "arousal")
EASE = {"mode": 1.0, "register": 0.7, "density": 0.8, "dynamics": 1.2, "articulation": 0.9, "tempo": 1.2}
"""How readily each change is used: mode alters the notes most, dynamics hardly anything."""


class Mood(NamedTuple):
    """valence and arousal -1..1, and the deviation that the model expects of each (uncertainty)."""

    valence: float
    arousal: float
    valence_deviation: float
    arousal_deviation: float


@dataclass(frozen=True)
class Steering:
    """How to move a passage towards a mood: `changes` -1..1 each (see changes), `attributes` the same for other models,
    in deviations (z) of each descriptor."""

    changes: dict[str, float]
    attributes: dict[str, float]


CODE = {"descriptors": list(code.NAMES), "changes": list(CHANGES)}


class MoodModel(NoteModel):
    """`estimate` hears, `steer` says what to change, `remood` and `generate` change a passage."""

    name = "mood"
    CODE = CODE
    PARAMS = (
        Param("valence", "Valence", "", -1.0, 1.0, 0.3, doc="Wanted: -1 sad or angry, 1 happy or tender."),
        Param("arousal", "Arousal", "", -1.0, 1.0, 0.3, doc="Wanted: -1 sleepy, 1 excited."),
        Param("strength", "Strength", "", 0.0, 1.0, 1.0, doc="How far towards it."),
        Param("tempo_known", "Tempo counts", "", 0, 1, 1, "bool", doc="Off: the estimate leaves the tempo aside."),
        Param("keep_tempo", "Keep tempo", "", 0, 1, 0, "bool", doc="On: the tempo is not changed (a clock rules it)."),
    )

    def __init__(self, package: Package):
        super().__init__(package)
        self.net = Net(package)
        self.effects = self.table("effects", len(CHANGES), 2).astype(float)  # of an amount of 1
        self.attributes = self.table("attributes", len(code.NAMES), 2).astype(float)  # z for 1 of each axis

    def of_descriptors(self, descriptors: np.ndarray, tempo_known: bool = True) -> Mood:
        """The mood of (29,) descriptors (see code)."""
        self.net.inputs["descriptors"][...] = descriptors
        self.net.inputs["tempo_known"][...] = float(tempo_known)
        out = self.net.run()
        mean, deviation = out["mood"].reshape(-1), out["deviation"].reshape(-1)
        return Mood(float(mean[0]), float(mean[1]), float(deviation[0]), float(deviation[1]))

    def estimate(self, sequence: NoteSequence, tempo_known: bool = True) -> Mood:
        """The mood of a passage (best of 8 to 96 beats). Raises AntiphonError if there are too few notes."""
        return self.of_descriptors(code.descriptors(sequence), tempo_known)

    def steer(self, valence: float, arousal: float, now: Mood | None = None, keep_tempo: bool = False) -> Steering:
        """Changes that move a passage from `now` (neutral, if not given) to a mood, each -1..1: the least ones by their
        ease, by the linear effects learned on the training songs."""
        wanted = np.array([valence, arousal]) - (np.array(now[:2]) if now is not None else 0.0)
        ease = np.array([EASE[n] * (not (keep_tempo and n == "tempo")) for n in CHANGES])
        amounts = np.zeros(len(CHANGES))
        free = ease > 0
        for _ in range(3):  # least squares; what would exceed its range stays there and the rest makes up for it
            effect = self.effects * ease[:, None]
            left = wanted - amounts[~free] @ self.effects[~free]
            gram = effect[free].T @ effect[free] + 1e-3 * np.eye(2)
            amounts[free] = ease[free] * (effect[free] @ np.linalg.solve(gram, left))
            over = free & (np.abs(amounts) > 1.0)
            amounts = np.clip(amounts, -1.0, 1.0)
            if not over.any():
                break
            free &= ~over
        z = self.attributes @ wanted
        return Steering(
            {name: float(a) for name, a in zip(CHANGES, amounts, strict=True)},
            {name: float(v) for name, v in zip(code.NAMES, z, strict=True)},
        )

    def remood(
        self,
        sequence: NoteSequence,
        valence: float,
        arousal: float,
        strength: float = 1.0,
        tempo_known: bool = True,
        keep_tempo: bool = False,
        rounds: int = 3,
    ) -> NoteSequence:
        """The passage changed so that the model hears it nearer to a mood: steered, heard again, corrected; the best of
        the tries, which may be the passage itself. Raises AntiphonError if there are too few notes."""
        now = self.estimate(sequence, tempo_known)
        goal = [now[k] + strength * (w - now[k]) for k, w in enumerate((valence, arousal))]
        best, miss = sequence, self._miss(now, goal)
        aim = list(goal)
        for _ in range(rounds):
            amounts = self.steer(aim[0], aim[1], now, keep_tempo).changes
            tried = applied(sequence, amounts)
            try:
                heard = self.estimate(tried, tempo_known)
            except AntiphonError:
                break
            if self._miss(heard, goal) < miss:
                best, miss = tried, self._miss(heard, goal)
            aim = [a + 0.7 * (g - h) for a, g, h in zip(aim, goal, heard[:2], strict=True)]
        return best

    @staticmethod
    def _miss(mood: Mood, goal: list[float]) -> float:
        return float(np.hypot(mood.valence - goal[0], mood.arousal - goal[1]))

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """The first bars of the prompt in another mood, ending on the bar (seed has no say). Raises AntiphonError without
        a prompt: this model changes music, it writes none."""
        v = self.settings(values, bars)
        if prompt is None:
            raise AntiphonError("Model mood changes music and writes none: give it a passage with --prompt FILE.mid.")
        end = bars * prompt.metre_at(0.0).bar_beats
        part = excerpt(prompt, 0.0, end)
        made = self.remood(
            part, v["valence"], v["arousal"], v["strength"], bool(v["tempo_known"]), bool(v["keep_tempo"])
        )
        return replace(made, notes=[n._replace(duration=min(n.duration, end - n.beat)) for n in made.notes])
