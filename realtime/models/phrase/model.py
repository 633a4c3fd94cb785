"""`phrase`: continues a phrase, answers it or fills its gap, as a line or in chords, in the style of folk, classical,
early jazz songs or pop; [player process]. The player `answer` plays by `Phrase.writer()`."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import realtime.models.phrase.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.phrase.composer import Taste
from realtime.models.phrase.form import SECTION_BARS, sections
from realtime.models.phrase.writer import PhraseNet, PhraseWriter
from realtime.music import metre
from realtime.music.keyfinding import find_key
from realtime.music.rhythm import quantise
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package

DRUMS = 9
WINDOW_NOTES = 200  # of a long prompt the last ones are heard
TURN_BARS = 4  # longer answers are turns of at most so many bars, each answering the one before
Loud = tuple[int, int, int, float | None]  # tick, duration in ticks, pitch, velocity 0..1
TASKS = ("continue", "answer", "infill")
CONTINUE, ANSWER, INFILL = range(3)
MINOR = (0.07, 0.07, 0.26, 0.15, 0.25)
"""Share of pieces in minor, by style, in the training music; and of those that begin with an upbeat."""
UPBEAT = {code.LINE: (0.7, 0.75, 0.35, 0.35, 0.4), code.CHORDS: (0.2, 0.2, 0.2, 0.2, 0.25)}
CLOSING = 0.75
"""Share of the phrases of held-out tunes whose last note lasts a beat or more."""
CHORDS_TOP_P = 0.96
"""The widest nucleus in chords: a stray note of one is heard for as long as it sounds, and more of them are drawn."""
WITH_DYNAMICS = (code.STYLES.index("classical"), code.STYLES.index("pop"))

PARAMS = (
    Param("temperature", "Temperature", "", 0.0, 2.0, 1.0, doc="Low: the likeliest; high: adventurous."),
    Param("top_p", "Nucleus", "", 0.1, 1.0, 1.0, doc="Draws only from the likeliest pitches of this mass."),
    Param("task", "Task", "", 0, 2, 0, curve="enum", labels=TASKS),
    Param("style", "Style", "", 0, 4, 0, curve="enum", labels=("any", *code.STYLES[1:])),
    Param("texture", "Texture", "", 0, 2, 0, curve="enum", labels=("as prompted", "line", "chords")),
    Param("density", "Density", "", 0.25, 4.0, 1.0, curve="log", doc="Notes per beat, against the model's own."),
    Param("range", "Range", "st", 0.0, 24.0, 5.0, doc="How far beyond the prompt's highest and lowest note it goes."),
    Param(
        "key_guard",
        "Key guard",
        "",
        0,
        2,
        0,
        curve="enum",
        labels=("off", "soft", "strict"),
        doc="Off: as its style has it.",
    ),
    Param("close", "Cadence", "", 0.0, 6.0, 1.5, doc="How much its last beat leans to the tonic."),
)

CODE = {
    "name": "phrase_code",
    "fields": list(code.FIELDS),
    "times": list(code.TIMES),
    "steps": list(code.STEPS),
    "pitches": code.PITCHES,
    "centre": code.CENTRE,
    "styles": list(code.STYLES),
    "roles": list(code.ROLES),
    "events": code.MEMORY_EVENTS,
}


class Phrase(NoteModel):
    """The packaged transformer. `writer()` for playing live, `generate` for music off stage."""

    name = "phrase"
    CODE = CODE
    PARAMS = PARAMS

    def __init__(self, package: Package):
        super().__init__(package)
        self.guard = self.copy_guard(package.extra.get("guard", {}), self.table("guard"))
        self.net = PhraseNet(package)

    def writer(self) -> PhraseWriter:
        """A writer with an empty memory. All writers of one model share its net: use one at a time."""
        self.net.reset()
        return PhraseWriter(self.net, self.guard)

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """`bars` bars: after the prompt (continue, answer), or between its two halves, at its longest rest of at least
        a bar if it has one (infill). Without a prompt a piece of its own. Beat 0 is the start of what is new.

        Raises AntiphonError for a prompt with drums alone, an unknown parameter or a number of bars out of range.
        """
        v = self.settings(values, bars)
        random = Random(seed)
        sequence = prompt if prompt is not None else NoteSequence()
        pitched = [n for n in sequence.notes if n.channel != DRUMS]
        if sequence.notes and not pitched:
            raise AntiphonError("Prompt: it has drums alone; give a melody or chords, or no prompt at all.")
        metre = sequence.metre_at(pitched[0].beat) if pitched else sequence.metres[0]
        writer = self.writer()
        style = int(v["style"])
        texture = int(v["texture"]) - 1 if v["texture"] else (code.CHORDS if is_chords(pitched) else code.LINE)
        writer.set_style(style, texture, style in WITH_DYNAMICS)
        job = _Job(writer, metre, bars, v, random)
        if not pitched:
            notes = job.from_nothing()
        else:
            heard = on_grid(pitched, sequence.bar_start(pitched[0].beat), texture)
            notes = (job.go_on, job.answer, job.fill_in)[int(v["task"])](heard)
        return NoteSequence(notes, sequence.tempo, [Metre(0.0, metre.numerator, metre.denominator)], self.name)


class _Job:
    """One generation: hears the prompt on the grid, then writes."""

    def __init__(self, writer: PhraseWriter, metre: Metre, bars: int, values: dict[str, float], random: Random):
        self.writer, self.values, self.random = writer, values, random
        self.time = (metre.numerator, metre.denominator)
        self.bar = code.bar_ticks(*self.time)
        self.length = bars * self.bar
        self.taste = Taste()

    def from_nothing(self) -> list[Note]:
        """A piece of its own, in a key drawn by the seed: sections that close, and come back (form.py). A longer one may
        begin with an upbeat, which is not counted among its bars."""
        style, dice = self.writer.style, self.random.random
        frame = code.Frame(60 + self.random.randrange(-5, 7), "minor" if dice() < MINOR[style] else "major")
        low, high = (frame.origin - 5, frame.origin + 19) if self.writer.texture == code.LINE else (36, 90)
        self._taste(frame, [[0, 12, low, 0], [12, 12, high, 0]], spread=0)
        long = self.length >= 2 * SECTION_BARS * self.bar
        late = long and dice() < UPBEAT[self.writer.texture][style]
        line = self.writer.begin(code.SONG, 0, min(self.length, SECTION_BARS * self.bar), *self.time, own=True)
        upbeat, first_bar = 0, 0
        if late:
            self.writer.write(self.taste, self.random, 0, self.bar // 2, self.bar - code.TICKS // 4)
            upbeat, first_bar = self.bar - line.notes[0][0], self.bar
        for part in sections(style, self.length // self.bar, self.bar, first_bar, upbeat):
            line.length_ticks = part.end
            line.notes += [[t + part.start - part.source, *rest] for t, *rest in line.notes if part.returns(t)]
            self.writer.take_in_anew()
            self.taste.cadence = self._cadence(part.end - part.start)
            self._write(part.start, part.end - part.start, part.start + (self.bar if line.notes else 0))
        loud = self.writer.dynamics
        return self._out([(t, d, p, code.velocity_of(v) if loud else None) for t, d, p, v in line.notes], 0)

    def _cadence(self, length: int) -> int:
        """Ticks of the last note of a section or an answer, drawn as phrases close; 0, now and then: as it comes."""
        beat = code.beat_ticks(*self.time)
        half = max(beat, self.bar // 2 // beat * beat)
        closes = self.writer.texture == code.LINE and self.values["close"] and length >= 2 * self.bar
        if not closes or self.random.random() > CLOSING:
            return 0
        return self.random.choice((beat, half, half, max(half, self.bar - beat)))

    def go_on(self, heard: list[list[int]]) -> list[Note]:
        """The song goes on from the next bar line after what was heard."""
        start = self._after(heard)
        self._key(heard)
        first = heard[0][0] // self.bar * self.bar
        self.writer.begin(code.SONG, first, start + self.length - first, *self.time, own=True)
        heard[-1][1] = max(heard[-1][1], 1)
        self._hear(heard)
        if start - heard[-1][0] > code.STEPS[-1]:  # a rest that no delta says
            self.writer.begin(code.SONG, start, self.length, *self.time, own=True)
        return self._out(self._write(start), start)

    def answer(self, heard: list[list[int]]) -> list[Note]:
        """Turns of the length of the call (at most TURN_BARS): answer, call, answer, ..."""
        start = self._after(heard)
        self._key(heard)
        self.writer.begin(code.CALL, heard[0][0] // code.TICKS * code.TICKS, 0, *self.time)
        self._hear(heard)
        turn = max(1, min(TURN_BARS, round((start - heard[0][0]) / self.bar))) * self.bar
        notes: list[Loud] = []
        for k, at in enumerate(range(start, start + self.length, turn)):
            length = min(turn, start + self.length - at)
            role = code.CALL if k % 2 else code.ANSWER
            self.writer.begin(role, at, length if role == code.ANSWER else 0, *self.time, own=True)
            self.taste.cadence = self._cadence(length) if role == code.ANSWER else 0
            notes += self._write(at, length)
        return self._out(notes, start)

    def fill_in(self, heard: list[list[int]]) -> list[Note]:
        """Between the two sides of the prompt's longest rest of a bar or more, else of its middle bar line; the second
        side is moved to where the new bars end."""
        split, resume = self._gap(heard)
        before = [n for n in heard if n[0] < split]
        after = [[t - resume + split + self.length, *rest] for t, *rest in heard if t >= resume]
        self._key(before + after)
        writer = self.writer
        if before:
            writer.begin(code.PREFIX, before[0][0] // self.bar * self.bar, 0, *self.time)
            self._hear(before)
        if after:
            writer.begin(code.SUFFIX, after[0][0] // self.bar * self.bar, 0, *self.time)
            self._hear(after)
        writer.begin(code.MIDDLE, split, self.length, *self.time, own=True)
        return self._out(self._write(split), split)

    def _gap(self, heard: list[list[int]]) -> tuple[int, int]:
        """(end of the first side, start of the second), bar lines."""
        bar, best = self.bar, (0, 0)
        ends = heard[0][0] + heard[0][1]
        for tick, duration, *_ in heard[1:]:
            split, resume = -(-ends // bar) * bar, tick // bar * bar
            if resume - split > best[1] - best[0]:
                best = (split, resume)
            ends = max(ends, tick + duration)
        if best[1] > best[0]:
            return best
        middle = max(1, round((heard[0][0] + heard[-1][0]) / 2 / bar)) * bar
        return middle, middle

    def _after(self, heard: list[list[int]]) -> int:
        """The first bar line at or after the end of what was heard."""
        return -(-max(t + d for t, d, *_ in heard) // self.bar) * self.bar

    def _key(self, notes: list[list[int]]) -> None:
        """Key and register as found in some notes."""
        key = find_key([n[2] for n in notes], [n[1] for n in notes])
        frame = code.Frame.around(key.tonic, key.mode, sum(n[2] for n in notes) / len(notes))
        self._taste(frame, notes, round(self.values["range"]))

    def _taste(self, frame: code.Frame, notes: list[list[int]], spread: int) -> None:
        v = self.values
        self.writer.set_frame(frame)
        line = self.writer.texture == code.LINE
        self.taste = Taste.after(
            notes, frame.origin % 12, frame.mode or "major", spread, temperature=v["temperature"],
            top_p=v["top_p"] if line else min(v["top_p"], CHORDS_TOP_P), rhythm_top_p=1.0 if line else None,
            density=v["density"], guard=int(v["key_guard"]), close=v["close"],
        )  # fmt: skip

    def _hear(self, notes: list[list[int]]) -> None:
        before = 0
        for tick, duration, pitch, velocity in notes:
            self.writer.hear(tick, pitch, before, velocity / 127)
            before = duration
        self.writer.lines[-1].notes[-1][1] = notes[-1][1]

    def _write(self, start: int, length: int | None = None, latest: int | None = None) -> list[Loud]:
        length = self.length if length is None else length
        line = self.writer.lines[-1]
        span = start + length - line.start_tick
        notes: list[Loud] = []
        while note := self.writer.write(self.taste, self.random, span, start, latest):
            notes.append((*note, self.writer.velocity))
        return notes

    def _out(self, notes: Sequence[Loud], start: int) -> list[Note]:
        found = []
        for tick, duration, pitch, velocity in notes:
            loud = accent(tick, self.bar) if velocity is None else velocity
            found.append(Note((tick - start) / code.TICKS, duration / code.TICKS, pitch, loud))
        return found


def accent(tick: int, bar: int) -> float:
    """Velocity by place in the bar, for styles whose data have no dynamics: not learned."""
    return (0.62, 0.62, 0.72, 0.8)[metre.accent(tick, bar, code.TICKS)]


def is_chords(notes: Sequence[Note]) -> bool:
    """Whether more than a sixth of the onsets have several notes."""
    onsets = [round(n.beat * code.TICKS) for n in notes]
    return bool(onsets) and len(set(onsets)) < len(onsets) * 5 / 6


def on_grid(notes: Sequence[Note], origin: float, texture: int) -> list[list[int]]:
    """The last WINDOW_NOTES notes as [tick from a bar line, duration, pitch, MIDI velocity (0: all alike)], the upper
    line of them unless chords are wanted."""
    loud = len({round(n.velocity * 127) for n in notes}) > 1
    rows = [
        [quantise(n.beat - origin), max(1, round(n.duration * code.TICKS)), n.pitch, round(n.velocity * 127) * loud]
        for n in notes
    ]
    rows.sort(key=lambda r: (r[0], -r[2]))
    grid: list[list[int]] = []
    for row in rows:
        if grid and row[0] == grid[-1][0] and (texture == code.LINE or row[2] == grid[-1][2]):
            continue
        if grid and texture == code.LINE:
            grid[-1][1] = min(grid[-1][1], row[0] - grid[-1][0])
        grid.append(row)
    return grid[-WINDOW_NOTES:]
