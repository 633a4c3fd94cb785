"""How a chord is laid out under a hand, each kind as near as can be to what sounded before; [any].

Shells, rootless hands and drop-2 after Levine, The Jazz Piano Book (1989), chapters 4, 7 and 19; guitar chords as they lie
in the first position of standard tuning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from realtime.music.chord import Chord

STRINGS = (40, 45, 50, 55, 59, 64)
"""E A D G B E."""
REACH = 4
"""Frets of a hand in the first position."""
_LOW = 52
"""Below this thirds and seconds are mud."""


@lru_cache(maxsize=4096)
def voiced(
    kind: str,
    chord: Chord,
    lowest: int,
    highest: int,
    before: tuple[int, ...] = (),
    colours: frozenset[int] = frozenset(),
) -> tuple[int, ...]:
    """Keys of the chord in lowest..highest, ascending; kind: one of style.VOICINGS; before: the keys of the last chord;
    colours: intervals above the root that a rootless hand may add (2, 9)."""
    if kind == "guitar":
        return _on_strings(chord, lowest, highest)
    found = _rootless(chord, colours) if kind == "rootless" else _KINDS[kind](chord)
    placed = [moved for keys in found for moved in _octaves(keys, lowest, highest)]
    if not placed:  # a range too narrow for this kind
        placed = [tuple(_squeeze(found[0], lowest, highest))]
    middle = (lowest + highest) / 2
    return min(placed, key=lambda keys: (_cost(keys, before, middle), keys))


def tones(chord: Chord) -> dict[str, int]:
    """Semitones of its root, third (or what stands in for it), fifth, seventh (or sixth, else none), ninth where it has one."""
    intervals = chord.intervals
    found = {"1": 0}
    third = next((i for i in (chord.third, 5, 2) if i is not None and i in intervals), None)
    if third is not None:
        found["3"] = third
    fifth = next((i for i in (7, 6, 8) if i in intervals), None)
    if fifth is not None:
        found["5"] = fifth
    seventh = next((i for i in (10, 11, 9) if i in intervals), None)
    if seventh is not None:
        found["7"] = seventh
    ninth = next((i for i in (2, 1) if i in intervals and i != third), None)
    if ninth is not None:
        found["9"] = ninth
    return found


def extended(chord: Chord) -> Chord:
    """A plain triad with what a jazz musician adds to it: the sixth in major, the seventh in minor."""
    plain = {"maj": "maj6", "min": "min7"}.get(chord.quality)
    return chord if plain is None or chord.added or chord.omitted else Chord(chord.root, plain, chord.bass)


def _stacks(root: int, steps: Iterable[int]) -> list[tuple[int, ...]]:
    """All inversions of some tones, each in close position from the lowest place that it can have."""
    ordered = sorted({(root + step) % 12 for step in steps})
    found = []
    for turn in range(len(ordered)):
        keys = [ordered[turn]]
        for other in (*ordered[turn + 1 :], *ordered[:turn]):
            keys.append(keys[-1] + ((other - keys[-1]) % 12 or 12))
        found.append(tuple(keys))
    return found


def _close(chord: Chord) -> list[tuple[int, ...]]:
    t = tones(chord)
    kept = [t[name] for name in ("3", "7", "9", "5", "1") if name in t][: 4 if "9" in t else 5]
    return _stacks(chord.root, kept)


def _triad(chord: Chord) -> list[tuple[int, ...]]:
    t = tones(chord)
    kept = [t[name] for name in ("3", "5", "1") if name in t]
    return _stacks(chord.root, kept if len(kept) > 2 or "7" not in t else [*kept, t["7"]])


def _open(chord: Chord) -> list[tuple[int, ...]]:
    """The middle tone of each triad an octave up."""
    return [
        tuple(sorted((keys[0], *keys[2:], keys[1] + 12))) if len(keys) > 2 else keys for keys in _triad(chord)
    ]  # fmt: skip


def _drop2(chord: Chord) -> list[tuple[int, ...]]:
    found = []
    for keys in _stacks(chord.root, [v for k, v in tones(chord).items() if k != "9"]):
        keys = keys if len(keys) > 3 else (*keys, keys[0] + 12)
        found.append(tuple(key + 12 for key in sorted((keys[-2] - 12, *keys[:-2], keys[-1]))))
    return found


def _shell(chord: Chord) -> list[tuple[int, ...]]:
    t = tones(chord)
    kept = [t[name] for name in ("3", "7") if name in t]
    return _stacks(chord.root, kept if len(kept) == 2 else [*kept, t.get("5", 0), 0])


def _rootless(chord: Chord, colours: frozenset[int]) -> list[tuple[int, ...]]:
    """3 5 7 9 and 7 9 3 5; a plain dominant takes its thirteenth for the fifth; without the ninth the root; a triad stays
    one."""
    t = tones(chord)
    if not t.keys() >= {"3", "5", "7"}:
        return _triad(chord)
    plain = "9" not in t and t["5"] == 7
    ninth = t.get("9", 2 if plain and 2 in colours else 0)
    thirteenth = plain and t["3"] == 4 and t["7"] == 10 and 9 in colours
    hand = _stacks(chord.root, [t["3"], 9 if thirteenth else t["5"], t["7"], ninth])
    return [keys for keys in hand if (keys[0] - chord.root) % 12 in (t["3"], t["7"])]


def _power(chord: Chord) -> list[tuple[int, ...]]:
    fifth = tones(chord).get("5", 7)
    return [(chord.root, chord.root + fifth, chord.root + 12)]


_KINDS: dict[str, Callable[[Chord], list[tuple[int, ...]]]] = {
    "close": _close, "triad": _triad, "open": _open, "drop2": _drop2, "shell": _shell, "power": _power,
}  # fmt: skip


def _octaves(keys: Sequence[int], lowest: int, highest: int) -> list[tuple[int, ...]]:
    first = keys[0] + 12 * -(-(lowest - keys[0]) // 12)
    return [
        tuple(key - keys[0] + low for key in keys)
        for low in range(first, highest + 1, 12)
        if keys[-1] - keys[0] + low <= highest
    ]


def _squeeze(keys: Sequence[int], lowest: int, highest: int) -> list[int]:
    return sorted({low for key in keys if (low := lowest + (key - lowest) % 12) <= highest})


def _cost(keys: tuple[int, ...], before: tuple[int, ...], middle: float) -> float:
    """Way of the voices, distance from the middle, and thirds in the mud."""
    mud = sum(b - a < 5 and a < _LOW for a, b in pairwise(keys))
    cost = 0.15 * abs(sum(keys) / len(keys) - middle) + 2.0 * mud
    if before:
        cost += sum(min(abs(key - other) for other in before) for key in keys) + 0.5 * abs(keys[-1] - before[-1])
    return cost


def _on_strings(chord: Chord, lowest: int, highest: int) -> tuple[int, ...]:
    """The lowest string that has the bass in reach, and of each string above it the lowest fret that is in the chord."""
    classes = chord.classes
    start = next((i for i, s in enumerate(STRINGS) if (chord.bass - s) % 12 <= REACH), 0)
    keys = [STRINGS[start] + (chord.bass - STRINGS[start]) % 12]
    for string in STRINGS[start + 1 :]:
        fret = next((f for f in range(REACH + 1) if (string + f) % 12 in classes and string + f > keys[-1]), None)
        if fret is not None:
            keys.append(string + fret)
    shift = 12 * -(-(lowest - keys[0]) // 12) if keys[0] < lowest else 0
    kept = tuple(key + shift for key in keys if key + shift <= highest)
    return kept or tuple(_squeeze(keys, lowest, highest)) or (lowest,)
