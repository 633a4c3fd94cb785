"""`antiphon bench players --measure following`: what the follower names, and how soon; [main].

Held-out songs are played to the real follower off stage, notes up to a twenty-fifth of a beat off as hands play them. What
it says is held against the songs' own chords and keys. Whose notes make the chords: everyone's, those of the channel on
which they are held, the tune's alone, or none where a chart leads, which also tells the sections.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from realtime.bench.chord_led import BARS, SETS, SONGS, Song, by_hand, chart, songs
from realtime.contract import player_wire as wire
from realtime.models.changes.code import NO_CHORD, label_of
from realtime.music.chord import Chord
from realtime.music.chord_table import ORDER
from realtime.music.sequence import Note
from realtime.players.follower.follower import Follower
from realtime.players.plan import Planned
from realtime.players.rehearsal import perform, shipped_package

END = 4.0 * BARS
STEP = 1.0 / 16.0
"""Beats between two looks at what holds."""
STRAY_BEATS = 0.04
SECTION_BARS = 8
SECTIONS = ("verse", "chorus", "bridge", "ending")
KEY_BARS = (4, 8, 16)
WAYS: dict[str, tuple[str, Callable[[Song], list[Note]]]] = {
    "arrangement": ("all", lambda song: song.arrangement),
    "tune and held chords": ("all", lambda song: [*song.melody, *by_hand(song)]),
    "chords held on a channel": ("channel 2", lambda song: [*song.melody, *by_hand(song)]),
    "tune alone": ("all", lambda song: song.melody),
    "chart": ("chart", lambda song: song.melody),
}
"""By name: whose notes make the chords, and what is played."""
_QUALITIES = {number: quality for quality, number in ORDER.items()}


@dataclass
class Following:
    """right, root: beats at which the told chord, or its root, was the song's; delays: beats from a change to when it was
    told; missed: changes that never were."""

    beats: float = 0.0
    right: float = 0.0
    root: float = 0.0
    delays: list[float] = field(default_factory=list)
    missed: int = 0
    told: int = 0
    keys: list[tuple[bool, ...]] = field(default_factory=list)
    sections: list[float | None] = field(default_factory=list)

    def chords(self, song: Song, said: Sequence[tuple[float, int]]) -> None:
        """said: (beat from which a label holds, in order of when it was said)."""
        times, labels = [beat for beat, _ in said], np.array([label for _, label in said] or [NO_CHORD])
        self.told += int((np.diff(labels) != 0).sum()) + bool(said)
        former = None
        for (begin, chord), end in zip(song.chords, [*song.starts[1:], END], strict=True):
            if chord is None or end - begin < STEP:
                former = None
                continue
            want = label_of(chord)
            at = np.arange(begin + STEP / 2, end, STEP)
            places = np.array([bisect_right(times, beat) - 1 for beat in at])
            got = np.where(places >= 0, labels[np.maximum(0, places)], NO_CHORD)
            self.beats += len(at) * STEP
            self.right += float((got == want).sum()) * STEP
            self.root += float(((got % 12 == want % 12) & (got < NO_CHORD)).sum()) * STEP
            if former not in (None, want):
                first = np.flatnonzero(got == want)
                self.delays += [float(at[first[0]] - STEP / 2 - begin)] if len(first) else []
                self.missed += not len(first)
            former = want

    def key(self, song: Song, said: Sequence[tuple[float, tuple[int, bool]]]) -> None:
        """said: (beat of telling, (tonic, whether minor))."""
        if song.key is not None:
            times = [beat for beat, _ in said]
            held = [bisect_right(times, 4.0 * bars) - 1 for bars in KEY_BARS]
            self.keys.append(tuple(at >= 0 and said[at][1] == song.key for at in held))

    def section(self, said: Sequence[tuple[float, float, int]]) -> None:
        """said: (beat of telling, beat from which it holds, number). How far ahead each was first told; None: never, or
        another one."""
        for place, name in enumerate(SECTIONS):
            begins = 4.0 * SECTION_BARS * place
            rows = [row for row in said if abs(row[1] - begins) < STEP]
            right = bool(rows) and all(row[2] == wire.SECTIONS.index(name) for row in rows)
            self.sections.append(begins - rows[0][0] if right else None)

    def row(self) -> dict[str, Any]:
        """Shares and beats; None of nothing."""
        share = lambda part, of: round(part / of, 4) if of else None  # noqa: E731
        told = [ahead for ahead in self.sections if ahead is not None]
        found: dict[str, Any] = {
            "right": share(self.right, self.beats), "root": share(self.root, self.beats),
            "delay_beats": round(float(np.mean(self.delays)), 3) if self.delays else None,
            "median_delay_beats": float(np.median(self.delays)) if self.delays else None,
            "missed": share(self.missed, self.missed + len(self.delays)), "told": self.told,
        }  # fmt: skip
        for place, bars in enumerate(KEY_BARS):
            found[f"key_after_{bars}_bars"] = share(sum(row[place] for row in self.keys), len(self.keys))
        if self.sections:
            found |= {
                "sections": share(len(told), len(self.sections)),
                "least_ahead_beats": min(told[1:], default=None),
            }
        return found


def bench_following(
    data: Path | None, count: int = SONGS, progress: Callable[[float], object] = lambda share: None
) -> list[dict[str, Any]]:
    """A row a set and a way: right, root: shares of the time at which the chord that was told last, or its root, is the
    song's; delay_beats: from a change until it was told, missed: share of changes that never were; told: changes that it
    told; key_after_N_bars: share of songs whose key it named by then; sections: share that was told rightly, and
    least_ahead_beats. A chart is told ahead, so that its delay is 0. Raises AntiphonError."""
    if data is None or not data.exists():
        return [{"measure": "following", "sentence": "no songs: name a folder with pop909.jsonl.gz by --data"}]
    rows = []
    for number, source in enumerate(SETS):
        chosen = list(songs(data, source, count))
        for place, way in enumerate(WAYS):
            if way == "arrangement" and all(len(song.arrangement) == len(song.melody) for song in chosen):
                continue  # a lead sheet has nothing but its tune
            found = Following()
            for song in chosen:
                _follow(song, way, found)
            rows.append({"measure": "following", "set": source, "heard": way, "songs": len(chosen), **found.row()})
            progress((number + (place + 1) / len(WAYS)) / len(SETS))
    return rows


def _follow(song: Song, way: str, found: Following) -> None:
    whose, notes = WAYS[way]
    options: dict[str, Any] = {"chords": whose}
    if whose == "chart":
        bars = chart(song).strip("| ").split(" | ")
        parts = [bars[at : at + SECTION_BARS] for at in range(0, BARS, SECTION_BARS)]
        options["chart"] = "\n".join(
            f"[{name}]\n| {' | '.join(part)} |" for name, part in zip(SECTIONS, parts, strict=True)
        )
    player = Follower(package=shipped_package(Follower), options=options)
    heard = perform(player, by_hands(notes(song), song.name), END, song.tempo_bpm)
    # what is said as of a beat that has passed holds from when it was said
    chords = [(max(at, one.beat), label_of(_chord(one))) for at, one in heard if one.kind == wire.CHORD]
    found.chords(song, sorted(chords, key=lambda row: row[0]))
    found.key(song, [(at, (one.key, wire.MODES[one.number] == "minor")) for at, one in heard if one.kind == wire.KEY])
    if whose == "chart":
        found.section([(at, one.beat, one.number) for at, one in heard if one.kind == wire.SECTION])


def _chord(said: Planned) -> Chord | None:
    return Chord(said.key, _QUALITIES[said.number], said.bass) if said.key >= 0 else None


def by_hands(notes: Sequence[Note], seed: str) -> list[Note]:
    """Notes as they are played: a little off, a key let go before it is struck again."""
    dice = Random(seed)
    off = [note._replace(beat=max(0.0, note.beat + dice.uniform(-STRAY_BEATS, STRAY_BEATS))) for note in notes]
    again: dict[tuple[int, int], float] = {}
    played: list[Note] = []
    for note in sorted(off, key=lambda note: note.beat, reverse=True):
        until = min(note.end, again.get((note.channel, note.pitch), END) - 0.01)
        again[note.channel, note.pitch] = note.beat
        played.append(note._replace(duration=max(0.02, until - note.beat)))
    return played[::-1]
