"""`disguise` at run time: the performer's bars in another style, two bars in sight at a time; [player process].

One run of the part `restyle` gives what the style adds to (and takes from) the old roll; `amount` scales it, so 0 gives
the old notes back on their sixteenths. The part `judge` says which style some bars sound like.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np

import realtime.models.disguise.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.disguise.guard import UpperLine, keep_original
from realtime.models.net import Net
from realtime.music.keyfinding import into_c, pitch_class_weights, rank_keys
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package

DRUM_CHANNEL = 9
REACH, REACH_STEP = 0.5, 0.05
ENOUGH = 0.6  # F1 of the notes with the old ones below which they have changed enough
HARMONY = 0.85  # chroma similarity, beat by beat, that reaching further must keep


class Disguise(NoteModel):
    """The shipped generator (one for all styles) and the judge that measured it."""

    name = "disguise"
    CODE = code.CODE
    PARAMS: ClassVar[tuple[Param, ...]] = (
        Param("style", "Style", "", 0.0, 4.0, 2.0, "enum", code.STYLES, doc="what the music is dressed up as"),
        Param("amount", "Amount", "", 0.0, 1.5, 1.0, doc="0 leaves the notes, 1 is the disguise as trained"),
        Param(
            "reach", "Reach", "", 0.0, 0.5, 0.5, doc="how much further than the amount it may go where little changes"
        ),
        Param("density", "Density", "", -2.0, 2.0, 0.0, doc="fewer or more notes"),
        Param("noise", "Noise", "", 0.0, 1.0, 0.0, doc="chance in the choice of notes; 0: none"),
    )

    def __init__(self, package: Package):
        super().__init__(package)
        self.keep = float(self.code_facts.get("keep", 0.0))
        if self.keep <= 0.0:
            raise AntiphonError(f"{package.path}: it does not say how much it keeps; export it again")
        guard = self.code_facts.get("guard")
        self.guard = self.copy_guard(guard) if guard else None
        self._restyle, self._judge = Net(package, "restyle"), Net(package, "judge")

    # ---- on rolls ------------------------------------------------------------------------------------------------
    def logits(
        self,
        roll: np.ndarray,
        style: int,
        amount: float = 1.0,
        density: float = 0.0,
        noise: float = 0.0,
        random: np.random.Generator | None = None,
        reach: float = REACH,
    ) -> np.ndarray:
        """What the net thinks of each cell (2, 32, 72) of two bars in another style: above 0 it is on.

        reach: where few notes change, the style weighs up to this share more than `amount`, as far as the harmony stays and
        without notes from outside the key: between styles that are near each other the net by itself changes little.
        """
        self._restyle.inputs["roll"][0] = roll
        self._restyle.inputs["style"][0] = style
        delta = self._restyle.run()["delta"][0]
        kept = self.keep * (2.0 * roll - 1.0) + density
        logits = kept + amount * delta
        reach *= min(1.0, max(0.0, 3.0 * amount - 2.0))  # an amount of two thirds or less is meant to change little
        at_home = code.at_home(roll)
        for further in np.arange(REACH_STEP, reach + 1e-6, REACH_STEP):
            candidate = kept + amount * (1.0 + further * at_home) * delta
            if code.note_f1(roll, on(logits)) < ENOUGH or code.chroma_similarity(roll, on(candidate)) < HARMONY:
                break
            logits = candidate
        if noise > 0.0 and random is not None:
            logits = logits + noise * random.logistic(size=logits.shape)
        return logits

    def restyle(self, roll: np.ndarray, style: int, amount: float = 1.0, reach: float = REACH) -> np.ndarray:
        """Two bars (2, 32, 72) bool in the net's key, in another style."""
        return self.played(self.logits(roll, style, amount, reach=reach), amount, UpperLine())

    def played(self, logits: np.ndarray, amount: float, line: UpperLine, start: int = 0) -> np.ndarray:
        """The roll (2, steps, 72) of logits; what the net changed (amount above 0) completes no run of its training music
        in its upper line, which is moved on. start: step of the piece."""
        made = on(logits)
        if self.guard is not None and amount > 0.0:
            keep_original(made, logits, self.guard, line, start)
        return made

    def judged(self, roll: np.ndarray) -> np.ndarray:
        """(5,) logits of the styles, as the judge hears two bars (2, 32, 72)."""
        self._judge.inputs["roll"][0] = roll
        return self._judge.run()["style_logits"][0].copy()

    # ---- on notes ------------------------------------------------------------------------------------------------
    def transform(
        self,
        sequence: NoteSequence,
        target_style: int | str,
        amount: float = 1.0,
        density: float = 0.0,
        noise: float = 0.0,
        seed: int = 0,
        reach: float = REACH,
    ) -> NoteSequence:
        """A piece in 4/4 in another style, from beat 0 on: same bars, same tempo, same key; all pitched notes become one
        part on channel 0 with the velocities of the notes around them, drums stay. Raises AntiphonError for a sequence
        without pitched notes or in another metre, and for an unknown style."""
        style = style_number(target_style)
        pitched = _usable(sequence)
        semitones = key_shift(pitched)
        bars = max(1, int(np.ceil(max(n.end for n in pitched) / code.BEATS - 1e-6)))
        roll = code.roll_of(note_rows(pitched, semitones), bars * code.CELLS)
        logits = np.full(roll.shape, -1.0)
        random = np.random.default_rng(seed)
        for first in range(0, bars, code.BARS):
            # a last bar by itself is heard together with the bar before it
            start = max(0, min(first, bars - code.BARS)) * code.CELLS
            pair = roll[:, start : start + code.STEPS]
            short = pair.shape[1] < code.STEPS
            out = self.logits(np.concatenate([pair, pair], 1) if short else pair, style, amount, density, noise, random)
            fresh = first * code.CELLS - start
            length = min(code.STEPS - fresh, roll.shape[1] - first * code.CELLS)
            logits[:, first * code.CELLS : first * code.CELLS + length] = out[:, fresh : fresh + length]
        made = self.played(logits, amount, UpperLine())
        notes = with_velocities(code.notes_of(made, semitones=-semitones), pitched)
        notes += [n for n in sequence.notes if n.channel == DRUM_CHANNEL]
        return NoteSequence(notes, sequence.tempo, [Metre(0.0, 4, 4)], "disguise", programs={0: 0})

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """The prompt's bars in the chosen style, from its first bar on; a short prompt comes round again."""
        settings = self.settings(values, bars)
        if prompt is None:
            raise AntiphonError("disguise needs notes to dress up; give it a MIDI file in 4/4 with --prompt.")
        pitched = _usable(prompt)
        start = prompt.bar_start(pitched[0].beat)
        kept = [n._replace(beat=n.beat - start) for n in prompt.notes if n.beat >= start]
        length = max(1, int(np.ceil(max(n.end for n in kept) / code.BEATS - 1e-6)))
        rounds = -(-bars // length)
        end = bars * code.BEATS
        notes = [
            n._replace(beat=n.beat + r * length * code.BEATS, duration=min(n.duration, end - n.beat - r * length * 4))
            for r in range(rounds)
            for n in kept
            if n.beat + r * length * code.BEATS < end
        ]
        asked = NoteSequence(notes, prompt.tempo, [Metre(0.0, 4, 4)])
        return self.transform(
            asked,
            int(settings["style"]),
            settings["amount"],
            settings["density"],
            settings["noise"],
            seed,
            settings["reach"],
        )

    def stream(self) -> DisguiseStream:
        """Bar by bar, for a player."""
        return DisguiseStream(self)


class DisguiseStream:
    """The performer's bars as they end: each is heard with the bar before it and comes back in disguise. The key is found
    in all that was played, the last bars weighing most."""

    def __init__(self, model: Disguise, memory: float = 0.9):
        self.model, self.memory = model, memory
        self.classes = np.zeros(12)
        self.before: list[Note] = []
        self.line, self.step = UpperLine(), 0

    def bar(self, notes: Sequence[Note], style: int | str, amount: float = 1.0, density: float = 0.0) -> list[Note]:
        """Notes of one bar of 4/4 (beats 0..4), to notes of one bar. An empty bar stays empty."""
        pitched = [n for n in notes if n.channel != DRUM_CHANNEL]
        heard, self.before = self.before, pitched
        start, self.step = self.step, self.step + code.CELLS
        self.classes = self.classes * self.memory
        if not pitched:
            return []
        self.classes += pitch_class_weights([n.pitch for n in pitched], [n.duration for n in pitched])
        key = rank_keys(self.classes)[0]
        semitones = into_c(key.tonic, key.mode)
        both = [n._replace(beat=n.beat - code.BEATS) for n in heard or pitched] + pitched
        rows = note_rows(both, semitones)
        rows[:, 0] += code.BEATS
        logits = self.model.logits(code.roll_of(rows, code.STEPS), style_number(style), amount, density)
        self.line.shift = -semitones
        made = self.model.played(logits[:, code.CELLS :], amount, self.line, start)
        return with_velocities(code.notes_of(made, semitones=-semitones), pitched)


def on(logits: np.ndarray) -> np.ndarray:
    """The roll of some logits; only what sounds can be struck."""
    roll = logits > 0.0
    roll[code.STRUCK] &= roll[code.SOUND]
    return roll


def style_number(style: int | str) -> int:
    """0..4 of a style's name or number. Raises AntiphonError for an unknown one."""
    if style in code.STYLES:
        return code.STYLES.index(str(style))
    if not isinstance(style, str) and 0 <= int(style) < len(code.STYLES):
        return int(style)
    raise AntiphonError(f"Style {style}: there is none; use one of {', '.join(code.STYLES)}.")


def _usable(sequence: NoteSequence) -> list[Note]:
    """Pitched notes. Raises AntiphonError where there are none, or a metre whose bars are not four quarters."""
    pitched = [n for n in sequence.notes if n.channel != DRUM_CHANNEL]
    if not pitched:
        raise AntiphonError("disguise needs notes to dress up, and the sequence has no pitched ones; give it some.")
    odd = next((m for m in sequence.metres if m.bar_beats != code.BEATS), None)
    if odd is not None:
        raise AntiphonError(
            f"disguise knows bars of 4/4, and the sequence has {odd.numerator}/{odd.denominator} at beat {odd.beat:g}; "
            "give it music in 4/4."
        )
    return pitched


def key_shift(notes: Iterable[Note]) -> int:
    """Semitones, -6..5, from the notes' own key to the net's."""
    listed = list(notes)
    key = rank_keys(pitch_class_weights([n.pitch for n in listed], [n.duration for n in listed]))[0]
    return into_c(key.tonic, key.mode)


def note_rows(notes: Sequence[Note], semitones: int) -> np.ndarray:
    """(n, 3): onset and duration in beats, pitch moved by semitones."""
    return np.asarray([(n.beat, n.duration, n.pitch + semitones) for n in notes], float).reshape(-1, 3)


def with_velocities(made: list[Note], old: Sequence[Note]) -> list[Note]:
    """The notes with the velocity of the old note that begins nearest."""
    ordered = sorted(old)
    beats = [n.beat for n in ordered]
    result = []
    for n in made:
        k = bisect_left(beats, n.beat)
        near = min((j for j in (k - 1, k) if 0 <= j < len(beats)), key=lambda j: abs(beats[j] - n.beat))
        result.append(n._replace(velocity=ordered[near].velocity))
    return result
