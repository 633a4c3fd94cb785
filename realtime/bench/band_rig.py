"""What the benches of players share: a scene of players, and a performer who plays to them; [main]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from realtime.contract import player_wire as wire
from realtime.engine.engine import Engine
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.chord_table import ORDER
from realtime.native.errors import AntiphonError
from realtime.players.registry import player_class, player_names
from realtime.players.rehearsal import shipped_package

RACK = '[[track]]\nname = "t"\nhears = ["keys", "players"]\n[[track.device]]\ndevice = "pluck"\n'
CHANGES = ("C", "Am7", "Dm7", "G7", "C", "E7", "Am", "F", "Fm6", "C/E", "A7", "Dm7", "G7sus4", "G7", "C", "G7")
LINE = (72, 76, 74, 72, 69, 71, 72, 67)
"""A tune in eighths, transposed to each chord's root."""
PHRASE_BARS, REST_BARS = 4, 4
"""The performer plays, then rests: who answers is heard too."""


def able(names: Sequence[str] | None = None) -> tuple[list[str], list[str]]:
    """(players that can be made with no option told, sentences about those that cannot). Raises AntiphonError for a name
    that is no player."""
    made, told = [], []
    for name in names or player_names():
        chosen = player_class(name)
        try:
            chosen(package=shipped_package(chosen))
            made.append(name)
        except AntiphonError as error:
            told.append(f"{name} is left out: {error}")
    return made, told


def write_scene(path: Path, players: Sequence[str], tempo_bpm: float, rack: str = RACK) -> Path:
    """A scene of these players at their defaults."""
    rows = "".join(f'[[player]]\nplayer = "{name}"\n' for name in players)
    path.write_text(f"tempo_bpm = {tempo_bpm}\n{rack}{rows}")
    return path


def chord_fields(chord: Chord) -> dict[str, int]:
    """Fields of a CHORD record of realtime.contract.player_wire."""
    return {"key": chord.root, "number": ORDER[chord.quality], "bass": chord.bass, "classes": chord.mask}


def tell_chord(engine: Engine, bar: int) -> None:
    """The chord of a bar, as of now."""
    chord = parse_chord(CHANGES[bar % len(CHANGES)])
    assert chord is not None
    engine.players.tell(wire.CHORD, **chord_fields(chord))


def played(bar: int) -> Iterator[tuple[float, bytes]]:
    """(beat in the bar, raw MIDI) of the performer's part in a bar of four."""
    if bar % (PHRASE_BARS + REST_BARS) >= PHRASE_BARS:
        return
    chord = parse_chord(CHANGES[bar % len(CHANGES)])
    assert chord is not None
    shift = (chord.root + 5) % 12 - 5
    for step, key in enumerate(LINE):
        yield 0.5 * step, bytes((0x90, key + shift, 92 - 12 * (step % 2)))
        yield 0.5 * step + 0.45, bytes((0x80, key + shift, 64))
