"""One lane's hand: which keys it plays for the signs of a step, over a chord, near to where it was; [any]."""

from __future__ import annotations

from realtime.music.chord import Chord
from realtime.music.chord_table import degree_semitones
from realtime.music.sequence import fold_pitch
from realtime.players.hearing import Course
from realtime.players.styles.style import Lane
from realtime.players.styles.voicings import extended, tones, voiced

FINGERS = "imae"
_SCALE_STEPS = {"2": (2, 1), "9": (2, 1), "4": (5, 6), "11": (5, 6), "6": (9, 8), "13": (9, 8)}
_STAND_INS = {"3": 0, "5": 7, "7": 12}
"""What a tone is where the chord has none: a bare fifth's third is its root, a triad's seventh the octave."""


def degree_above(degree: str, chord: Chord, scale: frozenset[int]) -> int:
    """Semitones of a degree above the chord's root: its own third, fifth and seventh; of the scale (pitch classes, empty:
    unknown) the rest; with an accidental as counted from the major scale."""
    number = degree.lstrip("b#")
    octave = 12 if int(number) > 7 else 0
    if number != degree:
        return degree_semitones(degree) + octave
    simple = str(int(number) - 7) if octave else number
    if simple in _SCALE_STEPS and number not in ("10", "12"):
        steps = _SCALE_STEPS[simple]
        own = next((s for s in steps if s in chord.intervals), None)
        near = next((s for s in steps if (chord.root + s) % 12 in scale), steps[0])
        return (near if own is None else own) + octave
    if simple == "1":
        return octave
    return tones(chord).get(simple, _STAND_INS[simple]) + octave


class Hand:
    """keys: what a step sounds. bass: whether its roots are the chord's bass (an inversion)."""

    def __init__(self, lane: Lane, bass: bool = False):
        self.lane, self._bass = lane, bass
        self._voicings: Course[tuple[Chord | None, tuple[int, ...]]] = Course((None, ()))

    def keys(
        self, atoms: tuple[str, ...], beat: float, chord: Chord, following: Chord, scale: frozenset[int]
    ) -> list[int]:
        """MIDI keys in the order in which they are struck; following: the chord of the next step; scale: of the key."""
        found: list[int] = []
        for atom in atoms:
            found += self._atom(atom, beat, chord, following, scale)
        return list(dict.fromkeys(found))

    def voicing(self, beat: float, chord: Chord, scale: frozenset[int] = frozenset()) -> tuple[int, ...]:
        """The whole chord; the same as long as the chord is. Tensions are added as the scale has them."""
        before = self._voicings.at(beat)
        if before[0] == chord:
            return before[1]
        lane = self.lane
        played = extended(chord) if lane.extend else chord
        colours = frozenset(i for i in (2, 9) if (chord.root + i) % 12 in scale)
        keys = voiced(lane.voicing, played, lane.lowest, lane.highest, before[1], colours)
        self._voicings.tell(beat, (chord, keys))
        return keys

    def _atom(self, atom: str, beat: float, chord: Chord, following: Chord, scale: frozenset[int]) -> list[int]:
        sign = atom.rstrip("',")
        octaves = 12 * (atom.count("'") - atom.count(","))
        if sign in "xXoduDU":
            keys = list(self.voicing(beat, chord, scale))
            return keys[::-1] if sign in "uU" else keys
        if sign == "p":
            return [self._place(chord.bass, octaves)]
        if sign in FINGERS:
            keys = list(self.voicing(beat, chord, scale))
            above = [key for key in keys if key != self._place(chord.bass, 0)] or keys
            turn, place = divmod(FINGERS.index(sign), len(above))
            return [self._inside(above[place] + 12 * turn + octaves)]
        if sign in "^v~":
            goal = self._place(following.bass if self._bass else following.root, 0)
            under = -1 if sign == "^" else 1 if sign == "v" else _step_under(goal, scale)
            return [self._inside(goal + under + octaves)]
        chord = extended(chord) if self.lane.extend else chord
        if self._bass and sign in ("1", "8"):
            return [self._place(chord.bass, octaves + (12 if sign == "8" else 0))]
        return [self._place(chord.root, octaves + degree_above(sign, chord, scale))]

    def _place(self, root: int, above: int) -> int:
        lowest = self.lane.lowest
        return self._inside(lowest + (root - lowest) % 12 + above)

    def _inside(self, key: int) -> int:
        return fold_pitch(key, self.lane.lowest, self.lane.highest)


def _step_under(goal: int, scale: frozenset[int]) -> int:
    return -1 if not scale or (goal - 1) % 12 in scale else -2
