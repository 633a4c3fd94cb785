"""Plays to a player off stage, as fast as it goes: notes in order of time, a tick every 20 ms, what it plans out; [any]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from realtime.contract import player_wire as wire
from realtime.music.chord import Chord
from realtime.music.chord_table import ORDER
from realtime.music.midifile import read_midi, write_midi
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.players.plan import Moment, Planned, damped
from realtime.players.player import Player, checked_values
from realtime.players.registry import player_class, player_fault

MODELS = Path(__file__).resolve().parents[2] / "models_onnx"
TICK_S = 0.02
AT_ONCE_BEATS = 1e-3
TELL, OFF, ON = range(3)


def perform(
    player: Player,
    notes: list[Note],
    until: float,
    tempo_bpm: float = 120.0,
    numerator: int = 4,
    denominator: int = 4,
    start: float = 0.0,
    playing: bool = True,
    tick_s: float = TICK_S,
    told: Iterable[tuple[float, Any]] = (),
) -> list[tuple[float, Planned]]:
    """Plays `notes` (beats) and runs the clock up to beat `until`; returns (beat of planning, what was planned).

    told: wire.LISTEN records (see `chord_record`) and the beats at which they are heard.
    """
    bar = numerator * 4.0 / denominator
    events: list[tuple[float, int, Any]] = [(at, TELL, record) for at, record in told]
    events += [(n.beat, ON, n) for n in notes] + [(n.beat + n.duration, OFF, n) for n in notes]
    events.sort(key=lambda e: e[:2])
    step = tick_s * tempo_bpm / 60.0
    heard: list[tuple[float, Planned]] = []
    beat = start
    while beat < until:
        line = beat // bar
        player.tick(Moment(beat, tempo_bpm, line * bar, numerator, denominator, playing, False, beat, int(line)))
        heard += [(beat, p) for p in player.take()]
        while events and events[0][0] < beat + step:
            at, kind, what = events.pop(0)
            if kind == TELL:
                player.hear(what)
            elif kind == ON:
                player.note_on(at, what.pitch, what.velocity, what.channel)
            else:
                player.note_off(at, what.pitch, what.channel)
            heard += [(at, p) for p in player.take()]
        beat += step
    return heard


def chord_record(beat: float, chord: Chord | None) -> np.void:
    """What the follower says of a chord from a beat on, as a player hears it."""
    if chord is None:
        return told_record(wire.CHORD, beat, key=-1)
    number = ORDER[chord.quality]
    return told_record(wire.CHORD, beat, key=chord.root, number=number, bass=chord.bass, classes=chord.mask)


def told_record(kind: int, beat: float, **fields: float) -> np.void:
    """One wire.LISTEN record of the follower's, by its fields."""
    record = np.zeros(1, wire.LISTEN)[0]
    record["kind"], record["beat"] = kind, beat
    for name, value in fields.items():
        record[name] = value
    return record


def sounding(planned: Iterable[tuple[float, Planned]]) -> list[Planned]:
    """The notes that sound of what was planned, as the engine would play it: taken back and cut short where that came
    in time, a key that sounds ended before it is struck again."""
    notes: list[Planned] = []
    for at, one in planned:
        if one.kind == wire.PLAN_NOTE and one.beat >= at - wire.LATE_BEATS:
            notes.append(one)
        elif one.kind in (wire.PLAN_CANCEL, wire.PLAN_RELEASE):
            first = max(at, one.beat) if one.kind == wire.PLAN_CANCEL else at
            notes = [n for n in notes if n.serial > one.serial or n.beat < first]
        if one.kind == wire.PLAN_DAMP:
            notes = [damped(n, one, max(at, one.beat)) for n in notes]
        if one.kind == wire.PLAN_RELEASE:
            notes = [
                replace(n, duration_beats=min(n.duration_beats, at - n.beat)) if n.serial <= one.serial else n
                for n in notes
            ]
    return _struck_apart(sorted(notes, key=lambda n: (n.beat, n.lane, n.key)))


def _struck_apart(notes: list[Planned]) -> list[Planned]:
    """Each key of a lane ends before it is struck again; struck twice at once it is one note, as long as the longer."""
    found: list[Planned] = []
    last: dict[tuple[int, int], int] = {}
    for note in notes:
        at = last.get((note.lane, note.key))
        if at is not None:
            before = found[at]
            if note.beat - before.beat < AT_ONCE_BEATS:
                longer = max(before.duration_beats, note.duration_beats)
                found[at] = replace(before, duration_beats=longer)
                continue
            found[at] = replace(before, duration_beats=min(before.duration_beats, note.beat - before.beat))
        last[note.lane, note.key] = len(found)
        found.append(note)
    return found


def shipped_package(player: type[Player]) -> Path | None:
    """The package a player plays by when none is named."""
    return MODELS / f"{player.MODEL}.onnx" if player.MODEL else None


def generate_file(
    player: str, output: str | Path, prompt: str | Path | None = None, bars: int = 8, seed: int = 0, **values: Any
) -> dict[str, Any]:
    """What a player plays to a MIDI file (or to silence), from its first note on for some bars, in another MIDI file.

    The result is JSON: notes as [beat, duration, pitch, velocity, channel]; a lane's channel is its number. Raises
    AntiphonError.
    """
    chosen = player_class(player)
    try:
        settings: dict[str, Any] = {**checked_values(chosen, {"seed": seed, **values})}
    except AntiphonError as error:
        raise AntiphonError(f"Player {player}: {error}") from None
    music = NoteSequence() if prompt is None else read_midi(prompt)
    end = max((n.beat + n.duration for n in music.notes), default=0.0)
    metre = music.metre_at(end)
    bar = metre.numerator * 4.0 / metre.denominator
    until = end + (bars + 4) * bar  # a long phrase may be answered after a long patience, and by as many bars
    tempo_bpm = music.tempo.tempo_bpm(end)
    try:
        someone = chosen(package=shipped_package(chosen), **settings)
        heard = perform(someone, list(music.notes), until, tempo_bpm, metre.numerator, metre.denominator)
    except Exception as error:  # the file is anyone's
        raise player_fault(player, error) from error
    notes = sounding(heard)
    if not notes:
        raise AntiphonError(f"Player {player}: it played nothing to that; give it a phrase with --prompt FILE.mid.")
    first = int(notes[0].beat)
    played = [
        Note(n.beat - first, n.duration_beats, n.key, n.velocity, n.lane)
        for n in notes if n.beat < first + bars * bar
    ]  # fmt: skip
    write_midi(NoteSequence(played, music.tempo, [Metre(0.0, metre.numerator, metre.denominator)], player), output)
    rows = [[round(n.beat, 4), round(n.duration, 4), n.pitch, round(n.velocity, 3), n.channel] for n in played]
    found = {"player": player, "seed": seed, "bars": bars, "notes": rows, "file": str(output)}
    return found | ({"warning": someone.warning} if someone.warning else {})
