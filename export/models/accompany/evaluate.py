"""Evaluates the package of `accompany`: exact likelihood through the streaming net, and what it writes beside what the
arrangers wrote; [workshop].

nll_event_nats: nats an event (a note, or the end of a frame), all four parts of a note summed; nll_note_nats: the same sum
over notes alone. Heard live: the melody of the frame itself and the wishes are not told, chords and the next chord are.
accuracy_teacher_forced: share of a note's four parts (place, pitch, length, loudness) whose likeliest class is the true one.
chord_tones_strong: share of the notes that begin on a bar line or the middle of a bar and belong to the chord; *_real: of
the original accompaniment of the same bars.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from export.corpora.known import files_of_sets
from export.corpora.pieces import held_out, load_pieces
from export.measures import generator_metrics
from export.models.accompany import data as corpus
from export.models.accompany.batches import LIVE, Hidden, Windows
from export.models.accompany.data import Song
from export.models.accompany.excerpts import Excerpt, excerpt_of, sheet_excerpt, training_sequence
from export.models.accompany.train import follower
from export.pattern.report import result
from realtime.models.accompany.code import PITCH_CLASSES, TICKS
from realtime.models.accompany.model import BASS_CHANNEL, PIANO_CHANNEL, Accompany
from realtime.models.accompany.writer import reach
from realtime.models.changes.code import metrical_place
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError

TOKENS = 700  # of each piece, for the likelihood
PIECES = {"pop": 20, "lied": 10}
GENERATED = {"pop": 14, "lied": 6}
SHEETS = 4


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """All figures on held-out pieces; `pieces`: at most so many of each style."""
    tell = progress if callable(progress) else (lambda text: None)
    model = Accompany.load(package)
    read = corpus.load(data)
    chords = follower()
    own = held_out(read.pieces)
    songs: dict[str, list[Song]] = {"pop": [], "lied": []}
    for style, most in PIECES.items():
        for piece in [p for p in own if ("lied" in p.source) == (style == "lied")]:
            if len(songs[style]) < min(most, pieces or most) and (s := corpus.song_of(piece, chords)) is not None:
                songs[style].append(s)
    metrics: dict[str, float] = {}
    for style, found in songs.items():
        if found:
            prefix = "" if style == "pop" or not songs["pop"] else f"{style}_"
            metrics |= likelihood(model, found, prefix)
            tell(f"{style}: likelihood of {len(found)} pieces")
    train = [p for p in read.train if p not in own]
    training = [training_sequence(events) for p in train if (events := corpus.accompaniment(p))] or None
    for style, found in songs.items():
        cut = [e for s in found[: GENERATED[style]] if (e := excerpt_of(s)) is not None]
        if cut:
            prefix = "" if style == "pop" or not songs["pop"] else f"{style}_"
            metrics |= generation(model, cut, prefix, training)
            tell(f"{style}: generated for {len(cut)} pieces")
    if data is not None and Path(data).is_dir():
        metrics |= sheets(model, data)
    if not metrics:
        raise AntiphonError(
            f"Data {data}: no held-out piece in it has a melody, chords and a piano part to evaluate on; name a file or "
            "folder with POP909 or Lieder (.jsonl.gz)."
        )
    return result("accompany", data, sum(len(s) for s in songs.values()), True, metrics)


def likelihood(model: Accompany, songs: Sequence[Song], prefix: str, hidden: Hidden = LIVE) -> dict[str, float]:
    """Exact nats and accuracies, token by token through the package."""
    writer = model.writer()
    nats, right, counts = np.zeros(4), np.zeros(4), np.zeros(4)
    started = time.process_time()
    tokens = 0
    for song in songs:
        windows = Windows([song], TOKENS)
        frames, index, note, turn, target = windows.row(0, 0, 0, hidden)
        writer.begin()
        step = writer.step
        for i in range(len(index)):
            step.inputs["frame"][0], step.inputs["note"][0] = frames[index[i]], note[i]
            step.inputs["turn"][...] = turn[i]
            logits = step.run()["offset"][0]
            step.inputs["mask"][: min(step.cursor, writer.ring)] = 0.0
            _count(0, logits, int(target[i, 0]), nats, right, counts)
            if target[i, 0] <= 0:
                continue
            for k, name in enumerate(("pitch", "duration", "velocity"), 1):
                head = writer.heads[name]
                head.inputs[f"h_{name}"][...] = step.outputs["state"]
                chosen = head.inputs["offset_pitch" if k == 1 else f"chosen_{name}"]
                chosen[...] = target[i, 0] if k == 1 else target[i, :k]
                _count(k, head.run()[name][0], int(target[i, k]), nats, right, counts)
        tokens += len(index)
    names = ("place", "pitch", "duration", "velocity")
    figures = {
        "nll_event_nats": float(nats.sum() / counts[0]),
        "nll_note_nats": float(nats.sum() / counts[1]),
        "accuracy_teacher_forced": float(right.sum() / counts.sum()),
        "events": float(counts[0]),
    }
    figures |= {f"nll_{name}_nats": float(nats[k] / counts[k]) for k, name in enumerate(names)}
    figures |= {f"accuracy_{name}": float(right[k] / counts[k]) for k, name in enumerate(names)}
    if not prefix:
        figures["cpu_us_event"] = (time.process_time() - started) / max(1, tokens) * 1e6
    return {prefix + name: value for name, value in figures.items()}


def _count(k: int, logits: np.ndarray, target: int, nats: np.ndarray, right: np.ndarray, counts: np.ndarray) -> None:
    z = logits.astype(np.float64)
    top = z.max()
    nats[k] += top + np.log(np.exp(z - top).sum()) - z[target]
    right[k] += int(z.argmax()) == target
    counts[k] += 1


def generation(
    model: Accompany, cut: Sequence[Excerpt], prefix: str, training: list[NoteSequence] | None
) -> dict[str, float]:
    """What the model writes for the melody and chords of held-out pieces, beside the original of the same bars."""
    made = [
        model.accompany(e.prompt, e.chart, e.bars, 1 + i, style=float(e.style == "lied"), pad=0.0)
        for i, e in enumerate(cut)
    ]
    again = model.accompany(cut[0].prompt, cut[0].chart, cut[0].bars, 1, style=float(cut[0].style == "lied"), pad=0.0)
    real = [e.original for e in cut]
    figures: dict[str, float] = {"same_seed": float(again.notes == made[0].notes)}
    for group, ending in ((made, ""), (real, "_real")):
        figures |= {f"{name}{ending}": value for name, value in textures(list(zip(cut, group, strict=True))).items()}
    general = generator_metrics(made, real, training)
    return {prefix + name: value for name, value in {**figures, **general}.items()}


def textures(pairs: Sequence[tuple[Excerpt, NoteSequence]]) -> dict[str, float]:
    """Chord tones on strong beats (all, piano, bass), empty beats, notes a bar, registers, and how much of the piano two
    hands cannot reach."""
    inside, strong = np.zeros(3), np.zeros(3)
    beats = empty = bars = notes = groups = unreachable = 0
    pitches: dict[int, list[int]] = {PIANO_CHANNEL: [], BASS_CHANNEL: []}
    for e, sequence in pairs:
        own = [n for n in sequence.notes if n.channel in pitches]
        metre = e.prompt.metres[0]
        bars += e.bars
        notes += len(own)
        length = round(e.bars * metre.bar_beats)
        beats += length
        empty += length - len({int(n.beat + 1e-6) for n in own if n.beat < length})
        struck: dict[int, list[int]] = {}
        for n in own:
            pitches[n.channel].append(n.pitch)
            tick = round(n.beat * TICKS)
            if n.channel == PIANO_CHANNEL:
                struck.setdefault(tick, []).append(n.pitch)
            place = (n.beat % metre.bar_beats) if n.beat % metre.bar_beats < metre.bar_beats - 0.02 else 0.0
            at = e.chart.index(tick)
            chord = e.chart.chords[at] if at >= 0 else None
            if chord is None or tick % (TICKS // 2) or metrical_place(metre.numerator, metre.denominator, place) > 1:
                continue
            for k, counted in enumerate((True, n.channel == PIANO_CHANNEL, n.channel == BASS_CHANNEL)):
                strong[k] += counted
                inside[k] += counted and n.pitch % 12 in chord.classes
        for group in struck.values():
            group.sort()
            groups += 1
            unreachable += any(group[i] > reach(group[:i]) for i in range(1, len(group)))
    figures = {"empty_beat_share": empty / max(1, beats), "notes_per_bar": notes / max(1, bars)}
    for name, k in (("", 0), ("_piano", 1), ("_bass", 2)):
        if strong[k]:
            figures[f"chord_tones_strong{name}"] = float(inside[k] / strong[k])
    for channel, name in ((PIANO_CHANNEL, "piano"), (BASS_CHANNEL, "bass")):
        if pitches[channel]:
            figures[f"{name}_mean_pitch"] = float(np.mean(pitches[channel]))
            figures[f"{name}_notes_per_bar"] = len(pitches[channel]) / max(1, bars)
    figures["unreachable_share"] = unreachable / max(1, groups)
    return figures


def sheets(model: Accompany, data: str | Path) -> dict[str, float]:
    """OpenEWLD has no accompaniments: only how well what is written fits its chords."""
    if not files_of_sets(Path(data), ("openewld",)):
        return {}
    pieces = [p for p in held_out(load_pieces(data, only=("openewld",)).pieces) if p.chords]
    cut = [e for p in pieces[: 2 * SHEETS] if (e := sheet_excerpt(p)) is not None][:SHEETS]
    if not cut:
        return {}
    made = [model.accompany(e.prompt, e.chart, e.bars, 1 + i, pad=0.0) for i, e in enumerate(cut)]
    found = textures(list(zip(cut, made, strict=True)))
    return {
        f"openewld_{k}": v
        for k, v in found.items()
        if k.startswith("chord_tones") or k in ("notes_per_bar", "empty_beat_share")
    }


assert PITCH_CLASSES > 0
