"""Edits of a melody by rule: more notes, a wider range, syncopation, higher, towards major; each in small steps, touching
the other attributes as little as it can; [any].

The knobs of `morph` write their change into the bars a latent stands for and move it by what the encoder makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import realtime.models.morph.code as code
from realtime.music.keyfinding import rank_keys
from realtime.music.scale import key_classes

Note = tuple[int, int, int]  # first step, step after the last, token
MOST_MOVED = 6  # notes that are moved for the sake of the mode alone
_MODE = code.ATTRIBUTES.index("mode")
_PARALLEL = {"minor": ((3, 8, 10), 1), "major": ((4, 9, 11), -1)}  # degrees that differ, and where they go


def notes_of(tokens: np.ndarray) -> list[Note]:
    """The notes of a line (32,)."""
    found: list[list[int]] = []
    held = False
    for step, token in enumerate(tokens.tolist()):
        if token >= code.FIRST_NOTE:
            found.append([step, step, token])
        held = token >= code.FIRST_NOTE or (held and token == code.HOLD)
        if held:
            found[-1][1] = step + 1
    return [(a, b, t) for a, b, t in found]


def line_of(notes: list[Note]) -> np.ndarray:
    """The line (32,) uint8 of notes that do not overlap, in order."""
    tokens = np.zeros(code.STEPS, np.uint8)
    for k, (start, end, token) in enumerate(notes):
        following = notes[k + 1][0] if k + 1 < len(notes) else code.STEPS
        tokens[start] = token
        if end < following:
            tokens[end] = code.OFF
    return tokens


def edited(tokens: np.ndarray, attribute: str, change: float) -> np.ndarray:
    """The melody (32,) with one of code.ATTRIBUTES raised by `change`, in the attribute's own unit, or as near as its
    notes allow. A melody without notes stays as it is."""
    if not (tokens >= code.FIRST_NOTE).any() or change == 0.0:
        return tokens
    if attribute == "mean_pitch":
        return code.transposed(tokens, round(change))
    place = code.ATTRIBUTES.index(attribute)
    start = code.attributes(tokens)[place]
    best, nearest = tokens, abs(change)
    for line in _CHAINS[attribute](tokens, change):
        reached = code.attributes(line)[place] - start
        if abs(reached - change) < nearest:
            best, nearest = line, abs(reached - change)
        if abs(reached) >= abs(change):
            break
    return best


def _syncopation(notes: list[Note]) -> float:
    struck = np.zeros(code.STEPS, bool)
    struck[[n[0] for n in notes]] = True
    return code.syncopation(struck)


def _denser(tokens: np.ndarray, change: float) -> Iterator[np.ndarray]:
    """Longest notes struck again at their strongest place within; or weak notes left out, the one before held on."""
    notes = notes_of(tokens)
    while True:
        before = _syncopation(notes)
        tried: list[tuple[tuple[float, float, float], list[Note]]] = []
        if change > 0:
            for k, (start, end, token) in enumerate(notes):
                for at in range(start + 1, end):
                    made = [*notes[:k], (start, at, token), (at, end, token), *notes[k + 1 :]]
                    rank = (abs(_syncopation(made) - before), float(start - end), -float(code.LEVEL[at]))
                    tried.append((rank, made))
        else:
            for k in range(1, len(notes)):
                start, _, token = notes[k - 1]
                made = [*notes[: k - 1], (start, notes[k][1], token), *notes[k + 1 :]]
                rank = (abs(_syncopation(made) - before), float(code.LEVEL[notes[k][0]]), 0.0)
                tried.append((rank, made))
        if not tried:
            return
        notes = min(tried, key=lambda pair: pair[0])[1]
        yield line_of(notes)


def _wider(tokens: np.ndarray, change: float) -> Iterator[np.ndarray]:
    """Pitches stretched away from their mean or drawn in to it, on the tones of the key and those already there."""
    notes = notes_of(tokens)
    pitches = np.array([n[2] for n in notes], float)
    weights = np.array([n[1] - n[0] for n in notes], float)
    middle = float((pitches * weights).sum() / weights.sum())
    away = pitches - middle
    if not np.ptp(away):
        away = np.where(np.arange(len(notes)) % 2, 0.5, -0.5) if len(notes) > 1 else away
    span = float(np.ptp(pitches))
    usable = _tones(tokens)
    for k in range(1, int(np.ceil(abs(change))) + 3):
        aim = max(0.0, span + np.sign(change) * k)
        goal = middle + away * aim / max(1.0, float(np.ptp(away)))
        chosen = usable[np.abs(usable - goal[:, None]).argmin(axis=1)]
        yield line_of([(a, b, int(t)) for (a, b, _), t in zip(notes, chosen, strict=True)])


def _tones(tokens: np.ndarray) -> np.ndarray:
    """Tokens of all pitches in the melody's key or of a class it already uses."""
    key = rank_keys(_classes(tokens))[0]
    allowed = set(key_classes(key.tonic, key.mode)) | set(np.flatnonzero(_classes(tokens)).tolist())
    every = np.arange(code.FIRST_NOTE, code.TOKENS)
    return every[[(t - code.FIRST_NOTE + code.LOWEST_PITCH) % 12 in allowed for t in every.tolist()]]


def _classes(tokens: np.ndarray) -> np.ndarray:
    heard = code.sounding(tokens)
    heard = heard[heard != code.SILENT].astype(int) - code.FIRST_NOTE + code.LOWEST_PITCH
    return np.bincount(heard % 12, minlength=12).astype(float)


def _syncopated(tokens: np.ndarray, change: float) -> Iterator[np.ndarray]:
    """Onsets anticipated by one or two sixteenths; or moved to a stronger place beside them. The least step first."""
    notes = notes_of(tokens)
    sign = 1 if change > 0 else -1
    while True:
        before = _syncopation(notes)
        tried: list[tuple[float, list[Note]]] = []
        for k, (start, end, token) in enumerate(notes):
            floor = notes[k - 1][0] + 1 if k else 0
            ceiling = notes[k + 1][0] if k + 1 < len(notes) else code.STEPS
            for by in (-1, -2) if sign > 0 else (1, -1, 2, -2):
                if not floor <= start + by < ceiling:
                    continue
                moved = (start + by, max(end, start + by + 1), token)
                earlier = list(notes[:k])
                if k:
                    a, b, t = earlier[-1]
                    joined = b == start
                    earlier[-1] = (a, start + by if joined else min(b, start + by), t)
                made = [*earlier, moved, *notes[k + 1 :]]
                gain = sign * (_syncopation(made) - before)
                if gain > 0:
                    tried.append((gain, made))
        if not tried:
            return
        notes = min(tried, key=lambda pair: pair[0])[1]
        yield line_of(notes)


def _brighter(tokens: np.ndarray, change: float) -> Iterator[np.ndarray]:
    """From minor to the major on the same tonic or back: thirds first, then sixths, then sevenths, note by note; then, one
    at a time, the notes that say the mode most clearly a tone or less away, on the key's tones."""
    wanted = "minor" if change > 0 else "major"
    key = next(k for k in rank_keys(_classes(tokens)) if k.mode == wanted)
    degrees, by = _PARALLEL[wanted]
    line = tokens.copy()
    struck = np.flatnonzero(tokens >= code.FIRST_NOTE).tolist()
    for degree in degrees:
        for step in struck:
            pitch = int(tokens[step]) - code.FIRST_NOTE + code.LOWEST_PITCH
            if (pitch - key.tonic) % 12 == degree:
                line[step] = code.token_of(pitch + by)
                yield line.copy()
    sign = 1.0 if change > 0 else -1.0
    for _ in range(MOST_MOVED):
        usable = set(_tones(line).tolist())
        tried = []
        for step in struck:
            for token in usable & {int(line[step]) + by for by in (-2, -1, 1, 2)}:
                made = line.copy()
                made[step] = token
                tried.append((sign * code.attributes(made)[_MODE], token, step))
        best, token, step = max(tried, default=(0.0, 0, -1))
        if step < 0 or best <= sign * code.attributes(line)[_MODE] + 1e-9:
            return
        line[step] = token
        yield line.copy()


_CHAINS = {"density": _denser, "range": _wider, "syncopation": _syncopated, "mode": _brighter}
