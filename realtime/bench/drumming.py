"""`antiphon bench players --measure drums`: does a drummer groove: kick on one, backbeat, kick and bass together; [main].

A scene with a drummer and a bass plays to songs, off stage; beside it what drummers do (Groove MIDI, held-out performances
in 4/4), and how often kick and bass would meet if they did not hear each other (the bass a bar later).
"""

from __future__ import annotations

import gzip
import json
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from realtime.bench.chord_led import BARS, SETS, SONGS, played, songs
from realtime.music.sequence import Note
from realtime.native.errors import AntiphonError

KICKS, SNARES = (35, 36), (37, 38, 39, 40)
TOGETHER_BEATS = 0.125
"""Half a sixteenth: so near each other two strokes are one."""
BAR = 4.0
REAL = "groove_midi"
FEWEST_BARS = 4


@dataclass
class Grooves:
    """Bars, those with a kick on one, those with a snare on two and on four; kicks and bass notes, and those that meet."""

    bars: int = 0
    kick_on_one: int = 0
    backbeat: int = 0
    kicks: int = 0
    with_bass: int = 0
    basses: int = 0
    with_kick: int = 0
    by_chance: int = 0

    def add(self, drums: Sequence[Note], bass: Sequence[Note] = (), first: float = 0.0) -> None:
        """Notes in beats; the bars are those from `first` on in which anything is struck."""
        struck = [note for note in drums if note.beat >= first - TOGETHER_BEATS]
        kicks = sorted(note.beat for note in struck if note.pitch in KICKS)
        snares = sorted(note.beat for note in struck if note.pitch in SNARES)
        for line in sorted({first + (note.beat + TOGETHER_BEATS - first) // BAR * BAR for note in struck}):
            self.bars += 1
            self.kick_on_one += _near(kicks, line)
            self.backbeat += _near(snares, line + 1.0) and _near(snares, line + 3.0)
        if not bass:
            return
        low = sorted({note.beat for note in bass if note.beat >= first - TOGETHER_BEATS})
        shifted = sorted(beat + BAR for beat in low)
        self.kicks += len(kicks)
        self.basses += len(low)
        self.with_bass += sum(_near(low, beat) for beat in kicks)
        self.with_kick += sum(_near(kicks, beat) for beat in low)
        self.by_chance += sum(_near(shifted, beat) for beat in kicks)

    def row(self) -> dict[str, Any]:
        """Shares; None of nothing."""
        share = lambda part, of: round(part / of, 4) if of else None  # noqa: E731
        return {
            "bars": self.bars, "kick_on_one": share(self.kick_on_one, self.bars), "backbeat": share(self.backbeat, self.bars),
            "kicks_with_bass": share(self.with_bass, self.kicks), "a_bar_later": share(self.by_chance, self.kicks),
            "bass_with_kick": share(self.with_kick, self.basses),
        }  # fmt: skip


def _near(beats: Sequence[float], beat: float) -> bool:
    at = bisect_left(beats, beat)
    return any(abs(other - beat) <= TOGETHER_BEATS for other in beats[max(0, at - 1) : at + 1])


def bench_drums(
    data: Path | None, scene: str, count: int = SONGS, progress: Callable[[float], object] = lambda share: None
) -> list[dict[str, Any]]:
    """A row a set of songs, and one of real drummers where the folder has them: shares of bars with a kick on one and with a
    snare on two and four; of kicks with a bass note within half a sixteenth (and with that of a bar later), of bass notes
    with a kick. Raises AntiphonError."""
    if data is None or not data.exists():
        return [{"measure": "drums", "sentence": "no songs: name a folder with pop909.jsonl.gz by --data"}]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number, source in enumerate(SETS):
            chosen, found = list(songs(data, source, count)), Grooves()
            for place, song in enumerate(chosen):
                lanes = played(song, scene, "by hand", Path(folder))
                drums = [note for part in lanes if part.drums for note in part.notes]
                bass = [note for part in lanes if part.name.endswith(" bass") for note in part.notes]
                if not drums:
                    raise AntiphonError(f"scene {scene} plays no drums; name one with a drummer by --scene")
                found.add(drums, bass, min(note.beat for note in drums) // BAR * BAR)
                progress((number + (place + 1) / len(chosen)) / len(SETS))
            rows.append({"measure": "drums", "scene": scene, "set": source, "songs": len(chosen), **found.row()})
    real = Grooves()
    performances = list(drummers(data))
    for notes in performances:
        real.add(notes)
    if performances:
        rows.append({"measure": "drums", "set": REAL, "performances": len(performances), **real.row()})
    return rows


def drummers(data: Path, split: str = "valid") -> Iterable[list[Note]]:
    """Grooves in 4/4, of four bars and more; fills left out. Raises AntiphonError if the file cannot be read."""
    path = data / f"{REAL}.jsonl.gz"
    if not path.exists():
        return
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                piece = json.loads(line)
                if piece["split"] != split or piece["beat_type"] != "beat" or piece["meter"] != "4-4":
                    continue
                ticks = float(piece["tpq"])
                notes = [Note(on / ticks, 0.1, key, 0.8, 9) for t in piece["tracks"] for on, _, key, *_ in t["n"]]
                if notes and np.ptp([note.beat for note in notes]) >= FEWEST_BARS * BAR:
                    yield [note for note in notes if note.beat < BARS * BAR]
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise AntiphonError(f"{path}: cannot be read as drum grooves ({error})") from None
