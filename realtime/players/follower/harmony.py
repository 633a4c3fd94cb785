"""The chord, from all that is played: by the stroke where a full chord is struck, by the hidden Markov model of `changes`
where notes come one after another; [player process].

The model hears half beats, and the one that now sounds as if it went on; it is asked after every stroke and at every
frame's end. Another chord is named when it is clearly likelier than the one that was named last.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from realtime.models.changes import Changes, Frame
from realtime.models.changes.code import chord_of, label_of
from realtime.music.chord import Chord
from realtime.players.follower.held import GATHER_S, ROLL_S, Held, chords_of
from realtime.players.follower.tonality import Tonality
from realtime.players.plan import Moment

RECENT_FRAMES = 16
CLEARER = 1.2
"""Another chord must be so much likelier than the one named last."""
PLAUSIBLE, SOLID = 0.5, 0.02
"""How likely the chord of a stroke must be against the likeliest; less, and some of its notes pass. Of many keys at once
less is asked, of one fewer with the root below."""
SOLID_KEYS = 5
LEAPS = 4
"""A line of which every other step is as large is no melody, but a broken chord."""
RINGING_BEATS = 1.5
"""So long the note of a broken chord is heard after its end."""
DRUMS = 9


class Harmony:
    """now: the chord named last, from beat `since` on. led: whether some keys lead and the others do not (a zone, a channel):
    then a chord that is struck holds until another comes."""

    def __init__(self, changes: Changes, tonality: Tonality, lag_beats: float = 0.0, led: bool = False):
        # where all is heard, what follows so closely may be the melody's
        self.held = Held(ROLL_S if led else GATHER_S)
        self._tonality, self._led = tonality, led
        self._all, self._melody = changes.live("notes", lag_beats), changes.live("melody", lag_beats)
        self._all.on_frame, self._melody.on_frame = self._frame, self._count_voices
        self._voices: deque[int] = deque(maxlen=RECENT_FRAMES)
        self._line: deque[int] = deque(maxlen=2 * RECENT_FRAMES)
        self._struck_since = 0
        self.clear()

    def clear(self) -> None:
        """Nothing was heard."""
        self.held.clear()
        self._tonality.clear()
        self._bar: tuple[float, int, int] | None = None
        self._voices.clear()
        self._line.clear()
        self._ringing: dict[int, float] = {}
        self._looked = 0
        self._by_stroke = False
        self.now: Chord | None = None
        self.since = 0.0

    def tick(self, now: Moment) -> bool:
        """Time goes on; True if another chord is named."""
        self._place(now)
        for key in [key for key, beat in self._ringing.items() if beat <= now.beat]:
            self._all.note_off(key, self._ringing.pop(key))
        for live in (self._all, self._melody):
            live.advance(now.beat)
        named = False
        if self.held.over(now.beat, now.tempo_bpm):
            named = self._stroke(*self.held.take())
            self._looked = self._all.frame
        elif self._all.frame != self._looked and not self.held.waiting:
            self._looked = self._all.frame
            named = self._consider(now.beat, ended=True)
        return named

    def note_on(self, beat: float, key: int, channel: int, leads: bool, now: Moment) -> None:
        """A key that is heard goes down; leads: whether it belongs to those that lead."""
        if channel == DRUMS:
            return
        self._place(now)
        if leads:
            self.held.strike(beat, key, channel, now.tempo_bpm)
            self._struck_since += 1
        if leads or not self._led:
            self._line.append(key)
            self._ringing.pop(key, None)
            self._all.note_on(key, beat)
            self._melody.note_on(key, beat)

    def note_off(self, beat: float, key: int, channel: int, now: Moment) -> None:
        """A key goes up."""
        self.held.lift(beat, key, channel, now.tempo_bpm)
        if key in self.held.sounding:
            return
        self._melody.note_off(key, beat)
        if self._broken and key in self._all.sounding:
            self._ringing[key] = beat + RINGING_BEATS
        else:
            self._all.note_off(key, beat)

    def pedal(self, beat: float, down: bool, channel: int) -> None:
        """The sustain pedal."""
        former = self.held.sounding
        self.held.pedal(down, channel)
        for key in set(former) - set(self.held.sounding):
            self._all.note_off(key, beat)
            self._melody.note_off(key, beat)

    def lift_all(self) -> None:
        """All keys are up."""
        for key in self.held.sounding:
            self._all.sounding.pop(key, None)
            self._melody.sounding.pop(key, None)
        self._all.sounding.clear()
        self._ringing.clear()
        self.held.clear()
        self.now = None

    def _place(self, now: Moment) -> None:
        bar = (round((now.bar_start_beat % now.bar_beats) * 96), now.numerator, now.denominator)
        if self._bar is None:
            for live in (self._all, self._melody):
                live.begin(now.numerator, now.denominator, now.bar_start_beat)
        elif bar != self._bar:
            for live in (self._all, self._melody):
                live.bar_line(now.bar_start_beat, now.numerator, now.denominator)
        self._bar = bar

    def _count_voices(self, frame: Frame) -> None:
        voices = int((frame.sounding > 0.4).sum())
        if voices:
            self._voices.append(voices)

    def _frame(self, frame: Frame) -> None:
        alone = self._alone
        self._tonality.hear(
            frame.sounding, frame.onsets, frame.bass, frame.place, None if alone else self._all.filter.keys()
        )

    @property
    def _single(self) -> bool:
        """Whether one note after the other has been heard of late."""
        return bool(self._voices) and sum(v > 1 for v in self._voices) <= len(self._voices) // 8

    @property
    def _leaps(self) -> bool:
        steps = sorted(abs(b - a) for a, b in pairwise(self._line))
        return bool(steps) and steps[len(steps) // 2] >= LEAPS

    @property
    def _alone(self) -> bool:
        """Whether a melody alone has been heard of late."""
        return self._single and not self._leaps

    @property
    def _broken(self) -> bool:
        """Whether chords are being broken: their notes are heard as if they rang on."""
        return self._single and self._leaps

    def _stroke(self, began: float, keys: list[int]) -> bool:
        chord = self._chord_of(keys)
        if chord is not None:
            self._by_stroke, self._struck_since = True, 0
            # where the melody is heard too, its notes are no reason to name the same chord again
            if self._led or label_of(chord) != label_of(self.now) or chord.bass != self._bass:
                return self._name(chord, began)
            return False
        return self._consider(began, ended=False)

    def _chord_of(self, keys: list[int]) -> Chord | None:
        """The chord of what was struck; None where it is none, or where it rather has passing notes of a melody in it."""
        chords = chords_of(keys)
        if self._led or not chords:
            return chords[0] if chords else None
        plain = [chord for chord in chords if not chord.added and not chord.omitted] or chords
        chances = self._all.chances()
        best = max(plain, key=lambda chord: chances[label_of(chord)])
        rooted = keys[0] % 12 == best.root
        another = self.now is None or best.root != self.now.root  # on the same root it may be the melody's note
        enough = SOLID if another and len(keys) >= SOLID_KEYS - rooted else PLAUSIBLE
        return best if chances[label_of(best)] > enough * chances.max() else None

    def _consider(self, beat: float, ended: bool) -> bool:
        """What the model holds most likely now."""
        if self._led and self._by_stroke and (self.held.held or not self._struck_since):
            return False
        live = self._melody if self._alone else self._all
        chances = live.chances()
        best = int(chances.argmax())
        told = label_of(self.now)
        if best == told or (self.now is not None and chances[best] < CLEARER * chances[told]):
            return False
        found = chord_of(best)
        if found is None:
            return False  # silence: the last chord holds
        self._by_stroke = False
        self._struck_since = 0
        return self._name(self._with_bass(found), beat)

    @property
    def _bass(self) -> int:
        return -1 if self.now is None else self.now.bass

    def _with_bass(self, chord: Chord) -> Chord:
        sounding = self.held.sounding
        bass = sounding[0] % 12 if sounding else chord.root
        return Chord(chord.root, chord.quality, bass if bass in chord.classes else chord.root)

    def _name(self, chord: Chord, beat: float) -> bool:
        if chord == self.now:
            return False
        self.now, self.since = chord, beat
        return True
