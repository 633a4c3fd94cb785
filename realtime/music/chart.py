"""A chord chart: bars with their chords and sections, in the order in which they are played; [any]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from realtime.music.chord import Chord
from realtime.music.keyfinding import Key
from realtime.music.metre import default_grouping

KINDS = {
    "intro": ("intro", "introduction", "vamp", "count", "in"),
    "verse": ("verse", "strophe", "a", "head", "theme", "stanza", "couplet"),
    "chorus": ("chorus", "refrain", "hook", "c"),
    "bridge": ("bridge", "b", "middle", "release", "pre", "prechorus", "channel"),
    "fill": ("fill",),
    "break": ("break", "interlude", "breakdown", "stop"),
    "solo": ("solo", "solos", "instrumental", "inst"),
    "ending": ("ending", "outro", "coda", "tag", "end", "out"),
}
"""What a section is, by a word of its name; any other is a verse."""


def kind_of(name: str) -> str:
    """One of KINDS, "" of a section without a name."""
    words = [word.rstrip("0123456789'") for word in name.lower().replace("-", " ").split()]
    # a letter names a section only where it is the whole name: "a cappella" is no A
    for word in words[:1] + [word for word in words[1:] if len(word) > 2]:
        for kind, known in KINDS.items():
            if word in known:
                return kind
    return "verse" if words else ""


@dataclass(frozen=True)
class Bar:
    """chords: (chord, None: no chord; its share of the bar, 0: by the felt beats, the longer first). Empty: the chord before goes
    on. metre: of this bar and those behind it, None: as before. section: name of the one that begins here, None: none. signs:
    while it is read, those of chart_jumps."""

    chords: tuple[tuple[Chord | None, float], ...] = ()
    metre: tuple[int, int] | None = None
    section: str | None = None
    signs: frozenset[str] = frozenset()

    def places(self, numerator: int, denominator: int) -> list[tuple[float, Chord | None]]:
        """(beat from the bar line, chord) in a metre."""
        length = numerator * 4.0 / denominator
        if all(share > 0.0 for _, share in self.chords):
            shares = [share for _, share in self.chords]
        else:
            shares = _by_beats(len(self.chords), numerator, denominator)
        total = sum(shares) or 1.0
        starts = accumulate([0.0, *shares[:-1]])
        return [(length * at / total, chord) for at, (chord, _) in zip(starts, self.chords, strict=True)]


def _by_beats(count: int, numerator: int, denominator: int) -> list[float]:
    """Lengths in felt beats, the longer ones first: three chords in 4/4 last 2, 1 and 1 beats."""
    groups = [float(size) for size in default_grouping(numerator, denominator)]
    if denominator < 8:
        groups = [1.0] * numerator
    if count > len(groups) or not count:
        return [1.0] * count
    each, more = divmod(len(groups), count)
    found, at = [], 0
    for number in range(count):
        take = each + (number < more)
        found.append(sum(groups[at : at + take]))
        at += take
    return found


@dataclass(frozen=True)
class Section:
    """name as written; kind: one of KINDS; bar: its first, from 0; bars: how many."""

    name: str
    kind: str
    bar: int
    bars: int


@dataclass(frozen=True)
class Chart:
    """bars: at least one. key: in which it is written, None: unknown."""

    bars: tuple[Bar, ...]
    title: str = ""
    key: Key | None = None
    tempo_bpm: float | None = None

    @property
    def metred(self) -> bool:
        """Whether it says its metre; else it has that of whoever plays it."""
        return any(bar.metre is not None for bar in self.bars)

    def metres(self, numerator: int, denominator: int) -> list[tuple[int, int]]:
        """Metre of each bar; numerator, denominator: where the chart does not say."""
        found, now = [], (numerator, denominator)
        for bar in self.bars:
            now = bar.metre or now
            found.append(now)
        return found

    @property
    def sections(self) -> list[Section]:
        """In order; empty of a chart without names."""
        starts = [number for number, bar in enumerate(self.bars) if bar.section is not None]
        return [
            Section(self.bars[a].section or "", kind_of(self.bars[a].section or ""), a, b - a)
            for a, b in pairwise([*starts, len(self.bars)])
        ]

    def transposed(self, semitones: int) -> Chart:
        """Every chord moved."""
        bars = [
            replace(bar, chords=tuple((c.transposed(semitones) if c else None, share) for c, share in bar.chords))
            for bar in self.bars
        ]
        key = None if self.key is None else Key((self.key.tonic + semitones) % 12, self.key.mode)
        return replace(self, bars=tuple(bars), key=key)

    def in_key(self, key: Key | None) -> Chart:
        """In another key, by the shorter way; as it is where either is unknown."""
        if key is None or self.key is None:
            return self
        return self.transposed((key.tonic - self.key.tonic + 6) % 12 - 6)

    def text(self, bars_a_line: int = 4) -> str:
        """As a chart's text: what `read_text` reads back to the same bars."""
        lines = [f"title: {self.title}"] if self.title else []
        lines += [f"key: {self.key.name}"] if self.key else []
        row: list[str] = []

        def end_row() -> None:
            if row:
                lines.append("| " + " | ".join(row) + " |")
                row.clear()

        for number, bar in enumerate(self.bars):
            if bar.section is not None:
                end_row()
                lines.append(f"[{bar.section}]")
            row.append(self._bar_text(number))
            if len(row) == bars_a_line:
                end_row()
        end_row()
        return "\n".join(lines) + "\n"

    def _bar_text(self, number: int) -> str:
        bar = self.bars[number]
        symbols = [(symbol(chord, self.key), share) for chord, share in bar.chords]
        if symbols and all(share > 0 for _, share in symbols):
            unit = min(share for _, share in symbols)
            symbols = [(" ".join([text, *["."] * (round(share / unit) - 1)]), 0.0) for text, share in symbols]
        metre = [f"{bar.metre[0]}/{bar.metre[1]}"] if bar.metre else []
        return " ".join([*metre, *(text for text, _ in symbols)] or ["%" if number else "N.C."])


def symbol(chord: Chord | None, key: Key | None = None) -> str:
    """As on a lead sheet; N.C. of none."""
    if chord is None:
        return "N.C."
    return chord.symbol(key.tonic, key.mode) if key else chord.symbol()


def joined(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Bars without metres that say nothing new."""
    found, now = [], None
    for bar in bars:
        found.append(replace(bar, metre=None) if bar.metre == now else bar)
        now = bar.metre or now
    return tuple(found)
