"""`groove` at run time: drums from a latent space, humanised scores, kits from taps, two bars at a time; [player
process].

A two-bar decode is about 35 runs of small nets. All methods take and give code.Groove; `generate` strings pairs
of bars together on a path around one theme.
"""

from __future__ import annotations

from random import Random
from typing import ClassVar

import numpy as np

import realtime.models.groove.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.net import Net
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package
from realtime.sampling.drawing import draw
from realtime.sampling.latent import Home

BAR_BEATS, PAIR_BEATS = 4.0, 8.0
# how far each two bars of an eight-bar phrase go from the theme, as a share of `variation`: the last is the fill
PHRASE = (0.0, 0.35, 0.15, 1.0)


class Groove(NoteModel):
    """The shipped net: encoder, conductor, step decoder, strokes."""

    name = "groove"
    CODE = code.CODE
    PARAMS: ClassVar[tuple[Param, ...]] = (
        Param("temperature", "Temperature", "", 0.0, 2.0, 0.8, doc="of the choice of drums; 0 takes the likeliest"),
        Param("variation", "Variation", "", 0.0, 1.0, 0.4, doc="how far each two bars stray from the theme"),
        Param("density", "Density", "sd", -3.0, 3.0, 0.0, doc="fewer or more hits, in standard deviations"),
        Param("complexity", "Complexity", "sd", -3.0, 3.0, 0.0, doc="less or more syncopation of kick and snare"),
        Param("swing", "Swing", "sd", -3.0, 3.0, 0.0, doc="straighter or more swung"),
        Param("feel", "Feel", "", 0.0, 2.0, 1.0, doc="spread of velocity and timing: 0 the mean stroke, 1 a drummer's"),
    )

    def __init__(self, package: Package):
        super().__init__(package)
        self._encode, self._conduct = Net(package, "encode"), Net(package, "conduct")
        self._step, self._stroke = Net(package, "step"), Net(package, "strokes")
        self.home = Home(*(package.table(f"home_{part}") for part in ("centres", "weights", "factor")))
        self.directions = package.table("directions")  # (3, latent), a standard deviation of each attribute

    # ---- the latent space ----------------------------------------------------------------------------------------
    def encode(self, groove: code.Groove, mode: str = "full") -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (latent,) of the posterior. mode: "full", "score" (hits alone) or "taps"."""
        self._encode.inputs["groove"][0] = code.encoder_input(groove, mode)
        out = self._encode.run()
        return out["mean"][0].copy(), out["deviation"][0].copy()

    def sample(self, random: np.random.Generator, prior: bool = False) -> np.ndarray:
        """A latent: from the mixture over all encoded grooves, or from the prior N(0, 1)."""
        if prior:
            return random.standard_normal(len(self.home.factor)).astype(np.float32)
        return self.home.sample(random)

    def moved(self, z: np.ndarray, **amounts: float) -> np.ndarray:
        """The latent moved along attribute directions: density, complexity, swing, in standard deviations."""
        for name, amount in amounts.items():
            z = z + amount * self.directions[code.ATTRIBUTES.index(name)]
        return z.astype(np.float32)

    # ---- decoding ------------------------------------------------------------------------------------------------
    def context(self, z: np.ndarray) -> np.ndarray:
        """(32, n): what the conductor tells each step."""
        self._conduct.inputs["latent"][0] = z
        return self._conduct.run()["context"][0].copy()

    def hits(self, context: np.ndarray, random: Random, temperature: float = 1.0, top_p: float = 1.0) -> np.ndarray:
        """(32, 9) bool: the score, step by step."""
        self._step.reset()
        past = self._step.inputs["past"]
        past[...] = 0.0
        tokens = np.zeros(code.STEPS, np.int64)
        for step in range(code.STEPS):
            self._step.inputs["context_now"][0] = context[step]
            tokens[step] = draw(self._step.run()["logits"][0], random, temperature, top_p)
            past[0] = code.token_bits(tokens[step])
        return code.token_bits(tokens)

    def logits(self, context: np.ndarray, hits: np.ndarray) -> np.ndarray:
        """(32, 512): teacher-forced, each step given the true hits before it."""
        self._step.reset()
        found = np.zeros((code.STEPS, code.COMBINATIONS), np.float32)
        for step in range(code.STEPS):
            self._step.inputs["past"][0] = hits[step - 1] if step else 0.0
            self._step.inputs["context_now"][0] = context[step]
            found[step] = self._step.run()["logits"][0]
        return found

    def struck(
        self, context: np.ndarray, hits: np.ndarray, random: np.random.Generator, feel: float = 1.0
    ) -> code.Groove:
        """How a score is played: velocities and offsets drawn around their means (feel 0: the means)."""
        self._stroke.inputs["hits"][0] = hits
        self._stroke.inputs["context_in"][0] = context
        strokes = self._stroke.run()["strokes"][0]
        noise = feel * random.standard_normal((2, *hits.shape))
        velocity = strokes[:, 0] + np.exp(strokes[:, 1]) * noise[0]
        offset = strokes[:, 2] + np.exp(strokes[:, 3]) * noise[1]
        return code.Groove(
            np.asarray(hits, bool),
            (np.clip(velocity, 0.02, 1.0) * hits).astype(np.float32),
            (np.clip(offset, -0.5, 0.499) * hits).astype(np.float32),
        )

    def decode(self, z: np.ndarray, seed: int = 1, temperature: float = 0.8, feel: float = 1.0) -> code.Groove:
        """Two bars from a latent (latent,)."""
        context = self.context(z)
        hits = self.hits(context, Random(seed), temperature)
        return self.struck(context, hits, np.random.default_rng(seed), feel)

    # ---- what a player asks for ----------------------------------------------------------------------------------
    def humanise(self, groove: code.Groove, seed: int = 1, feel: float = 1.0) -> code.Groove:
        """The same hits with a drummer's velocities and timing; what the groove itself had of them is not used."""
        mean, deviation = self.encode(groove, "score")
        random = np.random.default_rng(seed)
        z = mean + feel * deviation * random.standard_normal(len(mean))
        return self.struck(self.context(z.astype(np.float32)), groove.hits, random, feel)

    def from_taps(
        self, taps: code.Groove, seed: int = 1, temperature: float = 0.8, feel: float = 1.0, spread: float = 0.5
    ) -> code.Groove:
        """A kit for a tapped line (see code.taps_of). spread: how freely it is read, 0..1."""
        mean, deviation = self.encode(taps, "taps")
        random = np.random.default_rng(seed)
        z = mean + spread * deviation * random.standard_normal(len(mean))
        return self.decode(z.astype(np.float32), seed, temperature, feel)

    def theme(self, prompt: NoteSequence | None, random: np.random.Generator) -> np.ndarray:
        """The latent of a prompt's last two bars: its drums, or, where it has none, the rhythm of its notes as taps; of
        nothing, a sample. Raises AntiphonError for a prompt that is not in 4/4."""
        if prompt is None or not prompt.notes:
            return self.sample(random)
        last = max(n.beat for n in prompt.notes)
        metre = prompt.metre_at(last)
        if abs(metre.bar_beats - BAR_BEATS) > 1e-9:
            raise AntiphonError(
                f"Prompt: groove plays in 4/4, the prompt ends in {metre.numerator}/{metre.denominator}; "
                "give it bars of four beats."
            )
        start = max(metre.beat, prompt.bar_start(last + 1e-6) - BAR_BEATS)
        near = [n for n in prompt.notes if start - 0.125 <= n.beat < start + PAIR_BEATS - 0.125]
        drums = code.groove_of([n for n in near if n.channel == code.DRUM_CHANNEL], start)
        if drums.hits.any():
            return self.encode(drums)[0]
        return self.encode(code.taps_of(near, start), "taps")[0]

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """Drums on channel 9, beat 0 being the first beat; phrases of eight bars around one theme, the last two of each
        farthest from it."""
        s = self.settings(values, bars)
        random = np.random.default_rng(seed)
        theme = self.theme(prompt, random)
        notes: list[Note] = []
        for pair in range(-(-bars // 2)):
            amount = s["variation"] * PHRASE[pair % len(PHRASE)]
            z = self.home.wander(theme, amount, random)
            z = self.moved(z, density=s["density"], complexity=s["complexity"], swing=s["swing"])
            draw_seed = seed * 100_003 + (0 if amount == 0 else pair)  # the theme returns as it was
            notes += self.decode(z, draw_seed, s["temperature"], s["feel"]).notes(pair * PAIR_BEATS)
        end = bars * BAR_BEATS
        tempo = prompt.tempo if prompt is not None else NoteSequence().tempo
        return NoteSequence([n for n in notes if n.beat < end], tempo, [Metre(0.0, 4, 4)], "groove")
