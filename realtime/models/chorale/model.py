"""chorale: four-part harmony after Bach, played along with a melody step by step, composed, or filled in; [player
process]. What the nets see is in code.py and fill_code.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from itertools import pairwise
from random import Random

import numpy as np

import realtime.models.chorale.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.chorale.closing import FINAL_TAKES, GOOD, OWN_PHRASE, cost, local_key, phrase_ends
from realtime.models.chorale.code import FAR, HIGH, LOW, ORDER, PITCHES, REACH, REST, REST_CLASS, VOICES
from realtime.models.chorale.filling import Filler
from realtime.models.chorale.grid import (
    bar_end,
    folded,
    lines_of,
    notes_of,
    octave_for,
    phases,
    sequence_of,
    top_line,
)
from realtime.models.net import Net
from realtime.music.keyfinding import MODES, Key
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package
from realtime.sampling.drawing import FORBIDDEN, draw, sharpened_moves

_LINE = np.arange(LOW, HIGH + 1)
CODE = {"version": 1, "lowest": LOW, "highest": HIGH, "reach": REACH, "order": [VOICES[v] for v in ORDER]}
UPBEAT_FROM, BARS_WITH_UPBEAT = 12, 8  # the sixteenth of its bar where a piece of so many bars begins, as Bach's do
OPENING_STEPS = 4  # the tonic chord that a piece without a prompt begins with


class Chorale(NoteModel):
    """Live: `start`, then for every sixteenth `step(soprano)` gives (alto, tenor, bass); `compose` draws all four.

    A step costs one run of the trunk (which needs no soprano and is done ahead, at the end of the step before) and one
    small run for each voice drawn.
    """

    name = "chorale"
    CODE = CODE
    PARAMS = (
        Param("temperature", "Temperature", "", 0.0, 2.0, 0.8, doc="0: always the likeliest note."),
        Param("top_p", "Nucleus", "", 0.1, 1.0, 0.95, doc="Draws among the likeliest notes of this mass."),
        Param("parallels", "Shun parallels", "nats", 0.0, 20.0, 4.0,
              doc="Weight against parallel fifths and octaves; 0: only what the net learned."),
        Param("crossing", "Voices may cross", "", 0, 1, 0, "bool"),
        Param("strike", "Strike held notes", "", 0, 1, 1, "bool",
              doc="A held note is struck again with the soprano on a beat; off: it is tied."),
        Param("refine", "Refining sweeps", "", 0, 96, 0, stepped=True,
              doc="Redraws the lower voices with a view of the whole melody (orderless net); not live."),
        Param("takes", "Takes of a phrase", "", 1, 16, 4, stepped=True,
              doc="Writes each phrase so often and keeps the take that is led best to its close; not live."),
        Param("tempo_bpm", "Tempo", "bpm", 30.0, 300.0, 76.0, doc="Of generated music without a prompt."),
        Param("tonic", "Tonic", "", 0, 11, 7, stepped=True, doc="Of music without a prompt; C is 0."),
        Param("minor", "Minor", "", 0, 1, 0, "bool", doc="Mode of music without a prompt."),
    )  # fmt: skip

    def __init__(self, package: Package):
        super().__init__(package)
        self.trunk = Net(package, "step")
        self.heads = [Net(package, voice) for voice in VOICES]
        self.memory_steps = next(r.shape[-1] for name, r in self.trunk.rings.items() if name.startswith("keys"))
        self.far = self.table("far", len(VOICES), PITCHES).astype(np.float64)  # (4, PITCHES)
        self._filler: Filler | None = None
        self._composing = False
        self.values = self.settings({})
        self.random = Random(1)
        self.start()

    @property
    def filler(self) -> Filler:
        if self._filler is None:
            self._filler = Filler(self.package)
        return self._filler

    def configure(self, **values: float) -> None:
        """Sets parameters by id for the steps to come. Raises AntiphonError for an unknown one."""
        self.values |= self.settings({**self.values, **values})

    # live ------------------------------------------------------------------------------------------------------------

    def start(self, seed: int = 1, phase: tuple[int, int, int] | None = None) -> None:
        """Forgets what was sung. phase: of the first step, see `grid.phases`."""
        self.history = code.History()
        self.trunk.reset()
        self.random = Random(seed)
        self._ahead = False
        self.prepare(phase)

    def prepare(self, phase: tuple[int, int, int] | None = None) -> None:
        """Runs the trunk for the next step, before its notes are known; `step` and `compose` do it if nobody has."""
        self.history.phase = phase
        rows, classes = self.history.trunk()
        inputs = self.trunk.inputs
        inputs["trunk_rows"][0], inputs["trunk_classes"][0] = rows, classes
        cursor = self.trunk.cursor
        inputs["cursor"][0] = min(cursor, self.memory_steps + cursor % self.memory_steps)
        context = self.trunk.run()["context"]
        for head, own in zip(self.heads, context, strict=True):
            head.inputs["head_context"][0] = own
        self._ahead = True

    def voice_logits(self, voice: int, chosen: Sequence[int | None]) -> tuple[np.ndarray, int]:
        """(CLASSES,) logits of a voice's move, and the pitch it moves from; chosen: this step's notes before it."""
        rows, classes, reference = self.history.head(voice, chosen)
        net = self.heads[voice]
        net.inputs["head_rows"][0], net.inputs["head_classes"][0] = rows, classes
        return net.run()["logits"][0], reference

    def scores(self, voice: int, chosen: Sequence[int | None]) -> np.ndarray:
        """(PITCHES + 1,) log-scores of every pitch from LOW up, and of a rest."""
        logits, reference = self.voice_logits(voice, chosen)
        found = np.full(PITCHES + 1, FORBIDDEN)
        move = _LINE - reference
        near = np.abs(move) <= REACH
        found[:PITCHES][near] = logits[move[near] + REACH]
        table = self.far[voice][~near]
        found[:PITCHES][~near] = logits[FAR] + table - np.log(np.exp(table).sum())
        found[PITCHES] = logits[REST_CLASS]
        return found

    def push(self, pitches: Sequence[int], phase: tuple[int, int, int] | None = None) -> None:
        """Four notes sung, drawn here or anywhere else; phase: of the step after them."""
        self.history.push(pitches)
        self._ahead = False
        self.prepare(phase)

    def _draw(self, voice: int, chosen: list[int | None], classes: Collection[int] | None) -> int:
        v = self.values
        biases = self._rules(voice, chosen)
        logits = self.scores(voice, chosen)
        kept = logits + biases
        if classes:
            inside = np.append(np.isin(_LINE % 12, sorted(classes)), False)
            if (kept[inside] > FORBIDDEN / 2).any():
                kept = np.where(inside, kept, FORBIDDEN)
        if kept[:PITCHES].max() <= FORBIDDEN / 2:
            kept = logits
        kept[PITCHES] = FORBIDDEN
        now = self.history.now[voice]
        if self._composing and now != REST and v["temperature"] > 0:
            kept = sharpened_moves(kept, now - LOW, v["temperature"], v["top_p"])
            return int(draw(kept, self.random)) + LOW
        return int(draw(kept, self.random, v["temperature"], v["top_p"])) + LOW

    def _rules(self, voice: int, chosen: Sequence[int | None]) -> np.ndarray:
        """(PITCHES + 1,) biases: the voice's range, no crossing, no parallels."""
        bias = np.zeros(PITCHES + 1)
        lowest, highest = code.RANGES[voice]
        others = [(u, p) for u, p in enumerate(chosen) if u in code.DRAWN[voice] and p is not None and p != REST]
        if not self.values["crossing"]:
            lowest = max([lowest, *(p for u, p in others if u > voice)])
            highest = min([highest, *(p for u, p in others if u < voice)])
        bias[:PITCHES][(lowest > _LINE) | (highest < _LINE)] = FORBIDDEN
        before = self.history.now
        if self.values["parallels"] > 0 and self.history.length and before[voice] != REST:
            for u, pitch in others:
                if before[u] in (REST, pitch):
                    continue
                sign = 1 if voice < u else -1  # voices count downwards
                was = sign * (before[voice] - before[u]) % 12
                if was in (0, 7):
                    becomes = sign * (_LINE - pitch) % 12
                    bias[:PITCHES][(becomes == was) & (before[voice] != _LINE)] -= self.values["parallels"]
        return bias

    def voices(
        self,
        soprano: int | None,
        given: Sequence[int | None] = (None, None, None, None),
        classes: Collection[int] | None = None,
        phase: tuple[int, int, int] | None = None,
    ) -> tuple[int, int, int, int]:
        """One sixteenth: draws the voices that are not given, soprano first unless it is, and steps on.

        classes: pitch classes the drawn voices may use (None: all). phase: of the next step.
        """
        if not self._ahead:
            self.prepare()
        chosen: list[int | None] = list(given)
        chosen[0] = soprano if soprano is not None else given[0]
        for voice in ORDER:
            if chosen[voice] is None:
                chosen[voice] = self._draw(voice, chosen, classes)
        notes = [p for p in chosen if p is not None]
        self.push(notes, phase)
        return notes[0], notes[1], notes[2], notes[3]

    def step(
        self,
        soprano: int | None,
        classes: Collection[int] | None = None,
        phase: tuple[int, int, int] | None = None,
    ) -> tuple[int, int, int] | None:
        """Play along: the melody's MIDI pitch at this sixteenth -> (alto, tenor, bass), each the same number as before
        where it holds on.

        The melody is taken by octaves into the soprano's range. None: it is silent, and the last note is thought on;
        before its first note the answer is None.
        """
        if soprano is None:
            if self.history.now[0] == REST:
                return None
            soprano = self.history.now[0]
        notes = self.voices(folded(soprano), classes=classes, phase=phase)
        return notes[1], notes[2], notes[3]

    # generating ------------------------------------------------------------------------------------------------------

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """With a prompt: its melody (the top line of its highest channel), brought into the soprano's range and
        harmonised for `bars` bars in its own metre; where it ends more than a bar sooner, the choir goes on by itself.
        Without: a choral piece of its own, opening with the tonic chord; a longer one has an upbeat, which is not counted
        among its bars.

        Channels 0 to 3 are soprano to bass. Raises AntiphonError for a prompt without pitched notes.
        """
        v = self.settings(values, bars)
        before, self.values, self._composing = self.values, v, True
        try:
            if prompt is None:
                return self._composed(bars, seed)
            return self._harmonised(prompt, bars, seed)
        finally:
            self.values, self._composing = before, False
            self.start()

    def _composed(self, bars: int, seed: int) -> NoteSequence:
        metres = [Metre(0.0, 4, 4)]
        first = UPBEAT_FROM if bars >= BARS_WITH_UPBEAT else 0
        count = 16 * bars
        places = phases(metres, first, count + 1)
        key = Key(int(self.values["tonic"]), MODES[int(self.values["minor"])])
        triad = {key.tonic, (key.tonic + (3 if self.values["minor"] else 4)) % 12, (key.tonic + 7) % 12}
        self.start(seed, places[0])
        grid = np.full((count, 4), REST, np.int64)
        opening = [None, None, None, folded(36 + key.tonic, 3)]

        def sing(t: int) -> tuple[int, int, int, int]:
            if t < OPENING_STEPS:
                return self.voices(None, opening if t == 0 else grid[0].tolist(), triad, places[t + 1])
            return self.voices(None, phase=places[t + 1])

        ends = [*range(OWN_PHRASE, count, OWN_PHRASE), count]
        self._phrase_by_phrase(grid, ends, sing, lambda *_: key)
        grid = self._refined(grid, np.zeros(count, bool), seed, 0)
        notes = notes_of(grid, first, None, metres, bool(self.values["strike"]))
        tempo = TempoMap([(0.0, self.values["tempo_bpm"])])
        return sequence_of(notes, tempo, metres, f"chorale {seed}")

    def _phrase_by_phrase(
        self,
        grid: np.ndarray,
        ends: Sequence[int],
        sing: Callable[[int], tuple[int, int, int, int]],
        key: Callable[[int, int], Key],
    ) -> None:
        """Fills a grid (steps, 4) phrase by phrase, each the best of several takes. sing: the notes of a step; key: of a
        phrase from..to."""
        for begin, end in pairwise([0, *ends]):
            before, phrase_key = self._standing(), key(begin, end)
            best = (math.inf, grid[begin:end].copy(), before)
            takes = int(self.values["takes"])
            for take in range(takes * FINAL_TAKES if end == ends[-1] and takes > 1 else takes):
                if take:
                    self._stand(before)
                for t in range(begin, end):
                    grid[t] = sing(t)
                wrong = cost(grid, begin, end, phrase_key, end == ends[-1])
                if wrong < best[0]:
                    best = (wrong, grid[begin:end].copy(), self._standing())
                if wrong <= GOOD:
                    break
            grid[begin:end] = best[1]
            self._stand(best[2])

    def _standing(self) -> tuple:
        """Where it stands, to come back to; the dice go on."""
        return (
            self.trunk.save(),
            deepcopy(self.history),
            [h.inputs["head_context"].copy() for h in self.heads],
            self._ahead,
        )

    def _stand(self, there: tuple) -> None:
        trunk, history, contexts, self._ahead = there
        self.trunk.restore(trunk)
        self.history = deepcopy(history)
        for head, context in zip(self.heads, contexts, strict=True):
            head.inputs["head_context"][...] = context

    def _harmonised(self, prompt: NoteSequence, bars: int, seed: int) -> NoteSequence:
        line, begins = top_line(lines_of(prompt)[0])
        end = bar_end(prompt.metres, bars)
        sounding = np.flatnonzero(line[:end] != REST)
        if not len(sounding):
            raise AntiphonError(f"Prompt: no melody in its first {bars} bars; ask for more bars.")
        first, melody_end = int(sounding[0]), int(sounding[-1]) + 1
        if end - melody_end < bar_end(prompt.metres, bars) - bar_end(prompt.metres, bars - 1):
            end = melody_end  # it closes with the melody, and invents nothing behind it
        line, begins = line[first:end], begins[first:end]
        shift = octave_for(line[line != REST].tolist())
        count, melody_end = end - first, melody_end - first
        places = phases(prompt.metres, first, count + 1)
        self.start(seed, places[0])
        grid = np.full((count, 4), REST, np.int64)
        soprano = _thought_on(line[:melody_end], shift)
        ends = phrase_ends(line[:melody_end], begins)
        ends += [*range(melody_end + OWN_PHRASE, count, OWN_PHRASE), count] if count > melody_end else []

        def sing(t: int) -> tuple[int, int, int, int]:
            return self.voices(int(soprano[t]) if t < melody_end else None, phase=places[t + 1])

        self._phrase_by_phrase(grid, ends, sing, lambda a, b: local_key(grid, soprano, a, b))
        given = np.arange(count) < melody_end
        grid = self._refined(grid, given, seed, (places[0][0]) % 48)
        silent = np.zeros(count, bool)
        silent[:melody_end] = line[:melody_end] == REST
        grid[silent, 0] = REST
        marks = np.zeros(count, bool)
        marks[: len(begins)] = begins[:count]
        notes = notes_of(grid, first, marks, prompt.metres, bool(self.values["strike"]))
        metres = [m for m in prompt.metres if m.beat < end / 4] or [Metre(0.0, 4, 4)]
        return sequence_of(notes, prompt.tempo, metres, f"chorale {seed}")

    def _refined(self, grid: np.ndarray, melody: np.ndarray, seed: int, start: int) -> np.ndarray:
        """The lower voices (and the soprano where it is not given) redrawn by the orderless net."""
        sweeps = int(self.values["refine"])
        if sweeps == 0:
            return grid
        known = np.zeros(grid.shape, bool)
        known[:, 0] = True
        return self.filler.fill(grid, known, seed, sweeps, self.values["temperature"], start, begin=grid)

    # filling ---------------------------------------------------------------------------------------------------------

    def fill(
        self,
        music: NoteSequence,
        redraw: Sequence[str] = ("alto", "tenor", "bass"),
        seed: int = 1,
        sweeps: int = 48,
        temperature: float = 0.8,
        beats: tuple[float, float] | None = None,
    ) -> NoteSequence:
        """Music in four channels (high to low), or a melody alone, with some voices drawn anew given all the others, at
        both sides in time; beats: only between these. Melodies out of the voices' ranges come back by octaves.

        Raises AntiphonError for unknown voices, two, three or more than four channels, or no notes.
        """
        if wrong := [name for name in redraw if name not in VOICES]:
            raise AntiphonError(f"Voice {wrong[0]}: there is none; the voices are {', '.join(VOICES)}.")
        lines = lines_of(music)
        if len(lines) not in (1, 4):
            raise AntiphonError(f"Filling: {len(lines)} channels; give a melody in one, or four voices in four.")
        tops = [top_line(line) for line in lines]
        steps = max(len(line) for line, _ in tops)
        grid = np.full((steps, 4), REST, np.int64)
        for voice, (line, _) in enumerate(tops):
            shift = octave_for(line[line != REST].tolist()) if len(lines) == 1 else 0
            held = line.copy()
            for t in range(len(held)):
                if held[t] != REST:
                    held[t] = folded(int(held[t]) + shift, voice)
                elif len(lines) == 1 and t:
                    held[t] = held[t - 1]
            grid[: len(held), voice] = held
        first = int(np.flatnonzero((grid != REST).any(1))[0])
        known = np.ones(grid.shape, bool)
        wanted = [VOICES.index(name) for name in redraw] if len(lines) == 4 else [1, 2, 3]
        begin, end = (0, steps) if beats is None else (int(beats[0] * 4), int(np.ceil(beats[1] * 4)))
        known[max(0, begin) : end, wanted] = False
        start = phases(music.metres, first, 1)[0][0]
        grid = grid[first:]
        filled = self.filler.fill(grid, known[first:], seed, sweeps, temperature, start)
        marks = np.zeros(steps, bool)
        marks[: len(tops[0][1])] = tops[0][1]
        notes: list[Note] = notes_of(filled, first, marks[first:], music.metres, True)
        return sequence_of(notes, music.tempo, music.metres, f"{music.name} filled {seed}")


def _thought_on(line: np.ndarray, shift: int) -> np.ndarray:
    """A melody (steps,) in the soprano's range, its rests filled by the note before: as the net hears it."""
    heard, last = np.zeros(len(line), np.int64), REST
    for t, pitch in enumerate(line.tolist()):
        last = folded(pitch + shift) if pitch != REST else last
        heard[t] = last
    return heard
