"""`harmoniser`: other chords for your tune, a little ahead of it, and told to the rest of the band; by the field of `changes`, or
by rule without it; [player process].

It decides a step (from strong beat to strong beat) before it begins, from what it has heard and from what a phrase that
returns will bring. Where your note on the beat does not fit, it turns within the beat.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.param import Param
from realtime.models.changes import STYLES, Changes
from realtime.models.changes.code import NO_CHORD, chord_of
from realtime.music.chord import Chord
from realtime.music.keyfinding import Key, pitch_class_weights, rank_keys
from realtime.music.metre import strong_beats
from realtime.music.sequence import Note
from realtime.players import coda
from realtime.players.coda import ON_TIME_BEATS, Coda
from realtime.players.comping import Comper
from realtime.players.pad import LONGEST_BEATS, Pad
from realtime.players.player import Player
from realtime.players.reharmony import BEHIND_BARS, REMEMBERED_BARS, Melody, Reharmoniser, Wishes
from realtime.players.tune import Tune

LANES = ("chords", "bass")
CHORDS, BASS = range(2)
PARAMS = (
    Param("style", "Style", "", 0, len(STYLES) - 1, 1, curve="enum", labels=STYLES),
    Param("novelty", "Novelty", "", -1.0, 1.0, 0.5, doc="A phrase that returns: -1 with its chords, 1 with others."),
    Param("colour", "Colour", "nats", -2.0, 2.0, 0.0, doc="Sevenths and altered chords against triads."),
    Param("pace", "Chords a bar", "", 0.1, 3.0, 1.0, curve="log", doc="How soon it tires of a chord."),
    Param("temperature", "Temperature", "", 0.0, 2.0, 0.3, doc="0: the likeliest chords."),
    Param("ahead_beats", "Ahead", "beats", 0.1, 2.0, 0.5, curve="log", doc="Less: it hears more of you first."),
    Param("announce", "Lead the band", curve="bool", default=1.0, doc="The others play on its chords."),
    *coda.PARAMS,
    Param("melody_channel", "Tune on", "channel", 0.0, 16.0, 0.0, stepped=True, doc="0: the highest note is the tune."),
)
AHEAD_STEPS = 4
"""Steps that the search looks beyond the one it decides."""
TURN_BEATS = 0.3
"""So soon after it began a step is turned."""
FEWEST_NOTES = 4
"""Before that nobody knows the key, unless it was told."""
KEY_NOTES = 64
THIN = 0.3
VELOCITY = {CHORDS: 0.5, BASS: 0.62}
DRUMS = 9


class HarmoniserPlayer(Player):
    """It goes by your tune and the key alone: chords that others name are not its own."""

    name = "harmoniser"
    PARAMS = PARAMS
    SHAPES = frozenset({"density", "intensity", "guard"})
    LANES = LANES
    MODEL = "changes"
    LADDER = ("model", "rules")

    def __init__(
        self,
        package: str | Path | None = None,
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        **values: float,
    ):
        super().__init__(package, seed, options, **values)
        self.reharmoniser = Reharmoniser(self.load_model(Changes))
        self.melody, self.tune, self.coda = Melody(), Tune(), Coda()
        self.pad, self.comper = Pad(), Comper()
        self._next: float | None = None  # the step to decide next; None: it does not play
        self._metre = (0.0, 0, 0)
        self._steps: list[tuple[float, int]] = []  # (beat, label) that were decided
        self._bass_until = 0.0
        self._entered = False

    # -- hearing -------------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        if channel == DRUMS or self.source >= wire.FIRST_PLAYER:
            return
        self._advance(beat)
        self.coda.hear_note(beat, self.tune.rests(beat) / self.now.bar_beats)
        self._entered |= not self.coda.closed
        if self.tune.note_on(beat, key, channel, int(self.values["melody_channel"])):
            self.melody.on(beat, key)
            self._turn(beat, key)
        self._advance(beat)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        if channel == DRUMS or self.source >= wire.FIRST_PLAYER:
            return
        self._advance(beat)
        self.tune.note_off(beat, key, channel)
        self.melody.off(beat, key)

    def hear_section(self, beat: float, section: str, bars: float) -> None:
        self.coda.hear_section(beat, section, bars)

    # -- time ----------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        self._advance(self.now.beat)

    def forget(self) -> None:
        self._leave()
        self.melody.clear()
        self.tune.clear()
        self.coda.clear()
        self._steps.clear()
        self._entered = False

    def _leave(self) -> None:
        """Silent from now on."""
        self.release()
        self._next = None
        self.pad.clear()
        self.comper.clear()

    def _advance(self, beat: float) -> None:
        """Decides the steps that are due by a beat, from what was heard until then."""
        if not self.now.playing:
            self.coda.clear()
            if self._next is not None:
                self._leave()
            return
        if self._next is None:
            if self.coda.closed or not self._entered:
                return
            self._next = self.now.next_bar(beat - ON_TIME_BEATS)
            self._metre = (self.now.bar_start_beat, self.now.numerator, self.now.denominator)
            self.serial += 1
        self._heed_bar(beat)
        while self._next is not None and self._next - self.values["ahead_beats"] <= beat + 1e-6:
            if self._next < beat - self.now.bar_beats:  # it was held up
                self._next = self.now.next_bar(beat)
            else:
                self._decide(self._next, max(self._next, min(beat, self._next + TURN_BEATS)))

    def _heed_bar(self, beat: float) -> None:
        """The transport's bars are the bars: in another metre what was decided ahead is void."""
        now = self.now
        if self._next is None or self._metre == (now.bar_start_beat, now.numerator, now.denominator):
            return
        moved = abs((self._metre[0] - now.bar_start_beat) / now.bar_beats % 1.0 - 0.5) < 0.499
        if self._metre[1:] != (now.numerator, now.denominator) or moved:
            self.cancel(beat)
            self.serial += 1
            self._next = now.next_bar(beat)
        self._metre = (now.bar_start_beat, now.numerator, now.denominator)

    def _after(self, beat: float) -> float:
        """The next strong beat."""
        bar = self.now.bar_of(beat)
        inside = [bar + place for place in strong_beats(self.now.numerator, self.now.denominator)]
        return next((place for place in inside if place > beat + 1e-6), bar + self.now.bar_beats)

    # -- chords --------------------------------------------------------------------------------------------------------

    def _decide(self, step: float, at: float) -> None:
        """The chord of a step, sounding from a beat on; the next one is the one behind it."""
        length, bar = self.now.bar_beats, self.now.bar_of(step)
        rested = self.tune.rests(step - self.values["ahead_beats"]) / length
        self._next = self._after(step)
        key = self._key()
        if abs(step - bar) < 1e-6 and self.coda.ends(bar, length, rested, self.values, self.told):
            tonic = (
                Chord(key.tonic, "min" if key.mode == "minor" else "maj") if key else chord_of(self._label(NO_CHORD))
            )
            self._sound(at, tonic, length, 0.8)
            self.damp(bar + length, (), CHORDS)
            self.coda.close(bar, length, self.told)
            self.pad.clear()
            self._next, self._entered = None, False
            return
        if key is None:
            return
        thin = THIN if self.coda.thins(rested, self.values) else 0.0
        label = self._found(step, key)
        self._steps = [row for row in self._steps if row[0] > step - REMEMBERED_BARS * length and row[0] < step - 1e-6]
        self._steps.append((step, label))
        self.melody.forget(step - (REMEMBERED_BARS + BEHIND_BARS) * length)
        self._sound(at, chord_of(label), self._next - at, 1.0 - thin)

    def _found(self, step: float, key: Key) -> int:
        """The label of a step by the search."""
        steps = [step]
        for _ in range(AHEAD_STEPS):
            steps.append(self._after(steps[-1]))
        now, length, bar = self.now, self.now.bar_beats, self.now.bar_of(step)
        heard_to = max(step - self.values["ahead_beats"], min(now.beat, step + TURN_BEATS))
        ahead, back = self.melody.expected(bar, length, steps[-1], heard_to)
        heard = self.melody.between(bar - BEHIND_BARS * length, steps[-1], heard_to)
        heard = [self._lasting(note, heard_to, steps[0]) for note in heard]
        former = {round(beat, 3): label for beat, label in self._steps}
        last_time = {
            k: former[round(beat - back, 3)] for k, beat in enumerate(steps[:-1]) if back and round(beat - back, 3) in former
        }  # fmt: skip
        v = self.values
        wishes = Wishes(STYLES[int(v["style"])], v["novelty"], v["colour"], v["temperature"], v["pace"])
        before = [row for row in self._steps if row[0] < step - 1e-6]
        others = [beat for beat, label in before if label != before[-1][1]]
        held = step - min((beat for beat, _ in before if not others or beat > others[-1]), default=step)
        dice = Random(f"{self.seed}:{self.take_number}:{round(step, 3)}")
        return self.reharmoniser.label(
            steps,
            [*heard, *ahead],
            before[-1][1] if before else None,
            held,
            last_time,
            key,
            now,
            wishes,
            dice,
            self.rung > 0,
        )

    @staticmethod
    def _lasting(note: Note, heard_to: float, step: float) -> Note:
        """What is still down as the step comes is taken to sound into it."""
        if note.end >= heard_to - 1e-6 and note.end < step + 0.25:
            return note._replace(duration=step + 0.25 - note.beat)
        return note

    def _label(self, nothing: int) -> int:
        return self._steps[-1][1] if self._steps else nothing

    def _key(self) -> Key | None:
        """As it is told, else as the tune has it."""
        if self.told.tonic >= 0:
            return Key(self.told.tonic, self.told.mode)
        recent = self.melody.notes[-KEY_NOTES:]
        if len(recent) < FEWEST_NOTES:
            return None
        weights = pitch_class_weights([n.pitch for n in recent], [min(4.0, n.duration) for n in recent])
        return rank_keys(weights)[0]

    def _turn(self, beat: float, key: int) -> None:
        """A note on the beat that does not fit the chord that has just begun: another chord, at once."""
        if self._next is None or not self._steps:
            return
        step, label = self._steps[-1]
        chord = chord_of(label)
        if chord is None or not (step - ON_TIME_BEATS <= beat <= step + TURN_BEATS) or key % 12 in chord.classes:
            return
        tonality = self._key()
        if tonality is None:
            return
        del self._steps[-1]
        found = self._found(step, tonality)
        self._steps.append((step, found))
        if found != label:
            at = max(step, beat + self.lead_beats)
            self.cancel(at)
            self.serial += 1
            self._sound(at, chord_of(found), self._next - at, 1.0)

    def _sound(self, beat: float, chord: Chord | None, length: float, share: float) -> None:
        """A chord from a beat on: what it keeps sounds on, what it does not ends."""
        if chord is None:
            return
        if self.values["announce"] >= 0.5:
            self.tell_chord(beat, chord)
        force = share * 2.0 ** (self.intensity_now - 0.5)
        change = self.pad.change(beat, chord, self.tune.lowest(beat - 2.0 * self.now.bar_beats))
        self.damp(beat, {pitch % 12 for pitch in change.kept}, CHORDS)
        for pitch in change.struck:
            self.plan(beat, LONGEST_BEATS, pitch, min(1.0, VELOCITY[CHORDS] * force), CHORDS)
        bass = self.comper.bass_note(chord, True)
        self.comper.last_bass = bass
        self.damp(beat, (), BASS)
        self.plan(beat, max(0.1, 0.95 * length), bass, min(1.0, VELOCITY[BASS] * force), BASS)


PLAYER = HarmoniserPlayer
