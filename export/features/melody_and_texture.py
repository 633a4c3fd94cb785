"""Melody and texture of notes: the top line's range, steps and contour; how many voices sound and how they move;
[workshop] (Huron, The Melodic Arch 1996; Müllensiefen 2009; McKay 2010)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from export.features.feature import Feature, by_name, number
from realtime.music.sequence import Note, NoteSequence

CONTOURS = (
    *("convex", "concave", "ascending", "descending", "horizontal"),
    *("horizontal-ascending", "horizontal-descending", "ascending-horizontal", "descending-horizontal"),
)
# by how the middle lies to the first, and the last to the middle
_BY_SIGNS = {
    (1, -1): "convex",
    (-1, 1): "concave",
    (1, 1): "ascending",
    (-1, -1): "descending",
    (0, 0): "horizontal",
    (0, 1): "horizontal-ascending",
    (0, -1): "horizontal-descending",
    (1, 0): "ascending-horizontal",
    (-1, 0): "descending-horizontal",
}
LARGEST_INTERVAL = 12
PHRASE_REST_BEATS, PHRASE_LONGEST_BEATS = 1.0, 16.0


def top_line(sequence: NoteSequence) -> list[Note]:
    """The highest note of each onset, but for those that begin under a sounding higher note (the skyline of
    Uitdenbogerd and Zobel 1999); of the melody's channel where one plays single notes and has much of the skyline,
    else of all but the drums."""
    pitched = [n for n in sequence.notes if n.channel != 9]
    line = _skyline(pitched)
    best, best_pitch = None, -1.0
    for channel in {n.channel for n in pitched}:
        own = [n for n in pitched if n.channel == channel]
        alone = _skyline(own)
        on_top = sum(n.channel == channel for n in line)
        if len(alone) >= 0.8 * len(own) and on_top >= 0.3 * len(line):
            mean = sum(n.pitch for n in own) / len(own)
            if mean > best_pitch:
                best, best_pitch = alone, mean
    return best if best is not None else line


def _skyline(notes: Sequence[Note]) -> list[Note]:
    line: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.beat, -n.pitch)):
        if line and note.beat - line[-1].beat <= 1 / 48:
            continue
        if line and note.beat < line[-1].end - 1 / 24 and note.pitch < line[-1].pitch:
            continue
        line.append(note)
    return line


def huron_contour(pitches: Sequence[float], tolerance: float = 0.2) -> str:
    """Huron's class of a phrase: its first note, the mean of all between, and its last compared (within `tolerance`
    semitones they count as level); a phrase of fewer than three notes by its ends alone."""
    if len(pitches) < 2:
        return "horizontal"
    middle = float(np.mean(pitches[1:-1])) if len(pitches) > 2 else (pitches[0] + pitches[-1]) / 2
    rise, fall = middle - pitches[0], pitches[-1] - middle

    def sign(step: float) -> int:
        return 0 if abs(step) <= tolerance else 1 if step > 0 else -1

    return _BY_SIGNS[sign(rise), sign(fall)]


def phrases(line: Sequence[Note]) -> list[list[Note]]:
    """A line cut at rests of a beat and more, and every 16 beats where there are none."""
    found: list[list[Note]] = []
    for note in line:
        fresh = (
            not found
            or note.beat - found[-1][-1].end >= PHRASE_REST_BEATS
            or note.beat - found[-1][0].beat >= PHRASE_LONGEST_BEATS
        )
        if fresh:
            found.append([])
        found[-1].append(note)
    return found


def melody(sequence: NoteSequence) -> dict[str, Feature]:
    """Of the top line: range, lowest, highest and mean pitch, tessitura (the middle 80 % of the time, its width),
    shares of repeats, steps (1-2 semitones) and leaps (over 4), rising share, turns, mean interval, histogram of
    interval sizes 0..12, entropy of signed intervals, shares of Huron's contours among its phrases."""
    line = top_line(sequence)
    if not line:
        return {}
    pitches = np.array([n.pitch for n in line])
    durations = np.array([max(n.duration, 1e-3) for n in line])
    order = np.argsort(pitches, kind="stable")
    passed = np.cumsum(durations[order]) / durations.sum()
    low, high = (int(pitches[order][np.searchsorted(passed, q)]) for q in (0.1, 0.9))
    cut = phrases(line)
    contours = [huron_contour([n.pitch for n in p]) for p in cut if len(p) > 2]
    features = [
        number("melody_notes", len(line), "notes"),
        number("melody_range", float(np.ptp(pitches)), "semitones"),
        number("melody_lowest", float(pitches.min()), "MIDI"),
        number("melody_highest", float(pitches.max()), "MIDI"),
        number("melody_mean_pitch", float(np.average(pitches, weights=durations)), "MIDI"),
        number("tessitura_low", low, "MIDI"),
        number("tessitura_high", high, "MIDI"),
        number("tessitura_width", high - low, "semitones"),
        number("phrase_length", float(np.mean([p[-1].end - p[0].beat for p in cut])), "beats"),
        *_intervals(np.diff(pitches)),
    ]
    if contours:
        share = np.array([contours.count(c) / len(contours) for c in CONTOURS])
        features.append(Feature("contour", share, "share", rows=CONTOURS))
    return by_name(features)


def _intervals(steps: np.ndarray) -> list[Feature]:
    if not len(steps):
        return []
    sizes = np.abs(steps)
    moves = np.sign(steps[steps != 0])
    share = np.bincount(np.minimum(sizes, LARGEST_INTERVAL), minlength=LARGEST_INTERVAL + 1) / len(sizes)
    _, counts = np.unique(np.clip(steps, -LARGEST_INTERVAL, LARGEST_INTERVAL), return_counts=True)
    chance = counts / counts.sum()
    turns = float(np.mean(moves[1:] != moves[:-1])) if len(moves) > 1 else None
    names = (*(str(i) for i in range(LARGEST_INTERVAL)), "12+")
    return [
        number("repeat_share", float(np.mean(sizes == 0)), "share"),
        number("step_share", float(np.mean((sizes == 1) | (sizes == 2))), "share"),
        number("leap_share", float(np.mean(sizes > 4)), "share"),
        number("rising_share", float(np.mean(moves > 0)) if len(moves) else None, "share"),
        number("turn_share", turns, "share"),
        number("interval_mean", float(sizes.mean()), "semitones"),
        number("interval_entropy", float(abs(-(chance * np.log2(chance)).sum())), "bits"),
        Feature("interval_share", share, "share", rows=names),
    ]


def texture(sequence: NoteSequence) -> dict[str, Feature]:
    """Drums left out but for drum_share: polyphony (mean number of notes while any sounds, and most), shares of the
    time with no note, one and three or more, chord_onset_share (onsets of two notes and more), voices (channels in
    use), register_spread (between lowest and highest sounding note), parallel, similar, contrary and oblique motion
    of the outer voices from onset to onset."""
    if not sequence.notes:
        return {}
    notes = [n for n in sequence.notes if n.channel != 9]
    drums = number("drum_share", 1.0 - len(notes) / len(sequence.notes), "share")
    voices = number("voices", len({n.channel for n in sequence.notes}), "channels")
    if not notes:
        return by_name([drums, voices])
    edges = np.unique(np.concatenate([[n.beat for n in notes], [n.beat + max(n.duration, 1e-3) for n in notes]]))
    changes = np.zeros(len(edges))
    for note in notes:
        changes[np.searchsorted(edges, note.beat)] += 1
        changes[np.searchsorted(edges, note.beat + max(note.duration, 1e-3))] -= 1
    sounding = np.cumsum(changes)[:-1]
    spans = np.diff(edges)
    total = spans.sum()
    heard = sounding > 0
    starts = [len(list(g)) for _, g in itertools.groupby(sorted(round(n.beat * 48) for n in notes))]
    features = [
        number("polyphony_mean", float((sounding * spans)[heard].sum() / spans[heard].sum()), "notes"),
        number("polyphony_most", float(sounding.max()), "notes"),
        number("silence_share", float(spans[~heard].sum() / total), "share"),
        number("one_note_share", float(spans[sounding == 1].sum() / total), "share"),
        number("chord_share", float(spans[sounding >= 3].sum() / total), "share"),
        number("chord_onset_share", float(np.mean([s > 1 for s in starts])), "share"),
        voices,
        drums,
        *_outer_voices(notes),
    ]
    return by_name(features)


MOTIONS = ("parallel", "similar", "contrary", "oblique")


def _outer_voices(notes: list[Note]) -> list[Feature]:
    pairs = []
    in_order = sorted(notes)
    sounding: list[Note] = []
    begun = 0
    for beat in sorted({round(n.beat * 48) / 48 for n in notes}):
        while begun < len(in_order) and in_order[begun].beat - 1 / 48 <= beat:
            sounding.append(in_order[begun])
            begun += 1
        sounding = [n for n in sounding if beat < n.beat + max(n.duration, 1e-3) - 1 / 48]
        pitches = [n.pitch for n in sounding]
        if len(pitches) > 1:
            pairs.append((min(pitches), max(pitches)))
    if not pairs:
        return []
    spread = number("register_spread", float(np.mean([high - low for low, high in pairs])), "semitones")
    counts = dict.fromkeys(MOTIONS, 0)
    for (low, high), (next_low, next_high) in itertools.pairwise(pairs):
        below, above = next_low - low, next_high - high
        if below == 0 and above == 0:
            continue
        if below == 0 or above == 0:
            counts["oblique"] += 1
        elif below * above < 0:
            counts["contrary"] += 1
        else:
            counts["parallel" if below == above else "similar"] += 1
    total = sum(counts.values())
    if not total:
        return [spread]
    return [spread, Feature("outer_motion", np.array([counts[m] / total for m in MOTIONS]), "share", rows=MOTIONS)]
