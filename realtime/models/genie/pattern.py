"""Presses for the eight-button piano when nobody presses: arcs over a progression, or a prompt's own contours varied;
[player process]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from realtime.music.chord import Chord
from realtime.music.chord_naming import chords_of
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError


class Press(NamedTuple):
    """A button 0..7 down at a beat for some beats, loud 0..1, over a chord or none."""

    beat: float
    button: int
    duration: float
    velocity: float
    chord: Chord | None


# degrees (semitones from the tonic) and qualities, a chord a bar; eight bars
PROGRESSIONS = (
    ((0, "maj"), (9, "min"), (5, "maj"), (7, "7"), (0, "maj"), (4, "min"), (5, "maj"), (7, "7")),
    ((0, "maj"), (5, "maj"), (2, "min7"), (7, "7"), (4, "min"), (9, "min"), (2, "min7"), (7, "7")),
    ((9, "min"), (5, "maj"), (0, "maj"), (7, "maj"), (2, "min"), (9, "min"), (4, "7"), (9, "min")),
    ((0, "maj7"), (9, "min7"), (2, "min7"), (7, "7"), (4, "min7"), (9, "7"), (2, "min7"), (7, "7")),
)
MELODY_RHYTHMS = (
    (0.0, 1.0, 2.0, 3.0),
    (0.0, 0.5, 1.0, 2.0, 3.0),
    (0.0, 1.5, 2.0, 3.0, 3.5),
    (0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
    (0.5, 1.0, 1.5, 2.5, 3.0),
    (0.0, 2.0, 2.5, 3.0),
)
CADENCE_RHYTHM = (0.0, 1.0, 2.0)
LEFT_HANDS = (
    ((0.0, (0,)), (1.0, (1, 2)), (2.0, (0,)), (3.0, (1, 2))),
    ((0.0, (0,)), (0.5, (1,)), (1.0, (2,)), (1.5, (1,)), (2.0, (0,)), (2.5, (1,)), (3.0, (2,)), (3.5, (1,))),
    ((0.0, (0, 1, 2)), (2.0, (0, 1, 2))),
    ((0.0, (0,)), (1.5, (1, 2)), (3.0, (2,))),
)
BAR = 4.0


def own_presses(bars: int, random: Random, tonic: int, two_hands: bool) -> list[Press]:
    """AABA in phrases of four bars: within a phrase the right hand (buttons 3 to 7; one line: 0 to 7) makes an arc, the
    left (0 to 2) keeps a figure; phrases of one letter have the same presses."""
    progression = random.choice(PROGRESSIONS)
    left = {letter: random.choice(LEFT_HANDS) for letter in "AB"}
    low = 3 if two_hands else 0
    phrases = {letter: _phrase(random, low) for letter in "AB"}
    presses: list[Press] = []
    for bar in range(bars):
        letter = "AABA"[bar // 4 % 4]
        degree, quality = progression[bar % len(progression)]
        if letter == "B":
            degree, quality = progression[(bar + 4) % len(progression)]
        chord = Chord((tonic + degree) % 12, quality)
        start = bar * BAR
        melody = phrases[letter][bar % 4]
        places = [*(place for place, _ in melody), BAR]
        for (place, button), after in zip(melody, places[1:], strict=True):
            accent = 0.08 if place % 2 == 0 else 0.0
            presses.append(Press(start + place, button, (after - place) * 0.95, 0.68 + accent, chord))
        if two_hands:
            figure = left[letter] if bar + 1 < bars else LEFT_HANDS[2][:1]
            ends = [*(place for place, _ in figure[1:]), BAR]
            for (place, buttons), end in zip(figure, ends, strict=True):
                presses += [Press(start + place, b, (end - place) * 0.95, 0.52, chord) for b in buttons]
    return sorted(presses, key=lambda p: (p.beat, p.button))


def _phrase(random: Random, low: int) -> list[list[tuple[float, int]]]:
    """Four bars of (beat in the bar, button): a walk drawn to an arc that peaks in the third bar."""
    button = random.randint(low, low + 1)
    bars = []
    for bar in range(4):
        rhythm = CADENCE_RHYTHM if bar == 3 else random.choice(MELODY_RHYTHMS)
        line = []
        for place in rhythm:
            goal = low + (7 - low) * (1.0 - abs(bar * BAR + place - 9.0) / 10.0)
            pull = 1 if goal > button + 0.5 else -1 if goal < button - 0.5 else 0
            button = min(7, max(low, button + random.choice((pull, pull, 1, -1, 0, 2 * pull))))
            line.append((place, button))
        bars.append(line)
    return bars


def prompt_presses(
    prompt: NoteSequence, bars: int, random: Random, encode: Callable[[Sequence[int], Sequence[float]], list[int]]
) -> list[Press]:
    """The prompt's bars, each as the buttons of its contour, in a new order and varied (as they are, mirrored,
    backwards in height, moved by a button), over its chords in their order; all end with the last bar. A last bar in
    which the prompt breaks off is left out. Raises AntiphonError without notes."""
    notes = [n for n in prompt.notes if n.channel != 9]
    if not notes:
        raise AntiphonError("The prompt has no pitched notes; give a MIDI file with some, or leave the prompt out.")
    bar_beats = prompt.metre_at(0.0).bar_beats
    buttons = encode([n.pitch for n in notes], [prompt.tempo.seconds(n.beat) for n in notes])
    length = max(1, int(-(-max(n.beat + 1e-6 for n in notes) // bar_beats)))
    material: list[list[tuple[float, int, float, float]]] = [[] for _ in range(length)]
    for n, button in zip(notes, buttons, strict=True):
        bar = int(n.beat // bar_beats)
        material[bar].append((n.beat - bar * bar_beats, button, n.duration, n.velocity))
    broken = max(n.end for n in notes) < length * bar_beats - 1.0
    filled = [m for m in (material[:-1] if broken else material) if m] or material[-1:]
    chords = chords_of(prompt)
    presses = []
    end = bars * bar_beats
    plan = [random.randrange(len(filled)) for _ in range(4)]
    for bar in range(bars):
        if bar % 16 == 8:  # the third phrase of four looks elsewhere
            plan = [random.randrange(len(filled)) for _ in range(4)]
        content = filled[plan[bar % 4]]
        change = random.choice(("same", "mirror", "backwards", "up", "down")) if bar % 4 != 0 else "same"
        for place, button, duration, velocity in _varied(content, change):
            beat = bar * bar_beats + place
            chord = chords[int(beat // 2.0) % len(chords)]
            presses.append(Press(beat, button, min(duration, 2 * bar_beats, end - beat), velocity, chord))
    return sorted(presses, key=lambda p: (p.beat, p.button))


def _varied(content: list[tuple[float, int, float, float]], change: str) -> list[tuple[float, int, float, float]]:
    heights = [c[1] for c in content]
    if change == "mirror":
        heights = [max(heights) + min(heights) - h for h in heights]
    elif change == "backwards":
        heights = heights[::-1]
    elif change in ("up", "down"):
        heights = [min(7, max(0, h + (1 if change == "up" else -1))) for h in heights]
    return [(place, h, duration, velocity) for (place, _, duration, velocity), h in zip(content, heights, strict=True)]
