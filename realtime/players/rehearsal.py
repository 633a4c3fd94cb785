"""Plays to a player off stage, as fast as it goes: notes in order of time, a tick every 20 ms, what it plans out; [any]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from realtime.contract import player_wire as wire
from realtime.music.midifile import read_midi, write_midi
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.players.plan import Moment, Planned
from realtime.players.player import Player, checked_values
from realtime.players.registry import player_class, player_fault

MODELS = Path(__file__).resolve().parents[2] / "models_onnx"
TICK_S = 0.02


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
) -> list[tuple[float, Planned]]:
    """Plays `notes` (beats) and runs the clock up to beat `until`; returns (beat of planning, what was planned)."""
    bar = numerator * 4.0 / denominator
    events = [(n.beat, 1, n) for n in notes] + [(n.beat + n.duration, 0, n) for n in notes]
    events.sort(key=lambda e: e[:2])
    step = tick_s * tempo_bpm / 60.0
    heard: list[tuple[float, Planned]] = []
    beat = start
    while beat < until:
        player.tick(Moment(beat, tempo_bpm, beat // bar * bar, numerator, denominator, playing))
        heard += [(beat, p) for p in player.take()]
        while events and events[0][0] < beat + step:
            at, on, n = events.pop(0)
            if on:
                player.note_on(at, n.pitch, n.velocity, n.channel)
            else:
                player.note_off(at, n.pitch, n.channel)
            heard += [(at, p) for p in player.take()]
        beat += step
    return heard


def sounding(planned: Iterable[tuple[float, Planned]]) -> list[Planned]:
    """The notes that sound of what was planned, as the engine would play it: taken back and cut short where that came
    in time."""
    notes: list[Planned] = []
    for at, one in planned:
        if one.kind == wire.PLAN_NOTE and one.beat >= at - wire.LATE_BEATS:
            notes.append(one)
        elif one.kind in (wire.PLAN_CANCEL, wire.PLAN_RELEASE):
            first = max(at, one.beat) if one.kind == wire.PLAN_CANCEL else at
            notes = [n for n in notes if n.serial > one.serial or n.beat < first]
        if one.kind == wire.PLAN_RELEASE:
            notes = [
                replace(n, duration_beats=min(n.duration_beats, at - n.beat)) if n.serial <= one.serial else n
                for n in notes
            ]
    return sorted(notes, key=lambda n: (n.beat, n.lane, n.key))


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
