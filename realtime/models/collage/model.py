"""collage: half-bar parts of pop songs, recombined by search under musical costs; [player process] (Lee & Seung 1999;
Kirkpatrick, Gelatt & Vecchi 1983)."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

import realtime.models.collage.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.collage.energy import Cell, Energy, Goal, Sounding
from realtime.models.collage.parts import MOST_PARTS, HalfBar, activations, factorised
from realtime.models.net import Net
from realtime.music.chord_naming import chords_of
from realtime.music.keyfinding import Key, find_key
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap, fold_pitch
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package
from realtime.sampling.annealing import annealing, geometric

PARTS_A_ROLE = {"bass": 2, "inner": 3, "melody": 3}
THRESHOLD = {"bass": 0.45, "inner": 0.35, "melody": 0.4}
MOST_AT_ONCE = {"bass": 1, "inner": 3, "melody": 1}
CHANNELS = {"melody": 0, "inner": 1, "bass": 2}
LOUDNESS = {"melody": 0.8, "inner": 0.55, "bass": 0.65}
MODES = ("major", "minor")
GUARD_ROUNDS = 40
TRIES = 24
"""Cells drawn for each place of the greedy line."""
LEAST_ACTIVE = 0.3
"""A part that is less active in a half bar is not of it."""


@dataclass
class Assembly:
    """A found line, its energy a half bar, that of the greedy line it began with, and the energies on the way."""

    cells: tuple[Cell, ...]
    energy: float
    greedy_energy: float
    trace: list[float]


class Collage(NoteModel):
    """`assemble` finds a line of half bars, `play` writes it, `generate` does both; `analyse` finds the parts in given
    music."""

    name = "collage"
    CODE = code.CODE
    PARAMS = (
        Param("tonic", "Tonic", "", 0, 11, 0, stepped=True, doc="C is 0; a prompt brings its own."),
        Param("minor", "Minor", "", 0, 1, 0, "bool", doc="A prompt brings its own mode."),
        Param("density", "Melody notes", "a half bar", 1.0, 6.0, 3.0),
        Param("middle", "Middle of the melody", "", 60, 84, 70, stepped=True),
        Param("effort", "Effort", "steps a bar", 0, 2000, 300, stepped=True, doc="Of annealing; 0: the greedy line."),
        Param("tempo_bpm", "Tempo", "bpm", 40.0, 240.0, 92.0, doc="A prompt brings its own."),
    )

    def __init__(self, package: Package):
        super().__init__(package)
        self.render, self.analyser = Net(package, "render"), Net(package, "analyse")
        self.levels = {role: package.table(f"{role}_level").astype(np.float32) for role in code.ROLES}
        self.progressions = self.table("progressions", 2, 24, 24).astype(float)
        self.guard = self.copy_guard(package.extra.get("code_guard", {}), self.table("runs"))
        self._rolls: dict[tuple[str, tuple[int, ...]], list[tuple[int, int, float]]] = {}
        self.own: dict[str, np.ndarray] = {role: np.zeros((0, code.size(role)), np.float32) for role in code.ROLES}
        self.pools: dict[str, Sequence[int]] = {role: range(len(self.levels[role])) for role in code.ROLES}

    # parts -----------------------------------------------------------------------------------------------------------

    def count(self, role: str) -> int:
        """Parts of a role: the package's, and behind them those that were learned."""
        return len(self.levels[role]) + len(self.own[role])

    def learn(self, heard: Sequence[HalfBar]) -> Iterator[list[Cell]]:
        """Takes half bars that somebody played apart, a role at a time: their parts stand behind the package's from then on,
        in the place of those learned before. Yields after each role the half bars as cells, as far as it is learned; `pools`
        says which parts are drawn."""
        cells = [Cell(one.chord, (), (), ()) for one in heard]
        known = {role: len(levels) for role, levels in self.levels.items()}
        self._rolls = {
            key: notes for key, notes in self._rolls.items() if all(part < known[key[0]] for part in key[1])
        }  # fmt: skip
        for role in code.ROLES:
            rolls = np.array([one.roll(role) for one in heard]).reshape(len(heard), code.size(role))
            self.own[role] = factorised(rolls, MOST_PARTS[role])
            for k, row in enumerate(activations(rolls, self.own[role])):
                order = np.argsort(-row, kind="stable")[: PARTS_A_ROLE[role]]
                parts = tuple(sorted(known[role] + int(part) for part in order if row[part] >= LEAST_ACTIVE))
                cells[k] = with_parts(cells[k], role, parts)
            yield cells

    def notes_of(self, role: str, parts: tuple[int, ...]) -> list[tuple[int, int, float]]:
        """(step, semitones above the root, loudness) of some parts together, as the net adds them up."""
        key = (role, parts)
        if key not in self._rolls:
            row = self.render.inputs[f"{role}_activations"]
            for name in code.ROLES:
                self.render.inputs[f"{name}_activations"][...] = 0
            given = len(self.levels[role])
            for part in parts:
                if part < given:
                    row[0, part] = max(0.5, float(self.levels[role][part]))
            roll = self.render.run()[f"{role}_roll"].reshape(-1) if any(part < given for part in parts) else 0.0
            learned = [self.own[role][part - given] for part in parts if part >= given]
            roll = np.minimum(1.0, roll + sum(learned, np.zeros(code.size(role), np.float32)))
            self._rolls[key] = code.onsets_of(roll, role, THRESHOLD[role], MOST_AT_ONCE[role])
        return self._rolls[key]

    def sounding(self, cell: Cell) -> Sounding:
        """A cell's notes above the tonic in octave 3."""
        degree, quality = cell.chord % 12, cell.chord // 12
        degree = degree if degree < 7 else degree - 12  # chords lie around the tonic, not all above it

        def over(role: str, parts: tuple[int, ...]) -> tuple[tuple[int, int, float], ...]:
            found = self.notes_of(role, parts)
            return tuple((s, degree + code.fold_third(above, quality), loud) for s, above, loud in found)

        return Sounding(over("bass", cell.bass), over("inner", cell.inner), over("melody", cell.melody))

    def analyse(self, rolls: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Activations (parts,) of each role in a half bar's rolls (see code.roll_of)."""
        for role in code.ROLES:
            self.analyser.inputs[f"{role}_seen"][...] = rolls[role].reshape(1, -1)
        found = self.analyser.run()
        return {role: found[f"{role}_found"].reshape(-1).copy() for role in code.ROLES}

    def cell_of(self, degree: int, quality: int, rolls: dict[str, np.ndarray]) -> Cell:
        """The cell nearest to real music: the strongest parts of each role."""
        found = self.analyse(rolls)

        def strongest(role: str) -> tuple[int, ...]:
            order = np.argsort(-found[role])[: PARTS_A_ROLE[role]]
            return tuple(sorted(int(k) for k in order if found[role][k] > 0.1 * self.levels[role][k]))

        return Cell(degree + 12 * quality, strongest("bass"), strongest("inner"), strongest("melody"))

    # search ----------------------------------------------------------------------------------------------------------

    def energy_of(self, goal: Goal) -> Energy:
        return Energy(goal, self.progressions, self._memo(self.sounding))

    @staticmethod
    def _memo(function):
        known: dict[Cell, Sounding] = {}

        def look(cell: Cell) -> Sounding:
            if cell not in known:
                known[cell] = function(cell)
            return known[cell]

        return look

    def random_cell(self, random: Random) -> Cell:
        """Any chord, any parts."""
        return Cell(random.randrange(24), *(self.random_parts(role, random) for role in code.ROLES))

    def random_parts(self, role: str, random: Random) -> tuple[int, ...]:
        pool = self.pools[role]
        return tuple(sorted(random.sample(pool, min(len(pool), PARTS_A_ROLE[role]))))

    def likely_chord(self, before: int | None, mode: int, random: Random) -> int:
        """A chord by the table of progressions, or the one before once more; at the start the tonic's."""
        if before is None:
            return 12 * mode
        if random.random() < 0.4:
            return before
        row = np.exp(self.progressions[mode, before])
        return int(np.searchsorted(np.cumsum(row) / row.sum(), random.random()).clip(0, 23))

    def greedy(self, goal: Goal, energy: Energy, random: Random, tries: int = TRIES) -> tuple[Cell, ...]:
        """See `growing`: the whole line."""
        line: tuple[Cell, ...] = ()
        for line in self.growing(goal, energy, random, tries):  # noqa: B007
            pass
        return line

    def growing(
        self, goal: Goal, energy: Energy, random: Random, tries: int = TRIES, examples: Sequence[Cell] = ()
    ) -> Iterator[tuple[Cell, ...]]:
        """Half bar by half bar the cheapest of some drawn cells (with, where the form repeats, the cell to repeat, and
        with examples some of those); yields the line after each."""
        line: tuple[Cell, ...] = ()
        for place in range(goal.cells):
            before = line[-1] if line else None
            options = []
            for _ in range(tries if not examples else tries // 3):
                chord = self.likely_chord(before.chord if before else None, goal.mode, random)
                options.append(self.random_cell(random)._replace(chord=chord))
            for _ in range(tries if examples else 0):
                chord = self.likely_chord(before.chord if before else None, goal.mode, random)
                one = random.choice(examples)
                options.append(one if random.random() < 0.5 else one._replace(chord=chord))
            if before is not None:
                options += [o._replace(bass=before.bass, inner=before.inner) for o in options[: tries // 2]]
            model = goal.model_of(place)
            if model is not None and model < len(line):
                options.append(line[model])
            if goal.chords:
                options = [o._replace(chord=goal.chords[place]) for o in options]

            def cost(cell: Cell, line=line, place=place) -> float:
                joined = (*line, cell)
                step = energy.between(line[-1], cell) if line else 0.0
                return energy.at(place, cell) + step + energy.far(joined, place) + energy.step(joined, place)

            line = (*line, min(options, key=cost))
            yield line

    def propose(self, goal: Goal, mode: int, examples: Sequence[Cell] = ()):
        """A neighbour in the search: one thing of one half bar drawn anew, or taken over from elsewhere in the line or from
        the examples."""

        def change(line: tuple[Cell, ...], random: Random) -> tuple[Cell, ...]:
            return goal.led(neighbour(line, random))

        def neighbour(line: tuple[Cell, ...], random: Random) -> tuple[Cell, ...]:
            place = random.randrange(len(line))
            cell, dice = line[place], random.random()
            if dice < 0.15 and not goal.chords:  # a chord for the whole bar, and wherever the form repeats it
                bar = place // 2 * 2
                chord = self.likely_chord(line[bar - 1].chord if bar else None, mode, random)
                places = {bar, min(bar + 1, len(line) - 1)} if dice < 0.12 else {place}
                places |= {k for k in range(len(line)) if goal.model_of(k) in places}
                return tuple(c._replace(chord=chord) if k in places else c for k, c in enumerate(line))
            if dice < 0.45:
                role = random.choice(code.ROLES)
                parts = list(getattr(cell, role)) or [self.pools[role][0]]
                parts[random.randrange(len(parts))] = random.choice(self.pools[role])
                cell = with_parts(cell, role, tuple(sorted(set(parts))))
            elif dice < 0.6:
                role = random.choice(code.ROLES)
                drawn = getattr(random.choice(examples), role) if examples else self.random_parts(role, random)
                cell = with_parts(cell, role, drawn)
            elif dice < 0.8:  # a figure spreads
                role = random.choice(code.ROLES)
                cell = with_parts(cell, role, getattr(line[max(0, place - 1)], role))
            else:
                model = goal.model_of(place)
                cell = line[model] if model is not None else line[random.randrange(len(line))]
            new = [*line]
            new[place] = cell
            if random.random() < 0.5:  # what the form repeats changes together
                for other in range(len(line)):
                    if goal.model_of(other) == place:
                        new[other] = cell
            return tuple(new)

        return change

    def assemble(self, goal: Goal, seed: int, steps: int) -> Assembly:
        """The greedy line, annealed."""
        return last_of(self.search(goal, seed, steps))

    def search(self, goal: Goal, seed: int, steps: int, examples: Sequence[Cell] = ()) -> Iterator[Assembly]:
        """`assemble` bit by bit, for who has to play meanwhile: yields what there is after each half bar of the greedy line,
        and after each step of annealing."""
        energy = self.energy_of(goal)
        line: tuple[Cell, ...] = ()
        for line in self.growing(goal, energy, Random(seed), examples=examples):
            yield Assembly(line, 0.0, 0.0, [])
        first = energy(line)
        heat, propose = geometric(0.12, 0.002), self.propose(goal, goal.mode, examples)
        for found in annealing(line, energy, propose, steps, heat, seed):
            yield Assembly(found.state, found.energy, first, found.trace)

    def varied(self, line: tuple[Cell, ...], goal: Goal, amount: float, random: Random) -> tuple[Cell, ...]:
        """A line that returns, with some half bars in one role otherwise, the cheapest that were drawn: half of them for
        amount 1. Its first bar stays, by which one knows it again."""
        energy = self.energy_of(goal)
        line = goal.led(line)
        free = range(goal.cells_a_bar, len(line))
        for place in sorted(random.sample(free, round(amount * len(free) / 2))):
            options = [line]
            for _ in range(TRIES // 3):
                role = random.choice(code.ROLES)
                cell = with_parts(line[place], role, self.random_parts(role, random))
                options.append((*line[:place], cell, *line[place + 1 :]))
            line = min(options[1:], key=energy)
        return line

    # notes -----------------------------------------------------------------------------------------------------------

    def play(self, cells: tuple[Cell, ...], tonic: int = 0) -> list[Note]:
        """The cells' notes; each lasts until its role's next onset, at most a half bar."""
        by_role: dict[str, list[tuple[float, int, float]]] = {role: [] for role in code.ROLES}
        base = code.ROOT_OCTAVE + (tonic if tonic < 7 else tonic - 12)
        for k, cell in enumerate(cells):
            sound = self.sounding(cell)
            for role in code.ROLES:
                low, high = {"bass": (28, 52), "inner": (50, 79), "melody": (58, 91)}[role]
                for step, above, loud in getattr(sound, role):
                    beat = k * code.CELL_BEATS + step / 4
                    by_role[role].append((beat, fold_pitch(base + above, low, high), loud))
        tune = sorted(by_role["melody"])
        by_role["inner"] = [(beat, _below(pitch, tune, beat), loud) for beat, pitch, loud in by_role["inner"]]
        notes = []
        for role, rows in by_role.items():
            onsets = [*sorted({r[0] for r in rows}), len(cells) * code.CELL_BEATS]
            after = dict(itertools.pairwise(onsets))
            for beat, pitch, loud in sorted(set(rows)):
                length = min(after[beat] - beat, code.CELL_BEATS)
                velocity = min(1.0, LOUDNESS[role] * (0.8 + 0.2 * min(1.0, loud)) + (0.05 if beat % 2 == 0 else 0.0))
                notes.append(Note(beat, length, pitch, round(velocity, 3), CHANNELS[role]))
        return sorted({(n.beat, n.pitch, n.channel): n for n in notes}.values())

    def copies(self, notes: list[Note]) -> list[float]:
        """Beats at which a run of 12 notes ends that is in the training songs (or seems so: 1 % false alarms)."""
        found = []
        for channel in CHANNELS.values():
            top: dict[int, int] = {}
            for n in notes:
                if n.channel == channel:
                    tick = round(n.beat * 24)
                    top[tick] = max(top.get(tick, 0), n.pitch)
            ticks = sorted(top)
            pairs = [(top[b] - top[a], b - a) for a, b in itertools.pairwise(ticks)]
            need = self.guard.notes - 1
            found += [
                ticks[i + need] / 24 for i in range(len(pairs) - need + 1) if self.guard.knows(pairs[i : i + need])
            ]
        return sorted(found)

    def uncopied(self, cells: tuple[Cell, ...], goal: Goal, seed: int, tonic: int) -> tuple[Cell, ...]:
        """The line with cells redrawn, cheapest first, until no run of 12 notes is in the training songs."""
        energy, random = self.energy_of(goal), Random(seed + 1)
        for _ in range(GUARD_ROUNDS):
            found = self.copies(self.play(cells, tonic))
            if not found:
                break
            place = min(len(cells) - 1, int(found[0] // code.CELL_BEATS))
            place = max(0, place - random.randrange(2))
            options = []
            for _ in range(24):
                drawn = self.random_cell(random)
                options.append((*cells[:place], drawn._replace(chord=cells[place].chord), *cells[place + 1 :]))
            cells = min(options, key=energy)
        return cells

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """A song in 4/4: melody (channel 0), inner voices (1), bass (2). A prompt gives key, tempo and, as far as its half
        bars show them, the parts that are cheapest.

        Raises AntiphonError for a prompt without pitched notes or of other half bars than two beats.
        """
        v = self.settings(values, bars)
        tonic, mode, tempo = int(v["tonic"]), int(v["minor"]), v["tempo_bpm"]
        goal = Goal(2 * bars, mode, v["density"], v["middle"] - code.ROOT_OCTAVE)
        if prompt is not None:
            key = self._key(prompt)
            tonic, mode = key.tonic, MODES.index(key.mode)
            tempo = prompt.tempo.tempo_bpm(0.0)
            goal.mode, goal.likeness = mode, self._likeness(prompt)
        goal.middle -= tonic if tonic < 7 else tonic - 12
        steps = int(v["effort"]) * bars
        cells = self.assemble(goal, seed, steps).cells
        cells = self.uncopied(cells, goal, seed, tonic)
        notes = self.play(cells, tonic)
        return NoteSequence(notes, TempoMap([(0.0, tempo)]), [Metre(0.0, 4, 4)], f"collage {seed}")

    @staticmethod
    def _key(prompt: NoteSequence) -> Key:
        pitched = [n for n in prompt.notes if n.channel != 9]
        if not pitched:
            raise AntiphonError("The prompt has no pitched notes; give a MIDI file with some, or leave the prompt out.")
        odd = next((m for m in prompt.metres if m.bar_beats not in (code.CELL_BEATS, 2 * code.CELL_BEATS)), None)
        if odd is not None:
            raise AntiphonError(
                f"Prompt: its metre is {odd.numerator}/{odd.denominator} at beat {odd.beat:g}, but collage joins half "
                "bars of 4/4; give a prompt in 4/4 or 2/4."
            )
        return find_key([n.pitch for n in pitched], [max(n.duration, 1e-3) for n in pitched])

    def _likeness(self, prompt: NoteSequence) -> dict[str, np.ndarray]:
        """Cost 0..1 of each part: 0 for those that the prompt shows most."""
        rows = np.array(
            [(n.beat, n.duration, n.pitch, n.velocity * 127) for n in prompt.notes if n.channel != 9], float
        )
        sums = {role: np.zeros(self.count(role)) for role in code.ROLES}
        for k, chord in enumerate(chords_of(prompt, code.CELL_BEATS)[:256]):
            start = k * code.CELL_BEATS
            inside = rows[(rows[:, 0] >= start - 0.125) & (rows[:, 0] < start + code.CELL_BEATS - 0.125)]
            if chord is None or not len(inside):
                continue
            quality = code.MINOR if chord.third == 3 else code.MAJOR
            low = inside[inside[:, 2] < 52]
            high = inside[inside[:, 2] >= 52]
            rolls = {
                "bass": code.roll_of(low, start, chord.root, quality, "bass"),
                "inner": code.roll_of(high, start, chord.root, quality, "inner"),
                "melody": code.roll_of(high, start, chord.root, quality, "melody"),
            }
            for role, found in self.analyse(rolls).items():
                sums[role] += found
        return {role: 1.0 - s / max(1e-6, float(s.max())) for role, s in sums.items()}


def _below(pitch: int, tune: list[tuple[float, int, float]], beat: float) -> int:
    """The pitch, an octave lower if it would meet or cross the tune."""
    k = bisect_right(tune, (beat, 128, 0.0)) - 1
    return pitch - 12 if k >= 0 and pitch >= tune[k][1] - 1 else pitch


def last_of(search: Iterator[Assembly]) -> Assembly:
    """What a search comes to."""
    found = None
    for found in search:  # noqa: B007
        pass
    assert found is not None
    return found


def with_parts(cell: Cell, role: str, parts: tuple[int, ...]) -> Cell:
    """The cell with other parts in one role."""
    roles = {name: parts if name == role else getattr(cell, name) for name in code.ROLES}
    return Cell(cell.chord, roles["bass"], roles["inner"], roles["melody"])
