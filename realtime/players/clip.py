"""`clip`: plays a MIDI file on the beat, from the next bar line on, looped or once; [player process].

Each of the file's channels is a lane. The file's own tempo does not count: it goes with the transport. A round is as long
as the file, filled up to a whole bar of the file's metre, so that it comes back on its own bar line.
"""

from __future__ import annotations

import math
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.option import Option
from realtime.contract.param import Param
from realtime.music.midifile import read_midi
from realtime.music.sequence import Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.players.controls import OFF
from realtime.players.plan import Moment
from realtime.players.player import Player

PARAMS = (
    Param("transpose", "Transpose", "st", -36.0, 36.0, 0.0, stepped=True, doc="All its channels but the drums'."),
    Param("looped", "Looped", curve="bool", default=1.0, doc="Round and round, or once."),
    Param("guard", "Guard", "", 0, 3, OFF, curve="enum", labels=("off", "key", "chord", "strict"),
          doc="Keeps to the key, on strong beats to the chord, or to the chord alone."),
    Param("polyphony", "Polyphony", "notes", 1.0, 256.0, 256.0, stepped=True, doc="Notes at once, over all its channels."),
    Param("mood", "Heeds the mood", "", 0.0, 1.0, 0.0, doc="How far a mood that leads steers it; 0: not at all."),
    Param("follow", "Follow", "", 0.0, 1.0, 0.0, doc="How far the intensity that is heard moves its own."),
)  # fmt: skip
LANES = tuple(f"channel_{number}" for number in range(1, wire.LANES + 1))
DRUMS = 9
AHEAD_BEATS, AHEAD_S = 2.0, 0.5
"""How far ahead it plans."""
NEAR_BEATS = 0.02
"""A bar line so little ago is not yet over: the bar begins with it."""


class ClipPlayer(Player):
    """The file is in its options; without one, or with one that cannot be read, it is silent and says why."""

    name = "clip"
    PARAMS = PARAMS
    LANES = LANES
    UNPITCHED = frozenset({LANES[DRUMS]})
    OPTIONS = (Option("file", doc="A MIDI file."),)

    def __init__(self, *package: Any, **common: Any):
        super().__init__(*package, **common)
        self.notes: list[Note] = []
        self.length = 0.0
        self._start: float | None = None  # the bar line at which it began, as a beat
        self._next = 0  # notes played so far, over all rounds
        self._transpose = 0
        try:
            self._load()
        except AntiphonError as error:
            self.warning = f"{self.name} is silent: {error}"

    def _load(self) -> None:
        if "file" not in self.options:
            raise AntiphonError('say which MIDI file it plays: options = { file = "tune.mid" }')
        music = read_midi(self.options["file"])
        if not music.notes:
            raise AntiphonError(f"MIDI file {self.options['file']}: there is no note in it; name one with music.")
        self.notes = sorted(music.notes, key=lambda note: (note.beat, note.channel, note.pitch))
        self.length = round_beats(music)

    # -- playing ------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        if not self.notes or not self.now.playing:
            return
        if self._start is None:
            self._start = next_bar(self.now)
            self.serial += 1
        if self._transpose != int(self.values["transpose"]):
            self._again()
        until = self.now.beat + max(AHEAD_BEATS, AHEAD_S * self.now.tempo_bpm / 60.0)
        while (found := self._note()) is not None and found.beat < until:
            self._next += 1
            if found.beat >= self.now.beat - wire.LATE_BEATS:  # what a long wait has missed stays away
                length = min(found.duration, wire.LONGEST_BEATS)
                self.plan(found.beat, length, found.pitch, max(1.0 / 127.0, found.velocity), found.channel)

    def _note(self) -> Note | None:
        """The next note, where and as it is played; None: it is over."""
        assert self._start is not None
        turn, place = divmod(self._next, len(self.notes))
        if turn and not self.values["looped"]:
            return None
        note = self.notes[place]
        pitch = note.pitch
        if note.channel != DRUMS:
            pitch += self._transpose
            while not 0 <= pitch <= 127:  # the octave that there is
                pitch += 12 if pitch < 0 else -12
        return note._replace(beat=self._start + turn * self.length + note.beat, pitch=pitch)

    def _again(self) -> None:
        """Transposed: what is planned and has not begun is planned anew."""
        self.cancel(self.now.beat)
        self.serial += 1
        self._transpose = int(self.values["transpose"])
        while self._next > 0:
            self._next -= 1
            note = self._note()
            if note is None or note.beat < self.now.beat:
                self._next += 1
                break

    def forget(self) -> None:
        super().forget()
        self._start, self._next = None, 0


def round_beats(music: NoteSequence) -> float:
    """Length of a round: up to the end of the bar in which the last note ends, by the file's metres."""
    end = max(note.end for note in music.notes)
    metre = music.metre_at(end - 1e-6)
    return metre.beat + math.ceil((end - metre.beat) / metre.bar_beats - 1e-3) * metre.bar_beats


def next_bar(now: Moment) -> float:
    """The bar line that comes, or has just come."""
    bars = math.ceil((now.beat - now.bar_start_beat - NEAR_BEATS) / now.bar_beats)
    return now.bar_start_beat + max(0, bars) * now.bar_beats


PLAYER = ClipPlayer
