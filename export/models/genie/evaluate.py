"""Figures of the eight-button piano on held-out music, through its package; [workshop]."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np

import realtime.models.genie.code as code
from export.models.genie import data as piano
from export.pattern.report import result
from realtime.models.genie.model import WINDOW, Genie
from realtime.music.chord import Chord
from realtime.music.sequence import NoteSequence
from realtime.sampling.drawing import log_softmax

CONDITIONS = {
    "": (True, True),
    "_without_chord": (True, False),
    "_without_buttons": (False, True),
    "_alone": (False, False),
}
TEXTURE = ("line", "hands")
MOST_WINDOWS = 160
GENERATED = 8  # pieces of 32 bars


def teacher_forced(model: Genie, batch: dict[str, np.ndarray], i: int, buttons: list[int], on: bool, chords: bool):
    """(nats, right) of every note of window i, the right keys fed back."""
    model.reset()
    count = int(batch["mask"][i].sum())
    nats, right = np.zeros(count), np.zeros(count)
    for t in range(count):
        button = buttons[t] if on else None
        chord = batch["chord"][i, t] if chords else None
        logits = model.feed(button, float(batch["wait_s"][i, t]), chord, float(batch["texture"][i]))
        key = int(batch["keys"][i, t])
        nats[t] = -log_softmax(logits)[key]
        right[t] = logits.argmax() == key
        model.remember(key, button)
    return nats, right


def violation_counts(keys: np.ndarray, buttons: np.ndarray) -> tuple[int, int, int]:
    """Moves of the keys, those whose buttons go the other way, those whose buttons go the same way."""
    up, press = np.sign(np.diff(keys)), np.sign(np.diff(buttons))
    moved = up != 0
    return int(moved.sum()), int((up * press < 0).sum()), int((up * press > 0).sum())


def free_contour(model: Genie, seed: int, contour: float, presses: int = 256) -> tuple[int, int]:
    """Random presses on its own: (moves of the buttons, those that the keys follow)."""
    random = Random(seed)
    model.configure(contour=contour)
    model.reset(seed)
    moves = followed = 0
    button, before = 3, None
    for n in range(presses):
        step = random.choice((-2, -1, -1, 0, 1, 1, 2))
        after = min(7, max(0, button + step))
        model.held.clear()
        pitch = model.press(after, n * 0.3, Chord(0, "maj") if n % 16 < 8 else Chord(7, "7"))
        if before is not None and pitch is not None and after != button:
            moves += 1
            followed += (pitch - before) * (after - button) > 0
        button, before = after, pitch
    model.configure(contour=6.0)
    return moves, followed


def chord_share(model: Genie, contour: float = 6.0) -> float:
    """Share of keys that belong to the chord told, random presses over I and V7 in twelve keys."""
    random, inside, count = Random(5), 0, 0
    model.reset(5)
    for n in range(384):
        chord = Chord((n // 32) * 5 % 12, "maj") if n % 32 < 16 else Chord(((n // 32) * 5 + 7) % 12, "7")
        model.held.clear()
        pitch = model.press(random.randrange(8), n * 0.3, chord)
        if pitch is not None:
            count += 1
            inside += pitch % 12 in chord.classes
    return inside / max(1, count)


def generated(model: Genie, count: int = GENERATED) -> list[NoteSequence]:
    return [model.generate(None, 32, seed, tonic=seed % 12) for seed in range(1, count + 1)]


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> dict:
    """Nats a note and accuracy (teacher-forced, exact) with and without buttons and chords, contour, generated music.

    contour_violations: Piano Genie's ratio on the encoder's own buttons; contour_followed: random presses, what share of
    moves the keys follow, as set by default and by the net alone.
    """
    model = Genie.load(package)
    corpus = piano.read(data)
    held = piano.distinct(corpus.held_out)[:pieces]
    streams = piano.gather(held)
    windows = piano.Windows(streams, WINDOW)
    rng = np.random.default_rng(7)
    which = rng.permutation(len(windows.starts))[:MOST_WINDOWS]
    batch = windows.at(which)
    sums: dict[str, list[float]] = {}
    moves = wrong = same = 0
    usage = np.zeros(code.BUTTONS)
    for i in range(len(which)):
        count = int(batch["mask"][i].sum())
        keys = batch["keys"][i, :count]
        onsets = np.cumsum(batch["wait_s"][i, :count].astype(float))
        buttons = model.encode([int(k) + code.LOWEST_PITCH for k in keys], onsets.tolist())
        usage += np.bincount(buttons, minlength=code.BUTTONS)
        a, b, c = violation_counts(keys, np.array(buttons))
        moves, wrong, same = moves + a, wrong + b, same + c
        for name, (on, chords) in CONDITIONS.items():
            nats, right = teacher_forced(model, batch, i, buttons, on, chords)
            sums.setdefault(f"nll_note_nats{name}", []).extend(nats)
            sums.setdefault(f"accuracy_teacher_forced{name}", []).extend(right)
            if not name:
                sums.setdefault(f"nll_note_nats_{TEXTURE[int(batch['texture'][i])]}", []).extend(nats)
        if progress:
            progress((i + 1) / len(which))
    metrics: dict[str, float] = {name: float(np.mean(rows)) for name, rows in sums.items()}
    metrics["perplexity"] = float(np.exp(metrics["nll_note_nats"]))
    metrics["perplexity_alone"] = float(np.exp(metrics["nll_note_nats_alone"]))
    metrics["contour_violations"] = wrong / max(1, moves)
    metrics["contour_agreement"] = same / max(1, moves)
    share = usage / usage.sum()
    metrics["buttons_in_use"] = float(np.exp(-(share * np.log(np.maximum(share, 1e-12))).sum()))
    for name, contour in (("", 6.0), ("_by_the_net", 0.0)):
        counts = [free_contour(model, seed, contour) for seed in (1, 2, 3)]
        metrics[f"contour_followed{name}"] = sum(c[1] for c in counts) / sum(c[0] for c in counts)
    metrics["chord_tones"] = chord_share(model)
    metrics |= generation_figures(model, corpus, held)
    return result("genie", data, len(held), True, metrics)


def generation_figures(model: Genie, corpus, held) -> dict[str, float]:
    """The house's measures of generated music."""
    from export.measures import generator_metrics

    train = [p.sequence() for p in piano.distinct(corpus.train)] if corpus.train else None
    real = [p.sequence() for p in held[:60]]
    return {k: v for k, v in generator_metrics(generated(model), real, train).items() if isinstance(v, (int, float))}
