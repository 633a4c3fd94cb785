"""What the chorale nets see: four voices on a grid as rows of integer features, built step by step; [any].

Every feature of a voice is relative to that voice's own last pitch (so that music means the same in every key), but for
a few absolute ones (`TRUNK_ABSOLUTE`, `HEAD_ABSOLUTE`). After "multiple viewpoints" (Conklin & Witten, Journal of New
Music Research 24, 1995); the memory of what followed the longest repeat is Lempel and Ziv's (IEEE Trans. IT 23, 1977).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

VOICES = ("soprano", "alto", "tenor", "bass")
ORDER = (0, 3, 2, 1)  # order of the chain rule within a step: soprano, bass, tenor, alto
LOW, HIGH = 33, 84  # MIDI pitches the nets know
PITCHES = HIGH - LOW + 1
REST = -1
CENTRES = (69, 62, 57, 50)  # where a voice that has not sounded yet is looked for
RANGES = ((57, 82), (52, 76), (45, 70), (36, 64))  # where the voices may be sung: wider than Bach's by a tone or two
BELOW_SOPRANO = (0, 7, 12, 19)
REACH = 14  # semitones a voice moves at most, but for the class "far"
HOLD, REST_CLASS, FAR = REACH, 2 * REACH + 1, 2 * REACH + 2
CLASSES = 2 * REACH + 3
DECAYS = (1 - 1 / 24, 1 - 1 / 96)  # memories of the pitch classes heard, per step
HISTOGRAM = 12 * len(DECAYS)

_AGE, _MOVE, _LENGTHS, _NEAR = 20, 27, 8, 63
_COPY = _LENGTHS * _MOVE


def _layout(columns: list[tuple[str, int]]) -> tuple[list[str], np.ndarray, int]:
    sizes = np.array([size for _, size in columns])
    return (
        [name for name, _ in columns],
        np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64),
        int(sizes.sum()),
    )


TRUNK_NAMES, TRUNK_OFFSETS, TRUNK_ROWS = _layout(
    [(f"pitch {v}", PITCHES + 2) for v in VOICES]
    + [("bass class", 13)]
    + [(f"age {v}", _AGE) for v in VOICES]
    + [(f"motion {v}", _MOVE) for v in VOICES]
    + [("alto, tenor over bass", 169), ("soprano, tenor over bass", 169), ("soprano, alto over bass", 169)]
    + [("sixteenth of four beats", 16), ("sixteenth of three beats", 12), ("bar", 24)]
    + [(f"repeat {v}", _COPY) for v in VOICES]
)
TRUNK_COLUMNS = len(TRUNK_NAMES)
TRUNK_ABSOLUTE = (0, 1, 2, 3)  # columns of pitches; column 4 is a pitch class

HEAD_NAMES, HEAD_OFFSETS, HEAD_ROWS = _layout(
    [(f"distance of voice {i}", _NEAR) for i in range(3)]
    + [(f"move of voice {i}", 13 * _MOVE) for i in range(3)]
    + [("age", _AGE * 4), ("motion", _MOVE), ("motion before", _MOVE), ("moved so far", 32)]
    + [("sixteenth of four beats", 16)]
    + [(f"pair {i}", 169) for i in range(3)]
    + [("repeat", _COPY), ("melody repeat", _COPY), ("pitch", PITCHES + 2)]
)
HEAD_COLUMNS = len(HEAD_NAMES)
HEAD_ABSOLUTE = HEAD_COLUMNS - 1
OTHERS = tuple(tuple(u for u in ORDER if u != v) for v in range(4))  # in the order of the chain
DRAWN = tuple(frozenset(ORDER[: ORDER.index(v)]) for v in range(4))  # voices known when voice v is chosen


def _bucket(length: int) -> int:
    """Length of a repeat in steps, in 8 classes."""
    if length < 16:
        return 0 if length == 0 else 1 + length // 4
    return 5 if length < 24 else 6 if length < 32 else 7


def _age(steps: int) -> int:
    if steps <= 16:
        return steps - 1 if steps > 0 else 19
    return 16 if steps <= 24 else 17 if steps <= 32 else 18


def _move(semitones: int | None) -> int:
    """-12..12 -> 0..24; 25 is a rest (to or from), 26 nothing yet."""
    return 26 if semitones is None else max(-12, min(12, semitones)) + 12


def _class(difference: int, sounding: bool) -> int:
    return difference % 12 if sounding else 12


def classes_of(pitch: int, reference: int) -> int:
    """The class of moving from `reference` to `pitch`."""
    if pitch == REST:
        return REST_CLASS
    move = pitch - reference
    return move + REACH if -REACH <= move <= REACH else FAR


class History:
    """Four voices so far, and their features for what comes next. A step is a sixteenth (or the net's own grid).

    `trunk()` describes all before the next step, `head(voice, chosen)` one voice of it given those chosen before it
    (ORDER); `push(slice)` makes the step history. `phase` gives (sixteenth of four beats, of three beats, bar) of a
    step; without one, steps are counted from the start.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self.length = 0
        self.slices = np.full((capacity, 4), REST, np.int64)
        self._codes = np.zeros(capacity, np.int64)
        self._joint = np.zeros(capacity, np.int32)  # [j]: how long the music up to now repeats that up to j
        self._melody = np.zeros(capacity, np.int32)
        self._melody_next = np.zeros(capacity, np.int32)
        self._melody_best = (0, -1)
        self._melody_given: tuple[int, int] | None = None
        self._copy: tuple[int, int] = (0, -1)
        self.now = [REST] * 4
        self.reference: list[int | None] = [None] * 4
        self.age = [0] * 4
        self.motion: list[int | None] = [None] * 4
        self.motion_before: list[int | None] = [None] * 4
        self.histogram = np.zeros((len(DECAYS), 12), np.float32)
        self.phase: tuple[int, int, int] | None = None

    def phases(self) -> tuple[int, int, int]:
        t = self.length
        return self.phase if self.phase is not None else (t % 16, t % 12, min(t // 16, 23))

    def trunk(self) -> tuple[np.ndarray, np.ndarray]:
        """(TRUNK_COLUMNS,) int64 rows of the trunk's table, and (HISTOGRAM,) float32 of pitch classes."""
        started = self.length > 0
        now = self.now
        rows = [PITCHES + 1 if not started else PITCHES if p == REST else p - LOW for p in now]
        rows.append(12 if now[3] == REST else now[3] % 12)
        rows += [_age(a) for a in self.age]
        rows += [_move(m) for m in self.motion]
        over = [_class(now[v] - now[3], now[v] != REST and now[3] != REST) for v in range(3)]
        rows += [over[1] * 13 + over[2], over[0] * 13 + over[2], over[0] * 13 + over[1]]
        rows += self.phases()
        rows += [self._copied(v, self._copy) for v in range(4)]
        return np.array(rows, np.int64) + TRUNK_OFFSETS, self.normalised().reshape(-1)

    def normalised(self) -> np.ndarray:
        """Pitch classes heard, each memory summing to 1: (len(DECAYS), 12)."""
        return self.histogram / np.maximum(self.histogram.sum(1, keepdims=True), 1e-6)

    def _copied(self, voice: int, found: tuple[int, int]) -> int:
        length, place = found
        if place < 0:
            return 26
        pitch = int(self.slices[place, voice])
        reference = self.reference[voice]
        move = 25 if pitch == REST else 26 if reference is None else _move(pitch - reference)
        return _bucket(length) * _MOVE + move

    def reference_of(self, voice: int, chosen: Sequence[int | None]) -> int:
        """The pitch a voice's moves are counted from: its last one, or where it belongs under the soprano."""
        own = self.reference[voice]
        if own is not None:
            return own
        soprano = chosen[0] if voice != 0 else None
        if soprano is None or soprano == REST:
            return CENTRES[voice]
        return max(LOW, min(HIGH, soprano - BELOW_SOPRANO[voice]))

    def head(self, voice: int, chosen: Sequence[int | None]) -> tuple[np.ndarray, np.ndarray, int]:
        """Rows (HEAD_COLUMNS,), pitch classes (HISTOGRAM,) from the voice's reference up, and that reference.

        chosen: this step's pitches by voice; those after `voice` in ORDER are not looked at.
        """
        reference = self.reference_of(voice, chosen)
        started = self.length > 0
        beat = self.phases()[0] % 4
        near, moves, moved, relative = [], [], 0, []
        for i, u in enumerate(OTHERS[voice]):
            drawn, before = u in DRAWN[voice], self.now[u]
            pitch = chosen[u] if drawn else before
            assert pitch is not None
            if not drawn and not started:
                near.append(62)
            else:
                near.append(61 if pitch == REST else max(-30, min(30, pitch - reference)) + 30)
            if not drawn:
                moves.append(12 * _MOVE + 26)
                continue
            relative.append(_class(pitch - reference, pitch != REST))
            if not started:
                moves.append(12 * _MOVE + 26)
                continue
            moved |= (pitch != before) << i
            step = 25 if REST in (pitch, before) else _move(pitch - before)
            moves.append(_class(before - reference, before != REST) * _MOVE + step)
        pairs = [168] * 3
        if len(relative) >= 2:
            pairs[0] = relative[0] * 13 + relative[1]
        if len(relative) == 3:
            pairs[1:] = [relative[0] * 13 + relative[2], relative[1] * 13 + relative[2]]
        rows = near + moves
        rows += [_age(self.age[voice]) * 4 + beat, _move(self.motion[voice]), _move(self.motion_before[voice])]
        rows += [moved * 4 + beat, self.phases()[0], *pairs, self._copied(voice, self._copy)]
        rows.append(26 if voice == 0 else self._copied(voice, self._melody_repeat(chosen[0])))
        rows.append(PITCHES + 1 if self.reference[voice] is None else max(0, min(PITCHES - 1, reference - LOW)))
        classes = np.roll(self.normalised(), -reference, axis=1).reshape(-1)
        return np.array(rows, np.int64) + HEAD_OFFSETS, classes, reference

    def _melody_repeat(self, soprano: int | None) -> tuple[int, int]:
        """Where the melody, this step's note included, was longest the same before: (length, place)."""
        assert soprano is not None
        t = self.length
        if self._melody_given == (t, soprano):
            return self._melody_best
        self._melody_given = (t, soprano)
        new = self._melody_next[:t]
        new[1:] = self._melody[: max(0, t - 1)]
        new[:1] = 0
        new += 1
        new *= self.slices[:t, 0] == soprano
        self._melody_best = _longest(new)
        return self._melody_best

    def push(self, pitches: Sequence[int]) -> None:
        """The next step is these four pitches (REST: silent)."""
        t = self.length
        if t == len(self.slices):
            self._grow()
        self._melody_repeat(pitches[0])
        self._melody[:t] = self._melody_next[:t]
        code = 0
        for pitch in pitches:
            code = code * 256 + pitch + 1
        new = np.zeros(t, np.int32)
        new[1:] = self._joint[: max(0, t - 1)]
        new += 1
        new *= self._codes[:t] == code
        self._joint[:t] = new
        self._codes[t], self.slices[t] = code, pitches
        length, place = _longest(new)
        self._copy = (length, place + 1) if length else (0, -1)
        for d, decay in enumerate(DECAYS):
            self.histogram[d] *= decay
        for v, pitch in enumerate(pitches):
            if pitch == self.now[v] and t > 0:
                self.age[v] += 1
            else:
                self.age[v] = 1
            self.now[v] = int(pitch)
            if pitch == REST:
                continue
            last = self.reference[v]
            if last is not None and last != pitch:
                self.motion_before[v], self.motion[v] = self.motion[v], int(pitch) - last
            self.reference[v] = int(pitch)
            self.histogram[:, pitch % 12] += 1
        self.length = t + 1

    def _grow(self) -> None:
        for name in ("slices", "_codes", "_joint", "_melody", "_melody_next"):
            old = getattr(self, name)
            new = np.zeros((2 * len(old), *old.shape[1:]), old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)


def _longest(lengths: np.ndarray) -> tuple[int, int]:
    """The longest match and the latest place of it."""
    if len(lengths) == 0:
        return 0, -1
    place = len(lengths) - 1 - int(np.argmax(lengths[::-1]))
    length = int(lengths[place])
    return (length, place) if length else (0, -1)


def log_probability(logits: np.ndarray, far_logits: np.ndarray, pitch: int, reference: int) -> float:
    """Exact log probability of a pitch (or REST) of one voice: classes by softmax; "far" shares its own by the table
    over all pitches out of reach. Raises nothing; pitches outside LOW..HIGH have none (-inf)."""
    shifted = logits - logits.max()
    scores = shifted - np.log(np.exp(shifted).sum())
    kind = classes_of(pitch, reference)
    value = float(scores[kind])
    if kind == FAR:
        if not LOW <= pitch <= HIGH:
            return -np.inf
        out = np.abs(np.arange(LOW, HIGH + 1) - reference) > REACH
        value += float(far_logits[pitch - LOW] - np.log(np.exp(far_logits[out]).sum()))
    return value
