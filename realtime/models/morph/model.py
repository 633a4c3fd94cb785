"""`morph` at run time: melody, bass and drums from one latent, two bars at a time; interpolation and attributes;
[player process].

After MusicVAE (Roberts et al. 2018). A step of all three tracks is one run, two bars are 32.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import ClassVar

import numpy as np

import realtime.models.groove.code as groove_code
import realtime.models.morph.code as code
import realtime.sampling.masks as masks
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.morph.bars import (
    BAR_BEATS,
    ENSEMBLES,
    LOWEST_MEAN,
    PAIR_BEATS,
    Bars,
    changed,
    mean_pitch,
    octaves_below,
    sequence_of,
)
from realtime.models.morph.edit import edited
from realtime.models.morph.taste import Taste
from realtime.models.net import Net
from realtime.music.keyfinding import Key, find_key
from realtime.music.scale import key_classes
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package
from realtime.sampling.drawing import FORBIDDEN, draw
from realtime.sampling.latent import Home, even_path

PHRASE = (0.0, 0.3, 0.0, 0.5)  # how far each two bars of eight go from the section's theme, as a share of `variation`
SECTIONS = (0.0, 0.0, 0.9, 0.0)  # how far each eight bars' theme lies from the first, likewise
_PITCH_OF = np.array([masks.NOT_A_PITCH] * code.FIRST_NOTE + list(range(code.LOWEST_PITCH, code.HIGHEST_PITCH + 1)))


class Morph(NoteModel):
    """The shipped net: encoder, conductors, one step of all tracks."""

    name = "morph"
    CODE = code.CODE
    PARAMS: ClassVar[tuple[Param, ...]] = (
        Param("temperature", "Temperature", "", 0.0, 2.0, 0.7, doc="of every track's choice; 0 takes the likeliest"),
        Param("variation", "Variation", "", 0.0, 1.0, 0.5, doc="how far sections and bars stray from the theme"),
        Param("ensemble", "Ensemble", "", 0.0, 2.0, 2.0, "enum", ENSEMBLES, doc="which tracks are played"),
        Param("key", "Key", "nats", 0.0, 10.0, 4.0, doc="how strongly the lines hold to the theme's key"),
        Param("density", "Density", "sd", -3.0, 3.0, 0.0, doc="fewer or more melody notes, in standard deviations"),
        Param("range", "Range", "sd", -3.0, 3.0, 0.0, doc="narrower or wider melody"),
        Param("syncopation", "Syncopation", "sd", -3.0, 3.0, 0.0, doc="less or more syncopated melody"),
        Param("mean_pitch", "Mean pitch", "sd", -3.0, 3.0, 0.0, doc="lower or higher melody"),
        Param("mode", "Mode", "sd", -3.0, 3.0, 0.0, doc="towards minor or major"),
    )

    def __init__(self, package: Package):
        super().__init__(package)
        guard = self.code_facts.get("guard")
        self.guard = self.copy_guard(guard) if guard else None
        self._encode, self._conduct = Net(package, "encode"), Net(package, "conduct")
        self._step = Net(package, "step")
        self.homes = {
            name: Home(*(package.table(f"{name}_{part}") for part in ("centres", "weights", "factor")))
            for name in ("melody", "trio")
        }
        self.deviations = dict(zip(code.ATTRIBUTES, package.table("attribute_deviation").tolist(), strict=True))

    # ---- the latent space ----------------------------------------------------------------------------------------
    def encode(self, bars: Bars) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (latent,) of the posterior, from the tracks there are (at least one)."""
        inputs = self._encode.inputs
        for name, tokens in (("melody", bars.melody), ("bass", bars.bass)):
            given = np.zeros(code.STEPS, np.uint8) if tokens is None else tokens
            inputs[name][0] = given
            inputs[f"{name}_sounding"][0] = code.sounding(given)
        inputs["hits"][0] = 0.0 if bars.hits is None else bars.hits
        inputs["present"][0] = [bars.melody is not None, bars.bass is not None, bars.hits is not None]
        out = self._encode.run()
        return out["mean"][0].copy(), out["deviation"][0].copy()

    def sample(self, random: np.random.Generator, home: str = "trio") -> np.ndarray:
        """A latent from the mixture over all encoded melodies or trios (home), or from the prior N(0, 1) (home
        "prior")."""
        if home == "prior":
            return random.standard_normal(len(self.homes["trio"].factor)).astype(np.float32)
        return self.homes[home].sample(random)

    def moved(self, z: np.ndarray, home: str, /, **amounts: float) -> np.ndarray:
        """The latent with attributes of its melody (code.ATTRIBUTES) raised, in standard deviations; home "melody":
        it stands for a melody alone, "trio": for all tracks. A melody goes no lower than the net reads.

        What it decodes to is edited by rule, and it moves by the difference of the two encodings: an analogy. No fixed
        direction does this (of pairs a tone apart the mean difference is nothing).
        """
        wanted = {name: amount for name, amount in amounts.items() if amount}
        bars = self.decode(z, Random(0), 0.0) if wanted else Bars()
        shown = bars.sounding() if home == "trio" else Bars(bars.melody)
        if shown.melody is None or not (shown.melody >= code.FIRST_NOTE).any():
            return z.astype(np.float32)
        melody = shown.melody
        for name, amount in wanted.items():
            amount *= self.deviations[name]
            if name == "mean_pitch":
                amount = max(amount, min(0.0, LOWEST_MEAN - mean_pitch(melody)))
            melody = edited(melody, name, amount)
        step = self.encode(replace(shown, melody=melody))[0] - self.encode(shown)[0]
        return (z + step).astype(np.float32)

    def between(self, first: Bars, last: Bars, points: int) -> list[Bars]:
        """The way from one two bars to another along the arc, both ends included as the net gives them back, in points
        that change about evenly; played one after the other they complete no run of the training music."""
        given = [n for n in ("melody", "bass", "hits") if all(getattr(x, n) is not None for x in (first, last))]

        def show(z: np.ndarray) -> Bars:
            return self.decode(z, Random(0), 0.0)

        def apart(one: Bars, other: Bars) -> float:
            return sum(changed(getattr(one, name), getattr(other, name)) for name in given or ("melody",))

        taste = Taste()
        way = even_path(self.encode(first)[0], self.encode(last)[0], points, show, apart)
        return [self.decode(z, Random(0), 0.0, taste) for z in way]

    # ---- decoding ------------------------------------------------------------------------------------------------
    def contexts(self, z: np.ndarray) -> list[np.ndarray]:
        """What the conductors tell each step: (32, n) for melody, bass and drums."""
        self._conduct.inputs["latent"][0] = z
        out = self._conduct.run()
        return [out[f"{name}_context"][0].copy() for name in code.TRACKS]

    def decode(self, z: np.ndarray, random: Random, temperature: float = 0.7, taste: Taste | None = None) -> Bars:
        """Two bars of all three tracks from a latent (latent,). taste: also moved on by these bars."""
        contexts = self.contexts(np.asarray(z, np.float32))
        taste = taste or Taste()
        bias = np.zeros(code.TOKENS)
        if taste.key is not None and taste.key_strength > 0:
            bias = masks.scale_mask(_PITCH_OF, key_classes(taste.key.tonic, taste.key.mode), taste.key_strength)
        self.reset()
        lines = {name: np.zeros(code.STEPS, np.uint8) for name in ("melody", "bass")}
        hits = np.zeros((code.STEPS, len(groove_code.KIT)), bool)
        for step in range(code.STEPS):
            out = self.step([context[step] for context in contexts])
            for name, line in lines.items():
                line[step] = self._note(name, out[f"{name}_logits"][0] + bias, random, temperature, taste)
                self.tell(name, line[step])
            hits[step] = groove_code.token_bits(np.int64(draw(out["drums_logits"][0], random, temperature)))
            self._step.inputs["drums_before"][0] = hits[step]
            taste.step += 1
        return Bars(lines["melody"], lines["bass"], hits)

    def reset(self) -> None:
        """Before the first step of two bars."""
        self._step.reset()
        for name in ("melody", "bass"):
            self._step.inputs[f"{name}_before"][0] = code.HOLD
            self._step.inputs[f"{name}_sounds"][0] = code.SILENT
        self._step.inputs["drums_before"][...] = 0.0

    def step(self, contexts: list[np.ndarray]) -> dict[str, np.ndarray]:
        """One step of all tracks: logits by `<track>_logits` (1, n); overwritten by the next."""
        for name, context in zip(code.TRACKS, contexts, strict=True):
            self._step.inputs[f"{name}_now"][0] = context
        return self._step.run()

    def tell(self, track: str, token: int) -> None:
        """Which token a line took, before the next step."""
        self._step.inputs[f"{track}_before"][0] = token
        if token != code.HOLD:
            self._step.inputs[f"{track}_sounds"][0] = token if token >= code.FIRST_NOTE else code.SILENT

    def _note(self, track: str, logits: np.ndarray, random: Random, temperature: float, taste: Taste) -> int:
        """A token that completes no run of the training set; the record of the line moves on with it."""
        while not taste.takes(track, token := max(code.HOLD, draw(logits, random, temperature)), self.guard):
            logits = logits.copy()
            logits[token] = FORBIDDEN
        return token

    # ---- what a player asks for ----------------------------------------------------------------------------------
    def heard(self, prompt: NoteSequence) -> Bars | None:
        """The tracks of a prompt's last two bars (None if nothing in them is of use): see code.tracks_of.

        Raises AntiphonError for a prompt that is not in 4/4.
        """
        last = max(n.beat for n in prompt.notes)
        metre = prompt.metre_at(last)
        if metre.bar_beats not in (BAR_BEATS, BAR_BEATS / 2):
            raise AntiphonError(
                f"Prompt: morph plays in 4/4, the prompt ends in {metre.numerator}/{metre.denominator}; give it bars of "
                "four beats."
            )
        start = max(metre.beat, prompt.bar_start(last + 1e-6) - PAIR_BEATS + metre.bar_beats)
        near = [n for n in prompt.notes if n.end > start and n.beat < start + PAIR_BEATS - 0.125]
        melody, bass, drums = code.tracks_of(near)
        hits = groove_code.groove_of(drums, start).hits
        found = Bars(
            code.line_of(melody, start) if melody else None,
            code.line_of(bass, start, lowest=True) if bass else None,
            hits,
        )
        found = found.sounding()
        return found if any(x is not None for x in (found.melody, found.bass, found.hits)) else None

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """Melody on channel 0, bass on 1, drums on 9; sections of eight bars around the theme (the prompt's last two bars,
        or a sample), the third section the contrast."""
        s = self.settings(values, bars)
        random = np.random.default_rng(seed)
        heard = self.heard(prompt) if prompt is not None and prompt.notes else None
        lift = octaves_below(mean_pitch(heard.melody)) if heard and heard.melody is not None else 0
        if heard and heard.melody is not None:
            heard.melody = code.transposed(heard.melody, lift)
        z = self.encode(heard)[0] if heard else self.sample(random)
        theme = self.moved(z, "trio", **{name: s[name] for name in code.ATTRIBUTES if name != "mean_pitch"})
        if s["mean_pitch"]:
            turn, deviation = s["mean_pitch"], self.deviations["mean_pitch"]
            melody = self.decode(theme, Random(0), 0.0).melody
            below = octaves_below(mean_pitch(melody) + turn * deviation)
            theme = self.moved(theme, "trio", mean_pitch=turn + below / deviation)
            lift += below
        key = self._key(None if s["mode"] else heard, theme, seed)
        taste = Taste(key, s["key"])
        home = self.homes["trio"]
        pairs, themes = [], {}
        for pair in range(-(-bars // 2)):
            section = (pair // len(PHRASE)) % len(SECTIONS)
            if section not in themes:
                themes[section] = home.wander(theme, s["variation"] * SECTIONS[section], random)
            amount = s["variation"] * PHRASE[pair % len(PHRASE)]
            here = home.wander(themes[section], amount, random)
            draw_seed = seed * 100_003 + (int(SECTIONS[section] > 0) if amount == 0 else 10 + pair)
            pairs.append(self.decode(here, Random(draw_seed), s["temperature"], taste))
        made = sequence_of(pairs, bars, int(s["ensemble"]), prompt)
        made.notes = sorted(n._replace(pitch=n.pitch - lift) if n.channel == 0 else n for n in made.notes)
        return made

    def _key(self, heard: Bars | None, theme: np.ndarray, seed: int) -> Key | None:
        """The key of the prompt, or of what the theme sounds like."""
        source = heard if heard and heard.melody is not None else self.decode(theme, Random(seed), 0.0)
        notes = [n for line in (source.melody, source.bass) if line is not None for n in code.notes_of(line)]
        return find_key([n.pitch for n in notes], [n.duration for n in notes]) if notes else None
