"""The morph model's view of melody, bass and drums: two bars as 32 sixteenths of one token each; [any].

Lines have MusicVAE's 90 tokens (Roberts et al. 2018): nothing new, note off, and the 88 keys of a piano struck. Drums
are the groove code's hits. Any track may be absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from realtime.music.keyfinding import rank_keys
from realtime.music.metre import metric_weights
from realtime.music.sequence import Note
from realtime.music.syncopation import syncopation_lhl

STEPS, STEPS_PER_BEAT = 32, 4
HOLD, OFF, FIRST_NOTE = 0, 1, 2
LOWEST_PITCH, HIGHEST_PITCH = 21, 108
TOKENS = FIRST_NOTE + HIGHEST_PITCH - LOWEST_PITCH + 1  # 90
SILENT = HOLD  # what sounds before the first note: nothing to hold
TRACKS = ("melody", "bass", "drums")
PROGRAMS = (73, 33)  # General MIDI flute and finger bass, counted from 0
LONGEST_DEVIATION = 0.2  # steps: an onset further from the grid is off it
TIED = 2  # steps: a longer note that is struck again where two bars meet is one note


def token_of(pitch: int) -> int:
    """The token that strikes a pitch; beyond the piano it moves by octaves."""
    while pitch < LOWEST_PITCH:
        pitch += 12
    while pitch > HIGHEST_PITCH:
        pitch -= 12
    return pitch - LOWEST_PITCH + FIRST_NOTE


def line(onsets: np.ndarray, ends: np.ndarray, pitches: np.ndarray, steps: int, lowest: bool = False) -> np.ndarray:
    """(steps,) uint8 tokens of one voice from notes timed in beats: of notes struck together the highest (or lowest)
    sounds, until it ends or the next begins."""
    tokens = np.zeros(steps, np.uint8)
    start = np.floor(np.asarray(onsets, float) * STEPS_PER_BEAT + 0.5).astype(int)
    end = np.maximum(start + 1, np.floor(np.asarray(ends, float) * STEPS_PER_BEAT + 0.5).astype(int))
    height = np.asarray(pitches, int)
    order = np.lexsort((height if lowest else -height, start))
    first = order[np.concatenate([[True], np.diff(start[order]) > 0])] if len(order) else order
    for position, i in enumerate(first):
        if not 0 <= start[i] < steps:
            continue
        tokens[start[i]] = token_of(int(height[i]))
        following = start[first[position + 1]] if position + 1 < len(first) else steps
        if end[i] < min(following, steps):
            tokens[end[i]] = OFF
    return tokens


def sounding(tokens: np.ndarray) -> np.ndarray:
    """(..., steps) the token whose note sounds after each step: a note's, or SILENT."""
    tokens = np.asarray(tokens)
    place = np.where(tokens != HOLD, np.arange(tokens.shape[-1]), 0)
    last = np.take_along_axis(tokens, np.maximum.accumulate(place, axis=-1), -1)
    return np.where(last >= FIRST_NOTE, last, SILENT)


def cut(tokens: np.ndarray, start: int) -> np.ndarray:
    """Two bars of a longer line; a note that is held over into them is struck anew."""
    part = tokens[start : start + STEPS].copy()
    if part[0] == HOLD and start > 0:
        part[0] = sounding(tokens[:start])[-1]
    if part[0] == OFF:
        part[0] = HOLD
    return part


def notes_of(
    tokens: np.ndarray, start_beat: float = 0.0, channel: int = 0, velocity: float = 0.7, tied: bool = True
) -> list[Note]:
    """The notes of a line. tied: a note that is struck again where two bars meet (every 32 steps) at the same pitch it
    was held at stays one note."""
    found: list[list[int]] = []
    held = False
    for step, token in enumerate(np.asarray(tokens).tolist()):
        if token == HOLD:
            if held:
                found[-1][1] = step + 1
            continue
        again = tied and held and step % STEPS == 0 and token >= FIRST_NOTE
        if again and found[-1][2] == token and found[-1][1] == step and found[-1][1] - found[-1][0] > TIED:
            found[-1][1] = step + 1
            continue
        held = token >= FIRST_NOTE
        if held:
            found.append([step, step + 1, token])
    return [
        Note(
            start_beat + a / STEPS_PER_BEAT, (b - a) / STEPS_PER_BEAT, t - FIRST_NOTE + LOWEST_PITCH, velocity, channel
        )
        for a, b, t in found
    ]


def line_of(notes: Sequence[Note], start_beat: float = 0.0, lowest: bool = False) -> np.ndarray:
    """(32,) tokens of the top (or lowest) line of some notes, from `start_beat`."""
    onsets = np.array([n.beat - start_beat for n in notes])
    ends = np.array([n.end - start_beat for n in notes])
    before = (onsets < -0.125) & (ends > 0.25) if len(notes) else np.zeros(0, bool)
    onsets = np.where(before, 0.0, onsets)  # held over into the window: struck anew
    return line(onsets, ends, np.array([n.pitch for n in notes], int), STEPS, lowest)


def transposed(tokens: np.ndarray, semitones: int | np.ndarray) -> np.ndarray:
    """Lines (..., steps) moved; notes that would leave the piano move by octaves. semitones broadcasts."""
    moved = tokens.astype(int) + semitones
    moved = np.where(moved < FIRST_NOTE, moved + 12, moved)
    moved = np.where(moved >= TOKENS, moved - 12, moved)
    return np.where(tokens >= FIRST_NOTE, moved, tokens).astype(np.uint8)


# ---- what a line is like: the attributes that have a direction in the latent space --------------------------------
ATTRIBUTES = ("density", "range", "syncopation", "mean_pitch", "mode")
LEVEL = np.array(metric_weights(4, 4) * 2) + 4  # how strong each sixteenth is, 0..4


def syncopation(struck: np.ndarray) -> float:
    """Per bar of two bars of struck sixteenths (Longuet-Higgins & Lee 1984)."""
    return syncopation_lhl(np.flatnonzero(struck).tolist(), cyclic=False, length=len(struck)) / 2


def attributes(tokens: np.ndarray) -> np.ndarray:
    """(5,) in the order of ATTRIBUTES: onsets a step; highest minus lowest, semitones; syncopation a bar; mean pitch by
    duration; best major minus best minor key correlation (positive: major). Of silence: zeros."""
    struck = tokens >= FIRST_NOTE
    if not struck.any():
        return np.zeros(len(ATTRIBUTES))
    pitches = tokens[struck].astype(int) - FIRST_NOTE + LOWEST_PITCH
    heard = sounding(tokens)
    heard = heard[heard != SILENT].astype(int) - FIRST_NOTE + LOWEST_PITCH
    ranked = rank_keys(np.bincount(heard % 12, minlength=12).astype(float))
    major, minor = (next(k.score for k in ranked if k.mode == mode) for mode in ("major", "minor"))
    return np.array([struck.mean(), np.ptp(pitches), syncopation(struck), heard.mean(), major - minor])


def tracks_of(notes: Iterable[Note]) -> tuple[list[Note], list[Note], list[Note]]:
    """Melody, bass and drum notes of a sequence: drums are channel 9; of the other channels the one that lies highest is
    the melody and, if there are several, the lowest the bass."""
    by_channel: dict[int, list[Note]] = {}
    for note in notes:
        by_channel.setdefault(note.channel, []).append(note)
    drums = by_channel.pop(9, [])
    ranked = sorted(by_channel.values(), key=lambda line: -sum(n.pitch for n in line) / len(line))
    return (ranked[0] if ranked else []), (ranked[-1] if len(ranked) > 1 else []), drums


CODE = {"steps": STEPS, "tokens": TOKENS, "tracks": list(TRACKS), "lowest_pitch": LOWEST_PITCH}
