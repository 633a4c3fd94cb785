"""`antiphon bench players --measure chords`: does a band led by chords play in them; [main].

Songs of a folder of .jsonl.gz files (pop909, openewld; held-out ones) are played to a scene off stage: the tune on channel
1, and the chords by hand (held on channel 2), followed (nothing but notes), or by chart.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.midifile import write_midi
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError
from realtime.session import render
from realtime.session import scene as scenes
from realtime.session.note_take import NoteTake, Part

SETS = ("pop909", "openewld")
SONGS = 20
BARS = 32
RATE = 48000
GRACE_BEATS = 1.0
"""Within so much of a change the former chord counts too: it is followed within the beat."""
STRONG = 0.05
LOWEST_CHORD = 48
_MELODIES = ("MELODY", "melody", "Melody", "Voice", "voice")


@dataclass
class Song:
    """Beats from its first bar line. chords: (beat, chord or None), in order; arrangement: the notes of all its tracks; key:
    (tonic, whether minor) where the set names one."""

    name: str
    source: str
    melody: list[Note]
    chords: list[tuple[float, Chord | None]]
    metre: Metre
    tempo_bpm: float = 100.0
    arrangement: list[Note] = field(default_factory=list)
    key: tuple[int, bool] | None = None
    starts: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.starts = [beat for beat, _ in self.chords]

    def chord_at(self, beat: float) -> tuple[float, Chord | None, Chord | None]:
        """(beats since it began, the chord, the one before)."""
        at = bisect_right(self.starts, beat + 1e-6) - 1
        if at < 0:
            return 0.0, None, None
        former = self.chords[at - 1][1] if at > 0 else None
        return beat - self.starts[at], self.chords[at][1], former


def songs(data: Path, source: str, count: int = SONGS, split: str = "valid") -> Iterator[Song]:
    """Held-out songs of a set, in 4/4, from their first chord on. Raises AntiphonError if the file cannot be read."""
    path = data / f"{source}.jsonl.gz" if data.is_dir() else data
    found = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                song = _song(json.loads(line), source, split)
                if song is not None:
                    yield song
                    found += 1
                    if found >= count:
                        return
    except (OSError, EOFError, ValueError) as error:
        raise AntiphonError(f"{path}: cannot be read as songs ({error}); give a folder with pop909.jsonl.gz") from None


def _song(piece: dict[str, Any], source: str, split: str) -> Song | None:
    if piece.get("split") != split or not piece.get("chords"):
        return None
    metres = [tuple(row[1:]) for row in piece.get("ts", [])]
    if any(metre not in ((4, 4), (2, 2)) for metre in metres):
        return None
    ticks = float(piece["tpq"])
    named = [t for t in piece["tracks"] if t["name"] in _MELODIES]
    tracks = named or [t for t in piece["tracks"] if not t.get("drum")]
    chords = [(tick / ticks, parse_chord(str(text))) for tick, text in piece["chords"]]
    first = next((beat for beat, chord in chords if chord is not None), None)
    if first is None or not tracks or not tracks[0]["n"]:
        return None
    origin = first - first % 4.0
    end = origin + 4.0 * BARS
    notes = [_notes(track, ticks, origin, end) for track in piece["tracks"] if not track.get("drum")]
    melody = _notes(tracks[0], ticks, origin, end)
    course = [(max(0.0, beat - origin), chord) for beat, chord in chords if beat < end]
    course = [row for k, row in enumerate(course) if k + 1 == len(course) or course[k + 1][0] > row[0]]
    tempo = float(piece.get("bpm") or (piece.get("tempo") or [[0, 100.0]])[0][1])
    whole = sorted((note for track in notes for note in track), key=lambda note: note.beat)
    return Song(
        str(piece["id"]), source, melody, course, Metre(0.0, 4, 4), min(240.0, max(40.0, tempo)), whole, _key(piece)
    )


def _notes(track: dict[str, Any], ticks: float, origin: float, end: float) -> list[Note]:
    return [
        Note(on / ticks - origin, dur / ticks, key, 0.8, 0)
        for on, dur, key, *_ in track["n"]
        if origin <= on / ticks < end and dur > 0
    ]


def _key(piece: dict[str, Any]) -> tuple[int, bool] | None:
    """(tonic, whether minor) by the set's one signature, or as it was found in the recording; None of a song of several."""
    rows = piece.get("key") or piece.get("key_audio") or []
    if len(rows) != 1:
        return None
    _, *named = rows[0]
    if len(named) == 2:
        minor = str(named[1]) == "minor"
        return (7 * int(named[0]) + 9 * minor) % 12, minor
    chord = parse_chord(str(named[0]))
    return (chord.root, chord.quality.startswith("min")) if chord else None


def by_hand(song: Song) -> list[Note]:
    """The chords as a left hand holds them: bass and the other notes close above it, on channel 2."""
    notes = []
    for (beat, chord), end in zip(song.chords, [*song.starts[1:], 4.0 * BARS], strict=True):
        if chord is None or end <= beat:
            continue
        bass = LOWEST_CHORD + (chord.bass - LOWEST_CHORD) % 12
        keys = {bass, *(bass + (c - chord.bass) % 12 for c in chord.classes)}
        notes += [Note(beat, max(0.05, end - beat - 0.02), key, 0.6, 1) for key in sorted(keys)]
    return notes


def chart(song: Song) -> str:
    """The chords as text, a bar between two lines; a change within the bar falls on its beat."""
    bars = []
    for bar in range(BARS):
        beats = [song.chord_at(4.0 * bar + beat)[1] for beat in range(4)]
        words = [str(chord) if chord else "N.C." for chord in beats]
        halves = words[0] == words[1] and words[2] == words[3]
        bars.append(words[0] if len(set(words)) == 1 else " ".join((words[0], words[2]) if halves else words))
    return "| " + " | ".join(bars) + " |"


@dataclass
class Tally:
    """Strong-beat notes of the players' pitched lanes: all, in the chord, and in it or within the beat of its change."""

    strong: int = 0
    inside: int = 0
    within_a_beat: int = 0
    notes: int = 0

    def add(self, song: Song, notes: Sequence[Note]) -> None:
        for note in notes:
            self.notes += 1
            beat = round(note.beat)
            if abs(note.beat - beat) > STRONG or beat % 2:
                continue
            since, chord, former = song.chord_at(float(beat))
            if chord is None:
                continue
            self.strong += 1
            right = note.pitch % 12 in chord.classes
            self.inside += right
            late = since < GRACE_BEATS and former is not None and note.pitch % 12 in former.classes
            self.within_a_beat += right or late

    def row(self) -> dict[str, Any]:
        """Shares; None of no notes."""
        share = lambda n: round(n / self.strong, 4) if self.strong else None  # noqa: E731
        return {
            "notes": self.notes, "strong_notes": self.strong, "in_chord": share(self.inside),
            "in_chord_within_a_beat": share(self.within_a_beat), "limit": 0.95,
        }  # fmt: skip


def bench_chords(
    data: Path | None,
    scene: str,
    count: int = SONGS,
    ways: Sequence[str] = ("by hand", "followed", "chart"),
    progress: Callable[[float], object] = lambda share: None,
) -> list[dict[str, Any]]:
    """A row a set and a way the chords come: in_chord: share of strong-beat notes (1 and 3, pitched lanes) in the chord of
    their beat; in_chord_within_a_beat: or in the one before, within a beat of the change. Rows with a sentence say what is
    not measured. Raises AntiphonError."""
    if data is None or not data.exists():
        return [{"measure": "chords", "sentence": "no songs: name a folder with pop909.jsonl.gz by --data"}]
    chosen = [song for source in SETS for song in songs(data, source, count)]
    rows, done = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for way in ways:
            tallies = {source: Tally() for source in SETS}
            for song in chosen:
                lanes = played(song, scene, way, Path(folder))
                tallies[song.source].add(song, [n for part in lanes if not part.drums for n in part.notes])
                done += 1
                progress(done / (len(ways) * len(chosen)))
            rows += [
                {"measure": "chords", "scene": scene, "chords": way, "set": source,
                 "songs": sum(s.source == source for s in chosen), **tally.row()}
                for source, tally in tallies.items()
            ]  # fmt: skip
    return rows


def played(song: Song, name: str, way: str, folder: Path) -> list[Part]:
    """The lanes of a scene's players, as they play to a song off stage. way: "by hand", "followed" or "chart"."""
    loaded = _led(name, way, song)
    notes = [*song.melody, *(by_hand(song) if way == "by hand" else ())]
    tempo = TempoMap([(0.0, song.tempo_bpm)])
    write_midi(NoteSequence(notes, tempo, [song.metre]), folder / "song.mid")
    music = render.midi_music(folder / "song.mid", RATE)
    takes: list[NoteTake] = []
    seconds = 4.0 * BARS * 60.0 / song.tempo_bpm
    for _ in render.render_pieces(loaded, music, seconds, RATE, players=True, takes=takes):
        pass
    return takes[0].of_players


def _led(name: str, way: str, song: Song) -> scenes.Scene:
    loaded = scenes.load(name)
    if way == "by hand":
        return loaded
    head = f'chart = """{chart(song)}"""\n' if way == "chart" else ""
    text = loaded.text.replace('"channel 2"', '"chart"' if way == "chart" else '"all"')
    return scenes.parse(head + text, loaded.name, loaded.path and loaded.path.parent)
