"""Measures `roll` through its package: MuseGAN's figures against the training row, chords obeyed, likeness to real songs,
copied runs; [workshop]."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from export.corpora.pieces import Piece, held_out, load_pieces
from export.measures import generator_metrics
from export.models.roll.data import drum_bank, song_bank, song_bars
from export.models.roll.figures import bars_to_beat, distances, figures
from export.models.roll.takes import bare_rolls, songs_differ, takes_differ
from export.pattern.report import result
from realtime.models.roll.code import BARS, LANES, PITCHES, STEPS, TRACKS, drum_notes, notes_of_roll
from realtime.models.roll.model import VELOCITIES, Roll
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError

PHRASES = 600  # 2,400 bars
EXCERPT_BARS, EXCERPTS = 16, 48


def sequence_of(songs: np.ndarray, drums: np.ndarray | None = None) -> NoteSequence:
    """Bars (n, 4, 48, 84), and drums (n, 48, 9), as notes."""
    whole = songs.transpose(1, 0, 2, 3).reshape(len(TRACKS), -1, PITCHES)
    notes = [n for k in range(len(TRACKS)) for n in notes_of_roll(whole[k], k, VELOCITIES[k])]
    if drums is not None:
        notes += drum_notes(drums.reshape(-1, len(LANES)), VELOCITIES[-1])
    return NoteSequence(notes)


def chord_tone_share(songs: np.ndarray, chords: np.ndarray) -> dict[str, float]:
    """By track, the share of sounding time on tones of the chord; bars (n, 4, 48, 84), chords (n, 2, 36)."""
    template = np.repeat(chords[..., 12:24] > 0, STEPS // 2, axis=1)  # (n, 48, 12)
    known = template.any(-1)
    shares = {}
    for k, track in enumerate(TRACKS):
        classes = songs[:, k].reshape(*songs.shape[:1], STEPS, -1, 12).sum(2)[known]
        shares[track] = float((classes * template[known]).sum() / max(1, classes.sum()))
    return shares


def reference_rows(pieces: list[Piece], phrases: int = 2000, seed: int = 0) -> dict[str, float]:
    """MuseGAN's figures of real phrases, drawn at random; of a package's training row when the pieces are those."""
    songs = song_bank([p for p in pieces if any(not t.drum for t in p.tracks)])
    if songs is None:
        raise AntiphonError("roll: no song in 4/4 with tracks MELODY and PIANO and with chords among the pieces.")
    drums = drum_bank([p for p in pieces if any(t.drum for t in p.tracks)])
    phrases = min(phrases, 4 * len(songs[0].starts))
    rng = np.random.default_rng(seed)
    bars = songs[0].phrases(rng.integers(len(songs[0].starts), size=phrases)).reshape(-1, len(TRACKS), STEPS, PITCHES)
    if drums is None:
        return figures(bars, None)
    hits = drums.phrases(rng.integers(len(drums.starts), size=phrases)).reshape(-1, STEPS, len(LANES))
    return figures(bars, hits)


SongBars = tuple[np.ndarray, np.ndarray, np.ndarray]  # a song's rolls, chords and bars where a phrase may start


class Phrases(NamedTuple):
    """Phrases written on the chords of real songs, bar by bar: the package's rolls and drums, those of the net without
    what mends it, the chords, the songs' own rolls; codes: the chords phrase by phrase."""

    songs: np.ndarray
    drums: np.ndarray
    alone: tuple[np.ndarray, np.ndarray]
    chords: np.ndarray
    real: np.ndarray
    codes: list[np.ndarray]


def write_phrases(model: Roll, found: list[SongBars], count: int) -> Phrases:
    """Phrases at random places, the songs in turn."""
    rng = np.random.default_rng(11)
    made, hits, codes, real, alone = [], [], [], [], []
    for k in range(count):
        rolls, chords, starts = found[k % len(found)]
        at = int(rng.choice(starts))
        songs, drums = model.rolls(chords[at : at + BARS], seed=1000 + k)
        made.append(songs)
        alone.append(bare_rolls(model, chords[at : at + BARS], 1000 + k))
        hits.append(drums)
        codes.append(chords[at : at + BARS])
        real.append(rolls[at : at + BARS])
    bare, bare_drums = (np.concatenate(part) for part in zip(*alone, strict=True))
    return Phrases(
        songs=np.concatenate(made),
        drums=np.concatenate(hits),
        alone=(bare, bare_drums),
        chords=np.concatenate(codes),
        real=np.concatenate(real),
        codes=codes,
    )


def phrase_figures(phrases: Phrases, reference: dict[str, float]) -> dict[str, float]:
    """MuseGAN's figures of the package and of the net alone, against the training row, and of the songs' own phrases."""
    metrics = {"bars_generated": float(len(phrases.songs))}
    metrics |= _compared(figures(phrases.songs, phrases.drums), reference)
    net = figures(*phrases.alone)
    metrics |= {f"net_alone_{k}": v for k, v in net.items()}
    metrics["net_alone_figures_met_share"] = float(np.mean([v < 1.0 for v in distances(net, reference).values()]))
    return metrics | {f"{k}_held_out": v for k, v in figures(phrases.real, None).items()}


def variety(model: Roll, phrases: Phrases, found: list[SongBars]) -> dict[str, float]:
    """How far two takes on the same chords differ, and two songs."""
    metrics: dict[str, float] = {}
    for name, rolls_of in (("", model.rolls), ("net_alone_", partial(bare_rolls, model))):
        metrics |= {f"{name}takes_differ_{t}": v for t, v in takes_differ(rolls_of, phrases.codes).items()}
    return metrics | {f"takes_differ_{t}_real": v for t, v in songs_differ(found).items()}


def obedience(phrases: Phrases) -> dict[str, float]:
    """Chord tones by track, beside the songs' own."""
    rows = {"": phrases.songs, "_real": phrases.real}
    return {
        f"chord_tones_{track}{ending}": share
        for ending, songs in rows.items()
        for track, share in chord_tone_share(songs, phrases.chords).items()
    }


def likeness(
    model: Roll, found: list[SongBars], training: list[Piece], tell: Callable[[str], None]
) -> dict[str, float]:
    """The measures of all generators: excerpts of 16 bars beside the songs', and runs copied from the training."""
    excerpts, originals = [], []
    for k, (rolls, chords, starts) in enumerate(found[:EXCERPTS]):
        begin = int(starts[len(starts) // 3])
        length = min(EXCERPT_BARS, len(chords) - begin)
        excerpts.append(sequence_of(*model.rolls(chords[begin : begin + length], seed=k)))
        originals.append(sequence_of(rolls[begin : begin + length]))
    pitched_only = [NoteSequence([n for n in s.notes if n.channel != 9]) for s in excerpts]
    train_songs = [sequence_of(s[0]) for s in map(song_bars, training) if s is not None] if training else None
    tell("likeness and copied runs")
    return generator_metrics(pitched_only, originals, train_songs)


def keeps_its_seed(model: Roll, chords: np.ndarray) -> bool:
    """The same seed and chords give the same notes."""
    first, again = (sequence_of(*model.rolls(chords, seed=5)).notes for _ in range(2))
    return first == again


def evaluate(
    package: Path | str | None = None,
    data: Path | str | None = None,
    pieces: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Generated on the chords of held-out songs. eb, upc, qn, dp, td are the generated music's (means over tracks, and by
    track); *_train the training row's; *_distance their difference, *_bar MuseGAN hybrid's distance from its own row.

    pieces: at most so many songs. Raises AntiphonError without songs.
    """
    tell = progress or (lambda _: None)
    if data is None:
        raise AntiphonError(
            "roll is measured on songs with chords, which music21 lacks; name pop909.jsonl.gz with --data."
        )
    model = Roll.load(package)
    everything = load_pieces(data, only=("pop909", "groove_midi")).pieces
    pitched = [p for p in everything if any(not t.drum for t in p.tracks)]
    found = [s for s in map(song_bars, held_out(pitched)[:pieces]) if s is not None and len(s[2])]
    if not found:
        raise AntiphonError(f"Data {data}: no song in 4/4 with tracks MELODY and PIANO and with chords.")
    reference = {k: float(v) for k, v in model.package.extra["training_row"].items()}
    tell("phrases on held-out chords")
    phrases = write_phrases(model, found, PHRASES if pieces is None else min(PHRASES, 12 * len(found)))
    metrics = phrase_figures(phrases, reference) | variety(model, phrases, found) | obedience(phrases)
    tell("excerpts of 16 bars")
    metrics |= likeness(model, found, [p for p in pitched if p.split == "train"], tell)
    metrics["same_seed_same_notes"] = float(keeps_its_seed(model, found[0][1][:8]))
    return result("roll", data, len(found), exact=True, metrics=metrics)


def _compared(values: dict[str, float], reference: dict[str, float]) -> dict[str, float]:
    """Generated figures, training row, distances and the bars to beat, by track and as means."""
    bars, apart = bars_to_beat(), distances(values, reference)
    metrics: dict[str, float] = {}
    for name in reference:
        if name in bars:
            metrics[name] = values.get(name, 0.0)
            metrics[f"{name}_train"] = reference[name]
            metrics[f"{name}_distance"] = apart[name] * bars[name]
            metrics[f"{name}_bar"] = bars[name]
    for short in ("eb", "upc", "qn", "td"):
        names = [n for n in reference if n.startswith(short + "_")]
        metrics[short] = float(np.mean([values.get(n, 0.0) for n in names]))
        metrics[f"{short}_train"] = float(np.mean([reference[n] for n in names]))
    metrics["figures_met_share"] = float(np.mean([v < 1.0 for v in apart.values()]))
    metrics["worst_distance_in_bars"] = max(apart.values())
    return metrics
