"""What is in a corpus: pieces, notes, lengths, pitches, keys, metres, tempo, density, chords; as numbers and as one
picture a corpus; [workshop]."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from export.corpora.piece import Piece
from export.corpora.pieces import load_pieces
from export.measures.mgeval import LENGTHS
from export.measures.picture import COLOURS, FAINT, INK, new_figure, save_small
from export.measures.roll import drum_row
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import find_key
from realtime.native.errors import AntiphonError

LENGTH_NAMES = ("1", "1/2", "1/4", "1/8", "1/16", "1/2.", "1/4.", "1/8.", "1/16.", "1/2t", "1/4t", "1/8t")
KEY_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
DEFAULT_BPM = 120.0


def chord_symbols(piece: Piece) -> list[str]:
    """Symbols of a piece, in order: its chords, else those of a chord chart (bars of symbols, or lines such as
    "| A:min | C:maj |")."""
    if piece.chords:
        return [symbol for _, symbol in piece.chords]
    bars = piece.extra.get("bars")
    if isinstance(bars, list) and bars and isinstance(bars[0], list):
        return [str(s) for bar in bars for s in bar if s != "/"]
    lines = piece.extra.get("lines")
    if isinstance(lines, list):
        cells = [c for line in lines if len(line) > 1 for c in re.findall(r"(?<=\|)[^|]+(?=\|)", str(line[1]))]
        return [s for cell in cells for s in cell.split() if s not in (".", "*", "&pause")]
    return []


def key_name(piece: Piece) -> str:
    """The key as printed, else the one heard in its notes; "" of neither."""
    tonic, mode = piece.key
    notes = piece.notes()
    if piece.tracks and not len(notes):
        return ""  # what a drum file says of its key means nothing
    if tonic is None:
        if not len(notes):
            return ""
        found = find_key(notes[:, 2].astype(int).tolist(), np.maximum(notes[:, 1], 1e-3).tolist())
        tonic, mode = found.tonic, found.mode
    return KEY_NAMES[tonic] + ("m" if mode == "minor" else "")


def _quartiles(values: Iterable[float]) -> list[float]:
    known = [v for v in values if np.isfinite(v)]
    return [round(float(q), 3) for q in np.quantile(known, (0, 0.25, 0.5, 0.75, 1))] if known else []


def _seconds(piece: Piece) -> float:
    steps = [(b, t) for b, t in piece.tempo if t > 0] or [(0.0, DEFAULT_BPM)]
    ends = [b for b, _ in steps[1:]] + [max(piece.length_beats, steps[-1][0])]
    return sum((end - max(0.0, begin)) * 60 / bpm for (begin, bpm), end in zip(steps, ends, strict=True))


def statistics(pieces: Sequence[Piece]) -> dict:
    """Numbers of one corpus, JSON-able. Lists of five are minimum, quartiles and maximum over pieces; histograms are
    counts: `pitches` by MIDI pitch, `lengths` by LENGTH_NAMES (t: triplet)."""
    pitched = [n for p in pieces if len(n := p.notes())]
    drums = [n for p in pieces if len(n := p.notes(drums=True))]
    notes = np.concatenate(pitched) if pitched else np.zeros((0, 4))
    played = notes if len(notes) else np.concatenate(drums) if drums else notes
    nearest = np.abs(np.log(np.maximum(notes[:, 1], 1e-3))[:, None] - np.log(LENGTHS)).argmin(1) if len(notes) else []
    symbols = [s for p in pieces for s in chord_symbols(p)]
    return {
        "pieces": len(pieces),
        "splits": dict(sorted(Counter(p.split for p in pieces).items())),
        "notes": len(notes),
        "drum_notes": sum(len(n) for n in drums),
        "tracks_a_piece": _quartiles(float(len(p.tracks)) for p in pieces),
        "hours": round(sum(_seconds(p) for p in pieces) / 3600, 2),
        "beats_a_piece": _quartiles(p.length_beats for p in pieces if p.tracks),
        "notes_a_beat": _quartiles(
            (len(p.notes()) + len(p.notes(drums=True))) / p.length_beats for p in pieces if p.length_beats > 0
        ),
        "voices_at_once": _quartiles(
            float(p.notes()[:, 1].sum()) / p.length_beats for p in pieces if len(p.notes()) and p.length_beats > 0
        ),
        "velocity": _quartiles(played[:, 3]),
        "tempo_bpm": _quartiles(p.tempo[0][1] for p in pieces if p.tempo),
        "pitches": {int(k): v for k, v in sorted(Counter(notes[:, 2].astype(int).tolist()).items())},
        "drums": dict(Counter(drum_row(int(k)) for n in drums for k in n[:, 2].tolist()).most_common()),
        "lengths": {LENGTH_NAMES[int(k)]: v for k, v in sorted(Counter(np.asarray(nearest).tolist()).items())},
        "keys": dict(Counter(k for p in pieces if (k := key_name(p))).most_common()),
        "keys_printed": sum(p.key[0] is not None for p in pieces),
        "metres": dict(Counter(f"{p.metres[0][1]}/{p.metres[0][2]}" for p in pieces if p.metres).most_common()),
        "chords": len(symbols),
        "chord_qualities": dict(_qualities(symbols).most_common()),
        "words": sum(len(p.words) for p in pieces),
        "licences": dict(Counter(p.licence for p in pieces).most_common(5)),
    }


def _qualities(symbols: Iterable[str]) -> Counter:
    """Chord symbols by quality; those that cannot be read as "unknown"."""
    by_symbol = Counter(symbols)
    out: Counter = Counter()
    for symbol, count in by_symbol.items():
        try:
            chord = parse_chord(symbol)
        except AntiphonError:
            out["unknown"] += count
            continue
        out["N" if chord is None else chord.quality] += count
    return out


def survey(data: str | Path | None = None, out: str | Path | None = None) -> dict:
    """{"data", "pieces", "notes", "damaged": [places], "mended": {what: count}, "corpora": {name: statistics}}.

    data: as for load_pieces; out: a folder for corpora.json and one picture a corpus. Raises AntiphonError.
    """
    loaded = load_pieces(data)
    groups: dict[str, list[Piece]] = {}
    for piece in loaded.pieces:
        groups.setdefault(piece.source or "pieces", []).append(piece)
    found = {name: statistics(group) for name, group in groups.items()}
    result = {
        "data": str(data or "music21"),
        "pieces": len(loaded.pieces),
        "notes": sum(s["notes"] + s["drum_notes"] for s in found.values()),
        "damaged": loaded.damaged,
        "mended": loaded.mended,
        "corpora": found,
    }
    if out is not None:
        folder = Path(out)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "corpora.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
        except OSError as error:
            raise AntiphonError(f"Folder {folder}: cannot be written ({error.strerror}); choose another.") from error
        for name, group in found.items():
            picture(name, group, folder / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)}.png")
    return result


def picture(name: str, stats: dict, path: str | Path) -> None:
    """One PNG: pitches, note lengths, keys, metres, chord qualities and the figures in words; what a corpus has not is
    left out."""
    panels = [
        (title, values)
        for title, values in (
            ("pitch", {str(k): v for k, v in stats["pitches"].items()}),
            ("note length", stats["lengths"]),
            ("key", _key_order(stats["keys"])),
            ("drum", stats["drums"]),
            ("metre", _top(stats["metres"], 10)),
            ("chord", _top(stats["chord_qualities"], 12)),
        )
        if values
    ]
    height = 0.75 + 2.4 * (len(panels) // 3 + 1)
    figure = new_figure(12.0, height)
    figure.text(0.012, 1 - 0.15 / height, name, fontsize=12, weight="bold", color=INK, va="top")
    for i, (title, values) in enumerate(panels):
        row, column = divmod(i, 3)
        bottom = 1 - (0.7 + 1.65 + 2.4 * row) / height
        _bars(figure.add_axes((0.05 + column * 0.325, bottom, 0.28, 1.65 / height)), title, values)
    row, column = divmod(len(panels), 3)
    place = (0.05 + column * 0.325, 1 - (0.55 + 2.4 * row) / height)
    figure.text(*place, _words(stats), fontsize=9, color=INK, va="top", linespacing=1.6)
    save_small(figure, path)


def _top(values: dict, count: int) -> dict:
    return dict(sorted(values.items(), key=lambda kv: -kv[1])[:count])


def _key_order(keys: dict[str, int]) -> dict[str, int]:
    """Around the circle of fifths from six flats on, majors before minors."""
    circle = [KEY_NAMES[(6 + 7 * i) % 12] for i in range(12)]
    return {k: keys.get(k, 0) for k in [*circle, *(c + "m" for c in circle)]} if keys else {}


def _bars(axes, title: str, values: dict) -> None:
    total = max(1, sum(values.values()))
    if title == "pitch":
        pitches = [int(k) for k in values]
        axes.bar(pitches, [100 * v / total for v in values.values()], width=1.0, color=COLOURS[0])
        octaves = range(min(pitches) // 12 * 12, max(pitches) + 13, 12)
        axes.set_xticks(list(octaves), [f"C{p // 12 - 1}" for p in octaves])
    else:
        colours = [COLOURS[1] if title == "key" and k.endswith("m") else COLOURS[0] for k in values]
        axes.bar(range(len(values)), [100 * v / total for v in values.values()], width=0.75, color=colours)
        axes.set_xticks(range(len(values)), list(values), rotation=60 if len(values) > 6 else 0)
    axes.set_title(f"{title}, % of {total:,}", fontsize=9, color=INK, loc="left")
    axes.tick_params(length=0, labelsize=7.5, colors=INK)
    axes.yaxis.grid(True, color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _words(stats: dict) -> str:
    splits = ", ".join(f"{n:,} {name}" for name, n in stats["splits"].items())
    lines = [f"{stats['pieces']:,} pieces ({splits})"]
    if stats["notes"] or stats["drum_notes"]:
        lines.append(f"{stats['notes']:,} notes, {stats['drum_notes']:,} drum hits, {stats['hours']:g} h")
    for label, key in (
        ("beats a piece", "beats_a_piece"),
        ("notes a beat", "notes_a_beat"),
        ("voices at once", "voices_at_once"),
        ("tempo", "tempo_bpm"),
        ("velocity", "velocity"),
    ):
        if stats[key]:
            low, middle, high = stats[key][1:4]
            lines.append(f"{label}: {middle:.3g} (half of them {low:.3g} to {high:.3g})")
    return "\n".join(lines)
