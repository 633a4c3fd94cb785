"""Chords: their tones, what they are in other vocabularies, and how they are written; [any] (Harte 2010)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from realtime.music.chord_table import ADDED_NAMES, QUALITIES, degree_semitones, mask_of
from realtime.music.pitch import LETTER_CLASS, name_at_fifths, spell_class

__all__ = ["MIREX_MAJMIN", "MIREX_SEVENTHS", "QUALITIES", "SEVENTHS", "Chord"]

# the vocabularies of chord recognition (MIREX; Raffel et al. 2014, mir_eval): other chords are left out of the count
MIREX_MAJMIN = ("maj", "min")
MIREX_SEVENTHS = ("maj", "min", "maj7", "min7", "7")
# what `sevenths` gives
SEVENTHS = (
    *("maj", "min", "dim", "aug", "sus4", "sus2", "5", "1"),
    *("maj7", "7", "min7", "minmaj7", "hdim7", "dim7", "7sus4"),
)
# names a musician expects where no key is given: C# minor but D flat major
_MAJOR_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_ROOTS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


@dataclass(frozen=True, slots=True)
class Chord:
    """root and bass 0..11 (C = 0), quality a key of QUALITIES; `added` intervals it has beyond its quality and
    `omitted` intervals it lacks (semitones above the root, sorted), for symbols that the table has no name for."""

    root: int
    quality: str = "maj"
    bass: int = -1
    added: tuple[int, ...] = ()
    omitted: tuple[int, ...] = ()

    def __post_init__(self):
        if self.quality not in QUALITIES:
            raise KeyError(self.quality)
        object.__setattr__(self, "root", self.root % 12)
        object.__setattr__(self, "bass", self.root if self.bass < 0 else self.bass % 12)

    @property
    def intervals(self) -> frozenset[int]:
        """Semitones above the root, 0..11, without a foreign bass."""
        return frozenset(_intervals(self.quality, self.added, self.omitted))

    @property
    def classes(self) -> frozenset[int]:
        """Pitch classes that sound, the bass among them."""
        return _classes(self)

    @property
    def mask(self) -> int:
        """`classes` as 12 bits, bit 0 = C."""
        return mask_of(self.classes)

    @property
    def template(self) -> tuple[int, ...]:
        """12 entries 0 or 1 by pitch class, C first."""
        classes = self.classes
        return tuple(int(c in classes) for c in range(12))

    @property
    def inversion(self) -> int:
        """0 root position, 1, 2, 3 with third, fifth, seventh (sixth) in the bass; -1 with any other bass."""
        interval = (self.bass - self.root) % 12
        if interval == 0:
            return 0
        for degree in QUALITIES[self.quality].degrees:
            if degree_semitones(degree) == interval:
                return {"3": 1, "5": 2, "7": 3, "6": 3}.get(degree.lstrip("b#"), -1)
        return -1

    @property
    def third(self) -> int | None:
        """4 or 3 semitones; None of a chord without third. A sharp ninth beside a major third is no third."""
        intervals = _intervals(self.quality, self.added, self.omitted)
        return 4 if 4 in intervals else 3 if 3 in intervals else None

    def majmin(self) -> int:
        """0..11 with a major third (augmented and dominant too), 12..23 with a minor one (diminished too), 24
        without third (suspended, power). `mirex_majmin` leaves out what MIREX leaves out."""
        third = self.third
        return 24 if third is None else self.root + (0 if third == 4 else 12)

    def mirex_majmin(self) -> str | None:
        """ "maj" or "min" by MIREX's rule as in mir_eval (tensions off, bass in, the tones up to the fifth must be
        those of the triad); None: the chord is not counted."""
        low = {i for i in _core(self) if i < 8}
        return "maj" if low == {0, 4, 7} else "min" if low == {0, 3, 7} else None

    def mirex_sevenths(self) -> str | None:
        """One of MIREX_SEVENTHS by MIREX's rule as in mir_eval (tensions off, bass in, all tones equal); None: the
        chord is not counted."""
        core = mask_of(_core(self))
        return next((name for name in MIREX_SEVENTHS if QUALITIES[name].mask == core), None)

    def sevenths(self) -> str:
        """The chord with all above the seventh taken off: one of SEVENTHS (MIREX counts those in
        MIREX_SEVENTHS). Sixths become their triads."""
        return _sevenths(_intervals(self.quality, self.added, self.omitted))

    def transposed(self, semitones: int) -> Chord:
        return Chord((self.root + semitones) % 12, self.quality, (self.bass + semitones) % 12, self.added, self.omitted)

    def without_bass(self) -> Chord:
        """The same chord in root position."""
        return Chord(self.root, self.quality, self.root, self.added, self.omitted)

    def spelled_root(self, tonic: int | None = None, mode: str = "major") -> str:
        """Name of the root: in a key if given, else the usual one (C#m, Dbmaj7)."""
        if tonic is not None:
            return spell_class(self.root, tonic, mode)
        return (_MINOR_ROOTS if self.third == 3 else _MAJOR_ROOTS)[self.root]

    def names(self, tonic: int | None = None, mode: str = "major") -> tuple[str, ...]:
        """Note names in order of degree, spelled by thirds above the root: D7#9 is D F# A C E#."""
        root = self.spelled_root(tonic, mode)
        degrees = [d for d in QUALITIES[self.quality].degrees if degree_semitones(d) not in self.omitted]
        return tuple(_name_above(root, d) for d in (*degrees, *(ADDED_NAMES[i] for i in self.added)))

    def symbol(self, tonic: int | None = None, mode: str = "major") -> str:
        """As on a lead sheet: F#m7b5/C; parse_chord reads it back to the same chord."""
        changes = [f"add{ADDED_NAMES[i]}" for i in self.added] + [f"no{_omitted_name(self, i)}" for i in self.omitted]
        tail = f"({','.join(changes)})" if changes else ""
        root = self.spelled_root(tonic, mode)
        return f"{root}{QUALITIES[self.quality].suffix}{tail}{self._slash(root)}"

    def harte(self, tonic: int | None = None, mode: str = "major") -> str:
        """In Harte's syntax, with this table's shorthands and the bass as a note name: F#:hdim7/C."""
        added = [ADDED_NAMES[i] for i in self.added]
        # the reader takes b9 for the plain ninth's stead, unless that is listed too, and sus4(7) for a minor seventh
        stacked = {d for d in QUALITIES[self.quality].degrees if any(a.lstrip("b#") == d != a for a in added)}
        added = [*sorted(stacked), *("b8" if a == "7" and self.quality == "sus4" else a for a in added)]
        changes = added + [f"*{_omitted_name(self, i)}" for i in self.omitted]
        tail = f"({','.join(changes)})" if changes else ""
        root = self.spelled_root(tonic, mode)
        return f"{root}:{self.quality}{tail}{self._slash(root)}"

    def _slash(self, root: str) -> str:
        if self.bass == self.root:
            return ""
        interval = (self.bass - self.root) % 12
        for degree in QUALITIES[self.quality].degrees:
            if degree_semitones(degree) == interval:
                name = _name_above(root, degree)
                # E## and the like are spelled for the reader of chords, not for a bass player
                return "/" + (name if len(name) < 3 else _MAJOR_ROOTS[self.bass])
        name = _name_above(root, ("1", "b2", "2", "b3", "3", "4", "#4", "5", "b6", "6", "b7", "7")[interval])
        return "/" + (name if len(name) < 3 else _MAJOR_ROOTS[self.bass])

    def __str__(self) -> str:
        return self.symbol()


@lru_cache(maxsize=4096)
def _intervals(quality: str, added: tuple[int, ...], omitted: tuple[int, ...]) -> frozenset[int]:
    return frozenset(QUALITIES[quality].intervals) - frozenset(omitted) | frozenset(added)


@lru_cache(maxsize=4096)
def _classes(chord: Chord) -> frozenset[int]:
    tones = {(chord.root + i) % 12 for i in _intervals(chord.quality, chord.added, chord.omitted)}
    return frozenset(tones | {chord.bass})


@lru_cache(maxsize=4096)
def _core(chord: Chord) -> frozenset[int]:
    """Intervals without ninths, elevenths and thirteenths, with the bass: what mir_eval compares."""
    degrees = (*QUALITIES[chord.quality].degrees, *(ADDED_NAMES[i] for i in chord.added))
    core = {degree_semitones(d) for d in degrees if d.lstrip("b#") not in ("9", "11", "13")} - set(chord.omitted)
    return frozenset(core | {(chord.bass - chord.root) % 12})


@lru_cache(maxsize=4096)
def _sevenths(intervals: frozenset[int]) -> str:
    if 4 in intervals:
        triad = "aug" if 8 in intervals and not intervals & {6, 7} else "maj"
    elif 3 in intervals:
        triad = "dim" if 6 in intervals and 7 not in intervals else "min"
    elif 5 in intervals:
        triad = "sus4"
    elif 2 in intervals:
        triad = "sus2"
    else:
        triad = "5" if 7 in intervals else "1"
    if 10 in intervals:
        names = {"maj": "7", "aug": "7", "min": "min7", "dim": "hdim7", "sus4": "7sus4", "sus2": "7sus4"}
        return names.get(triad, triad)
    if triad == "dim" and 9 in intervals:
        return "dim7"
    if 11 in intervals:
        return {"maj": "maj7", "aug": "maj7", "min": "minmaj7", "dim": "minmaj7"}.get(triad, triad)
    return triad


def _omitted_name(chord: Chord, interval: int) -> str:
    for degree in QUALITIES[chord.quality].degrees:
        if degree_semitones(degree) == interval:
            return degree
    return ADDED_NAMES[interval]


def _name_above(root: str, degree: str) -> str:
    """Note name of a degree above a spelled root: the letter by counting, the accidental by semitones."""
    number = int(degree.lstrip("b#")) - 1
    letter = "CDEFGAB"[("CDEFGAB".index(root[0]) + number) % 7]
    root_class = LETTER_CLASS[root[0]] + root.count("#") - root.count("b")
    offset = (root_class + degree_semitones(degree) - LETTER_CLASS[letter] + 6) % 12 - 6
    if abs(offset) > 2:
        return name_at_fifths((root_class + degree_semitones(degree)) * 7 % 12)
    return letter + ("#" * offset if offset >= 0 else "b" * -offset)
