"""The follower: hears what is played, says what the music is; one a scene, served like a player; [player process]."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from realtime.contract import player_wire as wire
from realtime.contract.option import Option
from realtime.contract.param import Param
from realtime.models.changes import Changes
from realtime.music.chart_text import read_text
from realtime.music.chord import Chord
from realtime.music.chord_table import ORDER, mask_of
from realtime.music.keyfinding import MODES, read_key
from realtime.music.scale import key_classes
from realtime.native.errors import AntiphonError
from realtime.players.affect import mood_leads
from realtime.players.follower.colour import Colour
from realtime.players.follower.course import Course, Said
from realtime.players.follower.feel import Feel
from realtime.players.follower.harmony import Harmony
from realtime.players.follower.novelty import Novelty
from realtime.players.follower.pulse import Pulse
from realtime.players.follower.tonality import Tonality
from realtime.players.follower.who import ALL, HEARD, LEFT_HAND, OFF, Who
from realtime.players.hearing import Hearing
from realtime.players.plan import Moment, Planned
from realtime.players.player import Player

STEP = 0.02
"""A change of intensity or mood that is worth telling."""
FREE_BARS = 4.0
"""While nobody has played for so long, the mode of the key is free."""
OLDEST_BEATS = 2.0
"""What began so long ago, and is only heard now, is told as of now."""


class Follower(Player):
    """A player without lanes: what it says are records of wire.TOLD_KINDS."""

    name: ClassVar[str] = "follower"
    LANES: ClassVar[tuple[str, ...]] = ()
    MODEL: ClassVar[str] = "changes"
    PARAMS: ClassVar[tuple[Param, ...]] = (
        Param("push", "Intensity by hand", "", -1.0, 1.0, -1.0, doc="Below 0: as it is played."),
    )
    OPTIONS: ClassVar[tuple[Option, ...]] = (
        Option("chords", ALL, doc="Whose notes make the chords."),
        Option("zone_low", 0.0, 0.0, 127.0, doc="The lowest key of the left hand."),
        Option("zone_high", 59.0, 0.0, 127.0, doc="The highest."),
        Option("lag_beats", 0.0, 0.0, 4.0, "beats", doc="How long it waits before it names a chord."),
        Option(
            "beat", OFF, choices=(OFF, LEFT_HAND, ALL), doc="Whose strokes lead tempo and beat, where no clock does."
        ),
        Option("sections", OFF, choices=(OFF, HEARD), doc="Whether it names sections by ear, where no chart does."),
        Option("key", "", doc='The key to begin with, like "A minor".'),
        Option("chart", "", doc="The chords, bar by bar, as music.chart_text reads them; it leads."),
        Option("transpose", 0.0, -11.0, 11.0, "st", doc="The chart, beyond the key of the scene."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        options = self.options
        self._who = Who.read(options["chords"], (int(options["zone_low"]), int(options["zone_high"])))
        changes = self.load_model(Changes)
        if changes is None:
            raise AntiphonError(f"the follower needs its model: {self.warning}")
        given = read_key(options["key"])
        self._course: Course | None = None
        if options["chart"].strip():
            chart = read_text(options["chart"]).in_key(given).transposed(int(options["transpose"]))
            self._course, given = Course(chart), chart.key or given
        tonality = self._tonality = Tonality(changes.net(), given)
        self._harmony = Harmony(changes, tonality, options["lag_beats"], self._who.led)
        self._feel = Feel(Path(self.package).with_name("mood.onnx") if self.package else None)
        self._pulse = Pulse() if options["beat"] != OFF else None
        self._zone = (options["zone_low"], options["zone_high"])
        charted = self._course is not None and bool(self._course.chart.sections)
        self._novelty = Novelty() if options["sections"] == HEARD and not charted else None
        self._said: dict[int, object] = {}
        self._bar = 0.0
        self._colour = Colour()
        self._hand = -math.inf  # the beat at which somebody played last

    # -- what it hears -------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        self._hand = beat
        self._harmony.note_on(beat, key, channel, self._who.leads(key, channel), self.now)
        self._feel.note_on(beat, key, velocity)
        if self._novelty is not None:
            self._novelty.note_on(key, velocity)
        if self._pulse is not None and (self.options["beat"] == ALL or self._zone[0] <= key <= self._zone[1]):
            led = self._pulse.stroke(beat, self.now.tempo_bpm)
            if led is not None:
                self._say(wire.PLAN_TEMPO, beat, value=led)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        self._harmony.note_off(beat, key, channel, self.now)
        self._feel.note_off(beat, key)

    def hear_pedal(self, beat: float, down: bool, channel: int) -> None:
        self._harmony.pedal(beat, down, channel)

    def hear(self, record) -> None:
        """One wire.LISTEN record."""
        Hearing.hear(self, record)

    # -- what it says --------------------------------------------------------------------------------------------------

    def play(self) -> None:
        now = self.now
        if self._pulse is not None:
            self._pulse.tick(now.beat, now.tempo_bpm)
        self._choose_mode()
        if self._course is not None:
            self._say_course(self._course.due(now))
        if self._harmony.tick(now) and not self._who.chart:
            self.say_chord(max(self._harmony.since, now.beat - OLDEST_BEATS), self._harmony.now)
        self._feel.tick(now)
        if now.bar_start_beat != self._bar:
            self._bar = now.bar_start_beat
            self._feel.listen(now)
            self._say_heard_section(now)
        self._say_key()
        self._say_feel()

    def forget(self) -> None:
        """The song has jumped, or all is silent: what sounded is over; what was heard of the key stays."""
        self._harmony.lift_all()
        if self._course is not None:
            self._course.clear()

    def take(self) -> list[Planned]:
        out, self._out = self._out, []
        return out

    def say_chord(self, beat: float, chord: Chord | None) -> None:
        """A chord from a beat on; None: none."""
        if chord is None:
            self._say(wire.CHORD, beat, key=-1)
            return
        number = ORDER[chord.quality]
        self._say(wire.CHORD, beat, key=chord.root, number=number, bass=chord.bass, classes=chord.mask)

    def _choose_mode(self) -> None:
        """Major or minor by the mood that leads, from the next bar line on: of the chart's chords, and of the key while nobody
        plays: what hands play, they play in a mode of their own."""
        key = self._tonality.now
        free = self._who.chart or self.now.beat - self._hand > FREE_BARS * self.now.bar_beats
        wants = free and key is not None and self.told.modes and mood_leads(self.told, self.now.beat)
        mode = self._colour.wanted(key.mode, self.told.valence) if wants and key is not None else ""
        if self._colour.turn(mode, self.now) and self._course is not None:
            self._course.clear()  # all that it said of what comes is said anew

    def _say_course(self, due: list[Said]) -> None:
        key = self._tonality.now
        if self._who.chart and key is not None:
            due = self._colour.coloured(due, key)
        for said in due:
            if said.section is not None:
                number = wire.SECTIONS.index(said.section.kind)
                self._say(wire.SECTION, said.beat, number=number, value=float(said.section.bars))
            elif said.metre is not None:
                self._say(wire.PLAN_METRE, said.beat, key=said.metre[0], number=said.metre[1])
            elif self._who.chart:
                self.say_chord(said.beat, said.chord)

    def _say_heard_section(self, now: Moment) -> None:
        name = self._novelty.bar(now) if self._novelty is not None else None
        if name:
            self._say(wire.SECTION, now.bar_start_beat, number=wire.SECTIONS.index(name))

    def _say_key(self) -> None:
        key = self._tonality.now
        if key is not None:
            key = replace(key, mode=self._colour.at(self.now.beat) or key.mode)
        if key is None or self._said.get(wire.KEY) == (key.tonic, key.mode):
            return
        self._said[wire.KEY] = (key.tonic, key.mode)
        classes = mask_of(key_classes(key.tonic, key.mode))
        self._say(wire.KEY, self.now.beat, key=key.tonic, number=MODES.index(key.mode), classes=classes)

    def _say_feel(self) -> None:
        push = self.values["push"]
        intensity = push if push >= 0.0 else self._feel.intensity
        for kind, values in ((wire.INTENSITY, (intensity, 0.0)), (wire.MOOD, self._feel.mood)):
            if values is None or values[0] is None or (kind == wire.MOOD and mood_leads(self.told, self.now.beat)):
                continue
            former = self._said.get(kind)
            if former is None or max(abs(a - b) for a, b in zip(values, former, strict=True)) >= STEP:  # type: ignore
                self._said[kind] = values
                self._say(kind, self.now.beat, value=values[0], value2=values[1])

    def _say(self, kind: int, beat: float, **fields) -> None:
        self._out.append(Planned(kind, self.now.jumps, beat, **fields))
