"""Songs and setlists as plain data: what is played, in which order, and what goes with it; [main]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

KEEP, RESET = "keep", "reset"
PART, PROGRAM, MARKER = "part", "program", "marker"


@dataclass(frozen=True)
class ProgramOut:
    """A program change that goes out. port: pattern of a MIDI output, "" for Antiphon's own; channel 1..16;
    program, bank_msb, bank_lsb 0..127, None: not sent."""

    channel: int
    program: int | None = None
    bank_msb: int | None = None
    bank_lsb: int | None = None
    port: str = ""

    def messages(self) -> list[bytes]:
        """Bank select before the program change, as the standard wants it."""
        status = self.channel - 1
        rows = [(0xB0 | status, 0, self.bank_msb), (0xB0 | status, 32, self.bank_lsb)]
        found = [bytes((head, number, value)) for head, number, value in rows if value is not None]
        return found + ([bytes((0xC0 | status, self.program))] if self.program is not None else [])


@dataclass(frozen=True)
class Cue:
    """What happens at a bar (from 1) of the song. kind: PART (value: its name), PROGRAM (a ProgramOut), MARKER (a text)."""

    bar: int
    kind: str
    value: Any


@dataclass(frozen=True)
class Backing:
    """A recording that runs with the transport. output: first channel of the pair it leaves by."""

    file: str
    gain_db: float = 0.0
    output: int = 1
    cues: tuple[Cue, ...] = ()


@dataclass(frozen=True)
class Click:
    """The metronome. output: first channel of the pair it leaves by."""

    on: bool = False
    level_db: float = -12.0
    output: int = 1


@dataclass(frozen=True)
class Part:
    """One sound of a song. None: as the song, or as the scene, has it. program: 0..127, the number that calls it from
    outside. bars: its length, 0 where it lasts until it is left."""

    name: str
    scene: str
    snapshot: str = ""
    tempo_bpm: float | None = None
    signature: tuple[int, int] | None = None
    key: str = ""
    program: int | None = None
    bars: int = 0
    sends: tuple[ProgramOut, ...] = ()


@dataclass(frozen=True)
class Song:
    """name: of its file. count_in: bars before the transport starts. tail_s: how long the sound before may ring on,
    None: until it is silent. controls: KEEP what was turned, or RESET to the scene, when a part is called again.
    program: 0..127, the number that calls it. auto_advance: parts with bars follow one another."""

    name: str
    title: str
    artist: str = ""
    tempo_bpm: float | None = None
    signature: tuple[int, int] | None = None
    key: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    count_in: int = 0
    tail_s: float | None = None
    controls: str = RESET
    program: int | None = None
    auto_advance: bool = False
    click: Click = Click()
    backing: Backing | None = None
    lyrics: str = ""
    chart: str = ""
    """Its chords, bar by bar, as music.chart_text reads them: they lead in place of the scene's."""
    parts: tuple[Part, ...] = ()
    sends: tuple[ProgramOut, ...] = ()
    path: Path | None = None
    missing: str = ""
    """Why it cannot be played; then it has no parts."""

    def starts(self) -> list[int]:
        """Bar (from 1) at which each part begins; parts without bars count none."""
        found = [1]
        for part in self.parts[:-1]:
            found.append(found[-1] + part.bars)
        return found


@dataclass(frozen=True)
class Entry:
    """A song's place in a setlist. changes: fields of Song that stand otherwise here."""

    song: str
    changes: dict[str, Any] = field(default_factory=dict)
    auto_advance: bool | None = None

    def apply(self, song: Song) -> Song:
        """The song as this evening has it."""
        return replace(song, **self.changes)


@dataclass(frozen=True)
class Setlist:
    """Songs in the order of the evening. channel: of the program changes that choose songs, 0 for any. relative:
    program changes step (1 next, 0 previous) instead of naming a song."""

    name: str
    title: str
    notes: str = ""
    auto_advance: bool = False
    channel: int = 0
    relative: bool = False
    entries: tuple[Entry, ...] = ()
    path: Path | None = None


def number_of(names: Sequence[str], name: str) -> int | None:
    """Index of a name, whatever its case; None if there is none."""
    folded = [one.casefold() for one in names]
    return folded.index(name.casefold()) if name.casefold() in folded else None
