"""`roll` at run time: bars of melody, bridge, piano, bass and drums under chords, four to a phrase; [player process].

A phrase's latents become the codes of its bars in one run (`phrase`); each bar is one run (`bar`) once its two chords are
known. The net knows C major and A minor: other keys are reached by transposing. Which pitched tracks rest in a bar the net
decides by its latents, or it is drawn from a table of how songs go from bar to bar (`arrangement`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

import realtime.models.roll.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.net import Net
from realtime.music.chord import Chord
from realtime.music.chord_naming import name_chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import find_key, into_c
from realtime.music.sequence import Metre, Note, NoteSequence, fold_pitch
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package

SPREAD = 1.0  # as it learned with
SHY = 1.0  # logits below the highest that a track still plays where the arrangement wants it and it has nothing to say
VELOCITIES = (0.8, 0.55, 0.6, 0.72, 0.72)  # melody, bridge, piano, bass, drums: the rolls carry none
START = 1 << len(code.TRACKS)  # the row of the arrangement before a first bar
LEAN = 0.1  # added to the logits of the pitched tracks, see the card: the melody is a little shy
STRIKES = 4  # of a pitch on neighbouring sixteenths of a bar; held from there, as the net flutters where it doubts
SHORTEST_BEATS = 1 / 8  # slivers under a thirty-second are not played (the figures of the rolls count them)
LATENTS = ("z", "z_time", "z_tracks", "z_tracks_time")
# loops of four bars that songs live on, one chord a bar or two; a song takes one for its verse and one for its bridge
LOOPS = (
    ("C", "G", "Am", "F"),
    ("Am", "F", "C", "G"),
    ("C", "Am", "F", "G"),
    ("F", "G", "Em Am", "Dm G"),
    ("C", "Em", "F", "G"),
    ("Dm", "G", "C", "Am"),
    ("C G/B", "Am Em", "F C/E", "Dm G"),
    ("Am", "Em", "F", "C G"),
)
FORM = (0, 0, 1, 0)  # which of the two loops each phrase has


class RollStream:
    """A piece as it is made, bar by bar: tell it the two chords of the next bar, get its notes.

    variation: how far each phrase's latents go from the piece's own, 0 (the same again) to 1 (nothing in common).
    spread: standard deviation of the latents.
    """

    def __init__(self, model: Roll, seed: int, variation: float = 0.5, spread: float = SPREAD):
        self.model, self.variation, self.spread = model, variation, spread
        self.random = np.random.default_rng(seed)
        self.theme = self._draw()
        self._own, self._fresh = self.theme, self.theme
        self._phrase = 0
        self.bar_number = 0
        self.playing = START  # which tracks sound, as bits: melody 1, bridge 2, piano 4, bass 8
        self.codes: tuple[np.ndarray, np.ndarray] | None = None

    def _draw(self) -> dict[str, np.ndarray]:
        shapes = self.model.phrase.inputs
        return {n: (self.spread * self.random.standard_normal(shapes[n].shape)).astype(np.float32) for n in LATENTS}

    def at(self, bar: int, dice: Sequence[int]) -> None:
        """Goes to a bar, there or back. A bar's dice are its own: written twice on the same chords it is the same."""
        phrase = bar - bar % code.BARS
        if bar != phrase != self._phrase:
            self.random = np.random.default_rng([*dice, phrase])
            self._fresh, self.codes = self._draw(), None
        self._phrase, self.bar_number = phrase, bar
        self.random = np.random.default_rng([*dice, bar])

    def lean(self, other: dict[str, np.ndarray], turns: Mapping[str, float]) -> None:
        """Turns the piece's latents towards other ones of the same shapes, from its next bar on. turns: by LATENTS, -1..1; at
        either end nothing of its own is left."""
        self.theme, self.codes = {}, None
        for name in LATENTS:
            angle = 0.5 * np.pi * turns.get(name, 0.0)
            self.theme[name] = (np.cos(angle) * self._own[name] + np.sin(angle) * other[name]).astype(np.float32)

    def logits(self, chords: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits (4, 48, 84) and (48, 9) of the next bar from its chord codes (2, 36), in the net's key. Views."""
        if self.bar_number % code.BARS == 0:
            self._fresh, self.codes = self._draw(), None
        if self.codes is None:
            share = self.variation if self.bar_number >= code.BARS else 0.0
            stay = np.sqrt(1.0 - share * share)
            for name in LATENTS:
                self.model.phrase.inputs[name][...] = stay * self.theme[name] + share * self._fresh[name]
            out = self.model.phrase.run()
            self.codes = (out["codes"][0].copy(), out["track_codes"][0].copy())
        assert self.codes is not None
        inputs, place = self.model.bar.inputs, self.bar_number % code.BARS
        inputs["bar_code"][0] = self.codes[0][place]
        inputs["bar_tracks"][0] = self.codes[1][place]
        inputs["chords"][0] = chords
        self.bar_number += 1
        out = self.model.bar.run()
        return out["songs"][0], out["drums"][0]

    def rolls(
        self,
        chords: np.ndarray,
        noise: float = 0.0,
        density: float = 0.0,
        arrangement: bool = False,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The next bar as (4, 48, 84) and (48, 9) bool. noise: of the pitched tracks' binary neurons, drawn once for a
        sixteenth (0: deterministic neurons, 1: Bernoulli); density: added to the logits, more or fewer notes;
        arrangement: tracks rest by the table too."""
        songs, drums = self.logits(chords)
        shaken = songs.reshape(len(songs), -1, code.STEPS // 16, code.PITCHES) + (LEAN + density)
        if noise > 0.0:
            shaken = shaken + noise * self.random.logistic(size=(*shaken.shape[:2], 1, code.PITCHES))
        made = (shaken > 0.0).reshape(songs.shape)
        if arrangement:
            self.playing = int(self.random.choice(START, p=self.model.arrangement[self.playing]))
            for k, found in enumerate(shaken.reshape(songs.shape)):
                if not self.playing >> k & 1:
                    made[k] = False
                elif not made[k].any():  # its turn, and too shy: the threshold comes down to its loudest cells
                    made[k] = found > found.max() - SHY
        return held(made), drums + density > 0.0

    def bar(
        self,
        first: Chord | None,
        second: Chord | None,
        noise: float = 0.0,
        density: float = 0.0,
        arrangement: bool = False,
    ) -> list[Note]:
        """Notes of the next bar from beat 0 on, channels 0..3 and 9, in the net's key; settings as in `rolls`."""
        chords = np.stack([code.chord_code(first), code.chord_code(second)])
        songs, drums = self.rolls(chords, noise, density, arrangement)
        return played(songs) + code.drum_notes(drums, VELOCITIES[-1])


class Roll(NoteModel):
    """The shipped generator; the critic stays in the workshop."""

    name = "roll"
    CODE = code.CODE
    PARAMS: ClassVar[tuple[Param, ...]] = (
        Param("variation", "Variation", "", 0.0, 1.0, 0.5, doc="how far each phrase strays from the first"),
        Param("spread", "Spread", "", 0.0, 4.0, SPREAD, doc="of the latents: how far from the usual"),
        Param("density", "Density", "", -3.0, 3.0, 0.0, doc="added to every logit: fewer or more notes"),
        Param("noise", "Noise", "", 0.0, 1.0, 0.0, doc="of the binary neurons of the pitched tracks; 0: none"),
        Param(
            "arrangement",
            "Arrangement",
            "",
            0.0,
            1.0,
            0.0,
            "bool",
            doc="tracks rest by a table of songs too, from bar to bar",
        ),
        Param("tonic", "Tonic", "st", 0.0, 11.0, 0.0, doc="of the key (0: C), where no prompt gives one"),
        Param("drums", "Drums", "", 0.0, 1.0, 1.0, "bool", doc="with or without the drum track"),
    )

    def __init__(self, package: Package):
        super().__init__(package)
        self.phrase, self.bar = Net(package, "phrase"), Net(package, "bar")
        # which tracks play next
        self.arrangement = self.table("arrangement", START + 1, START).astype(np.float64)
        self.arrangement /= self.arrangement.sum(1, keepdims=True)

    def stream(self, seed: int, variation: float = 0.5, spread: float = SPREAD) -> RollStream:
        """A new piece, to be asked for bar by bar."""
        return RollStream(self, seed, variation, spread)

    def rolls(
        self,
        chords: np.ndarray,
        seed: int,
        variation: float = 0.5,
        noise: float = 0.0,
        density: float = 0.0,
        arrangement: bool = False,
        spread: float = SPREAD,
    ) -> tuple[np.ndarray, np.ndarray]:
        """All bars under chord codes (bars, 2, 36): (bars, 4, 48, 84) and (bars, 48, 9) bool, in the net's key."""
        stream = self.stream(seed, variation, spread)
        made = [stream.rolls(bar, noise, density, arrangement) for bar in chords]
        return np.stack([m[0] for m in made]), np.stack([m[1] for m in made])

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """Bars of 4/4 on the chords of the prompt (two a bar, heard from its notes, from its start on and round again) in
        its key, or on a song's usual loops."""
        settings = self.settings(values, bars)
        if prompt is None:
            shift = int(round(settings["tonic"]))
            shift -= 12 if shift > 5 else 0
            chords = usual_chords(bars, seed)
        else:
            chords, shift = heard_chords(prompt, bars)
        codes = np.stack([np.stack([code.chord_code(c) for c in bar]) for bar in chords])
        songs, drums = self.rolls(
            codes,
            seed,
            variation=settings["variation"],
            noise=settings["noise"],
            density=settings["density"],
            arrangement=bool(settings["arrangement"]),
            spread=settings["spread"],
        )
        whole = songs.transpose(1, 0, 2, 3).reshape(len(code.TRACKS), -1, code.PITCHES)
        notes = [n._replace(pitch=fold_pitch(n.pitch + shift)) for n in played(whole)]
        if settings["drums"]:
            notes += code.drum_notes(drums.reshape(-1, len(code.LANES)), VELOCITIES[-1])
        tempo = {} if prompt is None else {"tempo": prompt.tempo}
        programs = dict(enumerate(code.PROGRAMS))
        return NoteSequence(notes, metres=[Metre(0.0, 4, 4)], name="roll", programs=programs, **tempo)


def held(songs: np.ndarray, strikes: int = STRIKES) -> np.ndarray:
    """A bar (tracks, 48, 84) bool, in place, in which no pitch is struck on more than so many neighbouring sixteenths: the
    strikes after them prolong the last."""
    cells = songs.reshape(len(songs), 16, -1, songs.shape[-1])
    begins, ends = cells[:, :, 0].copy(), cells[:, :, -1].copy()
    count = begins[:, 0].astype(int)
    for at in range(1, 16):
        count = np.where(begins[:, at] & ~ends[:, at - 1], count + 1, 0)
        cells[:, at - 1] |= (count > strikes)[:, None]
    return songs


def played(songs: np.ndarray) -> list[Note]:
    """Notes of the pitched tracks (4, steps, 84) bool, each track on its channel."""
    every = [n for k, roll in enumerate(songs) for n in code.notes_of_roll(roll, k, VELOCITIES[k])]
    return [n for n in every if n.duration >= SHORTEST_BEATS]


def usual_chords(bars: int, seed: int) -> list[tuple[Chord | None, Chord | None]]:
    """Two chords a bar in C major or A minor: phrases of 4 bars in the form AABA, the loops drawn by the seed."""
    picks = np.random.default_rng(seed).permutation(len(LOOPS))[:2]
    loops = [[tuple(parse_chord(n) for n in bar.split()) for bar in LOOPS[k]] for k in picks]
    phrases = [loops[FORM[p % len(FORM)]] for p in range(-(-bars // code.BARS))]
    every = [bar for phrase in phrases for bar in phrase][:bars]
    return [(bar[0], bar[-1]) for bar in every]


def heard_chords(prompt: NoteSequence, bars: int) -> tuple[list[tuple[Chord | None, Chord | None]], int]:
    """Two chords a bar heard in a prompt's notes, moved to the net's key and repeated to fill the bars, and the semitones
    from there to the prompt's key. A half bar that makes no chord keeps the one before. Raises AntiphonError for a
    prompt without pitched notes or not in 4/4."""
    pitched = [n for n in prompt.notes if n.channel != code.DRUM_CHANNEL]
    if not pitched:
        raise AntiphonError(
            "Prompt: it has no pitched notes to take chords from; give some bars of music, or none at all."
        )
    odd = next((m for m in prompt.metres if m.bar_beats != code.BEATS), None)
    if odd is not None:
        raise AntiphonError(
            f"Prompt: its metre is {odd.numerator}/{odd.denominator} at beat {odd.beat:g}, but roll plays 4/4; give a "
            "prompt in 4/4, or none."
        )
    key = find_key([n.pitch for n in pitched], [n.duration for n in pitched])
    shift = -into_c(key.tonic, key.mode)
    first = prompt.bar_start(pitched[0].beat)
    last = max(n.end for n in pitched)
    length = min(bars, max(1, int(np.ceil((last - first) / code.BEATS - 1e-6))))
    span = code.BEATS / code.HALVES
    halves: list[Chord | None] = []
    for half in range(length * code.HALVES):
        start = first + half * span
        chord = _chord_between(pitched, start, start + span)
        halves.append(chord if chord is not None or not halves else halves[-1])
    known = next((c for c in halves if c is not None), Chord(key.tonic, "min" if key.mode == "minor" else "maj"))
    found = [(known if c is None else c).transposed(-shift) for c in halves]
    pairs = list(zip(found[::2], found[1::2], strict=True))
    return [pairs[k % length] for k in range(bars)], shift


def _chord_between(notes: Sequence[Note], start: float, end: float) -> Chord | None:
    """The chord of what sounds for at least a fifth of a span, the lowest note first; passing notes are left out."""
    shares: dict[int, float] = {}
    for n in notes:
        shared = min(n.end, end) - max(n.beat, start)
        if shared > 0:
            shares[n.pitch] = shares.get(n.pitch, 0.0) + shared
    return name_chord(sorted(p for p, s in shares.items() if s >= 0.2 * (end - start)))
