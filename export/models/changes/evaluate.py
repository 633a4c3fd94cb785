"""Evaluates the package of `changes`: chord following by three methods side by side, from all notes, a melody alone, and
audio; [workshop].

Names of figures: <source>_<method>_<evidence>_lag<beats>_<figure>. A lag is the time that is waited after a frame (half a
beat) before its chord is named; `whole`: with the whole piece in view. The plain names accuracy_root ... delay_beats are
those of the hidden Markov model on all notes, lag 1 beat (on melodies where the data has nothing else).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from export.corpora.pieces import Piece, held_out
from export.models.changes import data as corpus
from export.models.changes.audio import audio_chroma
from export.models.changes.crf import STYLE_OF, chain, is_compound
from export.models.changes.data import Example
from export.models.changes.score import Score, reference
from export.pattern.report import result
from realtime.models.changes.code import FRAME_BEATS, NO_CHORD, key_index
from realtime.models.changes.crf import ChordField, beat_units, unit_features
from realtime.models.changes.model import Changes
from realtime.models.changes.recurrent import LAGS
from realtime.music.keyfinding import MODES, rank_keys
from realtime.native.errors import AntiphonError

SHORT = {"folk_nottingham": "nottingham", "pop909": "pop909", "openewld": "openewld"}
AUDIO_PIECES = 10  # of a source with accompaniment
LIVE_PIECES = 6


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """All figures on the held-out pieces with chords; `pieces`: at most so many of each source."""
    model = Changes.load(package)
    tell = progress if callable(progress) else (lambda text: None)
    chosen: list[Piece] = []
    own = held_out(corpus.load(data).pieces)
    for source in sorted({p.source for p in own}):
        chosen += [p for p in own if p.source == source and p.chords][:pieces]
    found = corpus.examples(chosen)
    if not found:
        raise AntiphonError(
            f"Data {data or 'music21'}: no held-out piece in it has chord symbols; name more with --data."
        )
    metrics: dict[str, float] = {}
    for source in sorted({e.source for e in found}):
        name = SHORT.get(source, source)
        part = [e for e in found if e.source == source]
        tell(f"{name}: {len(part)} pieces")
        metrics[f"{name}_pieces"] = len(part)
        metrics |= _following(model, part, name, tell)
        metrics |= _harmonising(model, part, name)
        metrics |= _baselines(part, name)
        if not part[0].melody_only:
            metrics |= _audio(model, [p for p in chosen if p.source == source], name, pieces, tell)
            metrics |= _live(model, [p for p in chosen if p.source == source], name)
    headline = Score()
    keys = [0, 0]
    for e in found:
        kind = "melody" if e.melody_only else "notes"
        sounding, _, bass = e.melody if e.melody_only else e.notes
        labels, heard = model.filter(kind).follow(sounding, bass, e.places, (2,))
        headline.add(e, labels[0], 2)
        if e.key >= 0:
            keys[0] += int(np.bincount(heard[len(heard) // 3 :]).argmax() == e.key)
            keys[1] += 1
    metrics = {**headline.metrics(), "accuracy_key": keys[0] / max(1, keys[1]), **metrics}
    return result("changes", data, len(found), True, metrics)


def _following(model: Changes, part: Sequence[Example], name: str, tell) -> dict[str, float]:
    """The filter at all lags and with the whole piece, and the net, from all notes and from the melody."""
    metrics: dict[str, float] = {}
    for kind in ("notes", "melody"):
        if kind == "notes" and part[0].melody_only:
            continue
        scores = {f"hmm_{kind}_lag{lag * FRAME_BEATS:g}": Score() for lag in LAGS}
        scores |= {f"net_{kind}_lag{lag * FRAME_BEATS:g}": Score() for lag in LAGS}
        whole = scores[f"hmm_{kind}_whole"] = Score()
        chords, net = model.filter(kind), model.net(kind == "melody")
        keys = np.zeros(3)
        for e in part:
            sounding, onsets, bass = e.notes if kind == "notes" else e.melody
            by_hmm, hmm_keys = chords.follow(sounding, bass, e.places, LAGS)
            by_net, net_keys = net.follow(sounding, onsets, bass, e.places)
            for i, lag in enumerate(LAGS):
                scores[f"hmm_{kind}_lag{lag * FRAME_BEATS:g}"].add(e, by_hmm[i], lag)
                scores[f"net_{kind}_lag{lag * FRAME_BEATS:g}"].add(e, by_net[i], lag)
            labels, _ = chords.smooth(sounding, bass, e.places)
            whole.add(e, labels)
            whole.delays, whole.missed = [], 0  # with the piece in view there is no delay
            if e.key >= 0:
                third = len(hmm_keys) // 3
                said = [int(np.bincount(k[third:]).argmax()) == e.key for k in (hmm_keys, net_keys)]
                keys += (*said, 1)
        for method, score in scores.items():
            metrics |= score.metrics(f"{name}_{method}_")
        if keys[2]:
            metrics[f"{name}_hmm_{kind}_accuracy_key"] = keys[0] / keys[2]
            metrics[f"{name}_net_{kind}_accuracy_key"] = keys[1] / keys[2]
        tell(f"{name} {kind}: done")
    return metrics


def _harmonising(model: Changes, part: Sequence[Example], name: str) -> dict[str, float]:
    """The conditional random fields: chords for the melody (and for all notes), key found in the notes or given; and how
    likely the true chords are, in nats a beat."""
    metrics: dict[str, float] = {}
    for kind in ("melody", "notes"):
        if kind == "notes" and part[0].melody_only:
            continue
        field = ChordField(model.tables, kind)
        found, given, nats, units_counted = Score(), Score(), 0.0, 0
        for e in part:
            found.add(e, field_labels(field, e, kind, melody_key(e, kind)))
            if e.key >= 0:
                given.add(e, field_labels(field, e, kind, e.key))
                _, x, places, labels = chain(e, kind, e.key)
                known = np.maximum(labels, 0)
                if (labels >= 0).all():
                    mode = e.key // 12
                    nats -= field.log_likelihood(field.weights(x, mode), places, mode, known)
                    units_counted += len(labels)
        for score, ending in ((found, ""), (given, "_key_given")):
            score.delays, score.missed = [], 0
            metrics |= score.metrics(f"{name}_crf_{kind}_whole{ending}_")
        if units_counted:
            metrics[f"{name}_crf_{kind}_nll_beat_nats"] = nats / units_counted
    return metrics


def melody_key(e: Example, kind: str) -> int:
    """The key by Temperley's profile over all that sounds."""
    sounding = (e.melody if kind == "melody" else e.notes)[0]
    best = rank_keys(sounding.sum(0).astype(float))[0]
    return key_index(best.tonic, MODES[MODES.index(best.mode)])


def field_labels(field: ChordField, e: Example, kind: str, key: int) -> np.ndarray:
    """(frames,) the likeliest labels of a piece in a key."""
    sounding, onsets, bass = e.melody if kind == "melody" else e.notes
    units = beat_units(e.bar, is_compound(e))
    x = unit_features(sounding, onsets, bass, e.places, e.bar, units, key % 12, STYLE_OF.get(e.source, "pop"))
    labels = field.viterbi(field.weights(x, key // 12), e.places[units], key // 12)
    return np.repeat(field.absolute(labels, key % 12), np.diff(np.append(units, e.frames)))


def _baselines(part: Sequence[Example], name: str) -> dict[str, float]:
    """Always the tonic's triad (key as given), and always the piece's own most frequent chord (which nobody knows
    beforehand)."""
    tonic, frequent = Score(), Score()
    for e in part:
        if e.key >= 0:
            tonic.add(e, np.full(e.frames, e.key // 12 * 12 + e.key % 12))
        known = e.labels[e.labels >= 0]
        frequent.add(e, np.full(e.frames, np.bincount(known).argmax() if len(known) else NO_CHORD))
    metrics: dict[str, float] = {}
    for score, kind in ((tonic, "tonic"), (frequent, "most_frequent")):
        score.delays, score.missed = [], 0
        metrics |= score.metrics(f"{name}_baseline_{kind}_")
    return metrics


def _audio(model: Changes, part: Sequence[Piece], name: str, pieces: int | None, tell) -> dict[str, float]:
    """The filter on chroma of rendered audio (the beats are known), lags 0, 1 and 2 beats."""
    scores = {lag: Score() for lag in (0, 2, 4)}
    chords, rendered = model.filter("audio"), 0
    for number, piece in enumerate(part[: min(AUDIO_PIECES, pieces or AUDIO_PIECES)]):
        found = audio_chroma(piece, number)
        if found is None:
            break
        e = corpus.example(piece)
        n = min(len(found[0]), e.frames)
        labels, _ = chords.follow(found[0][:n], found[1][:n], e.places[:n], tuple(scores))
        for i, lag in enumerate(scores):
            scores[lag].add(e, labels[i], lag)
        rendered += 1
    tell(f"{name} audio: {rendered} pieces")
    metrics: dict[str, float] = {f"{name}_audio_pieces": rendered} if rendered else {}
    for lag, score in scores.items():
        metrics |= score.metrics(f"{name}_hmm_audio_lag{lag * FRAME_BEATS:g}_")
    return metrics


def _live(model: Changes, part: Sequence[Piece], name: str) -> dict[str, float]:
    """The live follower, asked after every onset: beats from a change to the first right answer, notes held taken as
    lasting; and its accuracy of the root when asked in the middle of each half beat."""
    delays: list[float] = []
    missed = right = asked = 0
    for piece in part[:LIVE_PIECES]:
        e = corpus.example(piece)
        live = model.live()
        numerator, denominator = (piece.metres[0][1:]) if piece.metres else (4, 4)
        first_bar = next((f * FRAME_BEATS for f in range(e.frames) if e.places[f] == 0), 0.0)
        live.begin(numerator, denominator, first_bar % (numerator * 4 / denominator) - numerator * 4 / denominator)
        rows = [r for r in piece.notes() if r[0] < 160]
        events = sorted([(o, 1, p) for o, d, p, _ in rows] + [(o + d, 0, p) for o, d, p, _ in rows])
        events += []
        spans = [s for s in e.chords if s[0] < 150]
        fits = [reference(s[2]) for s in spans]
        hits: list[list[float]] = [[] for _ in spans]
        middles = [(f + 0.5) * FRAME_BEATS for f in range(int(min(150, piece.length_beats) / FRAME_BEATS))]
        at = k = 0
        times = sorted({t for t, on, _ in events if on} | set(middles))
        for t in times:
            while at < len(events) and events[at][0] <= t + 1e-9:
                beat, on, pitch = events[at]
                (live.note_on if on else live.note_off)(int(pitch), beat)
                at += 1
            while k + 1 < len(spans) and spans[k + 1][0] <= t + 1e-9:
                k += 1
            if not spans or t < spans[k][0] or t >= spans[k][1] or not spans[k][3]:
                continue
            guess = live.guess(t)
            root = -1 if guess.chord is None else guess.chord.root
            third = 3 if guess.chord is None else {"maj": 0, "min": 1, None: 2}[guess.chord.mirex_majmin()]
            wanted = fits[k][1]
            if root == fits[k][0] and (wanted is None or third == wanted[0]):
                hits[k].append(t - spans[k][0])
            if abs((t / FRAME_BEATS) % 1 - 0.5) < 1e-6:
                asked += 1
                right += root == fits[k][0]
        for i in range(1, len(spans)):
            if spans[i][3] and spans[i - 1][3] and fits[i][:2] != fits[i - 1][:2]:
                delays += hits[i][:1]
                missed += not hits[i]
    if not delays:
        return {}
    return {
        f"{name}_live_delay_beats": float(np.mean(delays)),
        f"{name}_live_delay_median_beats": float(np.median(delays)),
        f"{name}_live_missed_changes": missed / (missed + len(delays)),
        f"{name}_live_accuracy_root": right / max(1, asked),
    }
