"""`frames` at run time: bars of piano roll from a plain and from a recurrent variational autoencoder, the baselines;
[player process]."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import realtime.models.frames.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.net import Net
from realtime.music.sequence import Metre, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package
from realtime.sampling.latent import Home

BAR_BEATS = 4.0
FORM = (0.0, 0.5, 0.25, 1.0)  # how far each bar of four strays from the theme, as a share of `variation`
TYPICAL_SPREAD = 0.8


class Frames(NoteModel):
    """The shipped nets: plain and recurrent, for bars of sixteenths ("bar") and sixteen quarter notes ("quarters")."""

    name = "frames"
    CODE = code.CODE
    PARAMS: ClassVar[tuple[Param, ...]] = (
        Param("net", "Net", "", 0.0, 1.0, 1.0, "enum", code.NETS, doc="the plain or the recurrent autoencoder"),
        Param("temperature", "Temperature", "", 0.0, 1.5, 0.5, doc="of each key; 0 sounds what is likelier than not"),
        Param("variation", "Variation", "", 0.0, 1.0, 0.5, doc="how far the bars stray from the first"),
        Param("bias", "Fullness", "nats", -3.0, 3.0, 0.0, doc="fewer or more keys at once"),
    )

    def __init__(self, package: Package):
        super().__init__(package)
        self.nets: dict[str, Net] = {}
        self.homes: dict[str, Home] = {}
        for name in (f"{net}_{grid}" for grid in code.GRIDS for net in code.NETS):
            for part in ("encode", "decode"):
                self.nets[f"{name}_{part}"] = Net(package, f"{name}_{part}")
            if name.startswith("recurrent"):
                self.nets[f"{name}_step"] = Net(package, f"{name}_step")
            self.homes[name] = Home(*(package.table(f"{name}_{part}") for part in ("centres", "weights", "factor")))

    def encode(self, roll: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (latent,) for a roll (16, 88); name: such as "plain_bar"."""
        net = self.nets[f"{name}_encode"]
        net.inputs["roll"][0] = roll
        out = net.run()
        return out[f"{name}_mean"][0].copy(), out[f"{name}_deviation"][0].copy()

    def logits(self, z: np.ndarray, name: str, roll: np.ndarray) -> np.ndarray:
        """(16, 88): of each key at each slice; the recurrent net is given the slices of `roll` before."""
        if name.startswith("plain"):
            return self._unfold(z, name)["logits"]
        step = self._begin(z, name)
        found = np.zeros((code.SLICES, code.KEYS), np.float32)
        for k in range(code.SLICES):
            found[k] = self._next(step, name, k, roll[k - 1] if k else np.zeros(code.KEYS, np.float32))
        return found

    def decode(
        self, z: np.ndarray, name: str, random: np.random.Generator, temperature: float = 0.5, bias: float = 0.0
    ) -> np.ndarray:
        """A roll (16, 88) bool."""
        if name.startswith("plain"):
            return chosen(self._unfold(z, name)["logits"] + bias, random, temperature)
        step = self._begin(z, name)
        roll = np.zeros((code.SLICES, code.KEYS), bool)
        past = np.zeros(code.KEYS, np.float32)
        for k in range(code.SLICES):
            roll[k] = chosen(self._next(step, name, k, past) + bias, random, temperature)
            past = roll[k].astype(np.float32)
        return roll

    def _unfold(self, z: np.ndarray, name: str) -> dict[str, np.ndarray]:
        net = self.nets[f"{name}_decode"]
        net.inputs["latent"][0] = z
        return {key.removeprefix(f"{name}_"): value[0] for key, value in net.run().items()}

    def _begin(self, z: np.ndarray, name: str) -> Net:
        unfolded = self._unfold(z, name)
        step = self.nets[f"{name}_step"]
        step.reset()
        step.states[f"{name}_state"][...] = unfolded["first"][None, None]
        self._context = unfolded["context"].copy()
        return step

    def _next(self, step: Net, name: str, k: int, past: np.ndarray) -> np.ndarray:
        step.inputs["past"][0] = past
        step.inputs["context_now"][0] = self._context[k]
        return step.run()[f"{name}_key_logits"][0]

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """Bars of 4/4 around the prompt's last bar (or a sample), on channel 0. Raises AntiphonError for a prompt that is
        not in 4/4."""
        s = self.settings(values, bars)
        random = np.random.default_rng(seed)
        name = f"{code.NETS[int(s['net'])]}_bar"
        home = self.homes[name]
        heard = self._heard(prompt)
        theme = home.sample(random, TYPICAL_SPREAD) if heard is None else self.encode(heard, name)[0]
        rolls = []
        for bar in range(bars):
            z = home.wander(theme, s["variation"] * FORM[bar % len(FORM)], random)
            rolls.append(self.decode(z, name, random, s["temperature"], s["bias"]))
        tempo = prompt.tempo if prompt is not None else NoteSequence().tempo
        notes = code.notes_of(np.concatenate(rolls), code.GRIDS["bar"])
        return NoteSequence(notes, tempo, [Metre(0.0, 4, 4)], "frames")

    def _heard(self, prompt: NoteSequence | None) -> np.ndarray | None:
        """The roll of a prompt's last bar with pitched notes; None if there are none."""
        pitched = [n for n in prompt.notes if n.channel != 9] if prompt is not None else []
        if not pitched or prompt is None:
            return None
        last = max(n.beat for n in pitched)
        metre = prompt.metre_at(last)
        if abs(metre.bar_beats - BAR_BEATS) > 1e-9:
            raise AntiphonError(
                f"Prompt: frames plays in 4/4, the prompt ends in {metre.numerator}/{metre.denominator}; give it bars of "
                "four beats."
            )
        roll = code.roll(pitched, code.GRIDS["bar"], code.SLICES, prompt.bar_start(last + 1e-6))[: code.SLICES]
        return roll if roll.any() else None


def chosen(logits: np.ndarray, random: np.random.Generator, temperature: float) -> np.ndarray:
    """Which keys sound: Bernoulli draws of the logits at a temperature (0: those above a half)."""
    if temperature <= 1e-3:
        return logits > 0
    chance = 1.0 / (1.0 + np.exp(-np.clip(logits / temperature, -60.0, 60.0)))
    return random.random(logits.shape) < chance
