"""`mood`: plays nothing and steers all who do: valence and arousal by hand, pedal, a line of words, or a cue list to a picture;
[player process].

The words or the cue list say where the mood is, the hand bends it from there. It is told to everybody with each beat and each
change; what it does to each is in affect, and the follower turns the mode of the chart (follower.colour).
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.limits import TEMPO_BPM
from realtime.contract.option import Option
from realtime.contract.param import Param
from realtime.music.cue_list import Cue, mood_at, read_cues
from realtime.music.mood_words import Mood, mood_of
from realtime.native.errors import AntiphonError
from realtime.players.plan import Moment, Planned
from realtime.players.player import Player

PEDALS = ("off", "arousal", "valence")
PARAMS = (
    Param("valence", "Valence", "", -1.0, 1.0, 0.0, doc="Sad to happy: minor and major, register, articulation."),
    Param("arousal", "Arousal", "", -1.0, 1.0, 0.0, doc="Calm to excited: loudness, density, register, length, feel."),
    Param("leads", "Leads", curve="bool", default=1.0, doc="Off: nobody is steered."),
    Param("glide_s", "Glide", "s", 0.0, 30.0, 1.5, doc="Time in which it follows hand, pedal and words."),
    Param("modes", "Turns the mode", curve="bool", default=1.0, doc="Valence makes a chart minor or major."),
    Param("tempo_reach", "Moves the tempo", "%", 0.0, 25.0, 0.0, doc="By so much at full arousal; 0: not at all."),
    Param("pedal", "Pedal moves", "", 0, 2, 0, curve="enum", labels=PEDALS, doc="From -1 at the heel to 1 at the toe."),
    Param("pedal_cc", "Pedal", "controller", 0.0, 127.0, 11.0, stepped=True, doc="11: expression; 1: the wheel."),
)  # fmt: skip
STEP = 0.01
"""A change that is worth telling."""
TELL_BEATS = 1.0
"""Unchanged it is told so often: it leads no longer than it lives."""
TEMPO_STEP, SAME_BPM = 0.05, 1e-3
MOST_TEMPI = 64
"""Of those it said so many may yet come back to it as what is heard."""


class MoodPlayer(Player):
    """A player without lanes. Without words and cues the hand alone leads; such as cannot be read are told, and left out."""

    name = "mood"
    PARAMS = PARAMS
    LANES = ()
    OPTIONS = (
        Option("text", "", doc="Words that say the mood, like: tender, slightly uneasy."),
        Option("cues", "", doc="What is to be felt when: 0:00 calm | 0:45 rising tension | 1:30 triumph, or by bar 9."),
    )

    def __init__(self, *package: Any, **common: Any):
        super().__init__(*package, **common)
        self.cues: list[Cue] = []
        self.words = Mood(0.0, 0.0)
        try:
            self.cues = read_cues(self.options["cues"])
            text = self.options["text"].strip()
            self.words = mood_of(text) if text else self.words
        except AntiphonError as error:
            self.warning = f"mood leads by hand alone: {error}"
        self.seconds = 0.0
        """Of the song, from its beginning."""
        self._pedal = 0.0
        self._hand: Mood | None = None  # where the glide is
        self._beat: float | None = None
        self._said: tuple[float, float, int] | None = None
        self._said_at = -math.inf
        self._tempo: float | None = None  # the song's own; None: it is left alone
        self._tempi: deque[float] = deque(maxlen=MOST_TEMPI)  # said last

    # -- hearing -------------------------------------------------------------------------------------------------------

    def hear_controller(self, beat: float, number: int, value: float, channel: int) -> None:
        if number == int(self.values["pedal_cc"]) and self.values["pedal"]:
            self._pedal = 2.0 * value - 1.0

    # -- time ----------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        now = self.now
        passed = 0.0 if self._beat is None else max(0.0, now.beat - self._beat) * 60.0 / now.tempo_bpm
        self._beat = now.beat
        if now.playing and not now.counting:
            self.seconds += passed
        self._glide(passed)
        self._say(self.mood)
        self._lead_tempo()

    def locate(self, now: Moment) -> None:
        super().locate(now)
        self.seconds = max(0.0, now.song_beat) * 60.0 / now.tempo_bpm
        self._beat, self._said = now.beat, None

    def take(self) -> list[Planned]:
        out, self._out = self._out, []
        return out

    def _glide(self, passed_s: float) -> None:
        wanted = self.values["valence"], self.values["arousal"]
        pedal = PEDALS[int(self.values["pedal"])]
        bent = Mood(
            wanted[0] + self._pedal * (pedal == "valence") + self.words.valence * (not self.cues),
            wanted[1] + self._pedal * (pedal == "arousal") + self.words.arousal * (not self.cues),
        )
        time_s = self.values["glide_s"]
        if self._hand is None or time_s <= 0.0:
            self._hand = bent
            return
        most = passed_s * 2.0 / time_s  # from end to end within the time
        self._hand = Mood(*(a + min(most, max(-most, b - a)) for a, b in zip(self._hand, bent, strict=True)))

    @property
    def mood(self) -> Mood:
        """Where it leads by now: what cues or words say, bent by hand and pedal."""
        hand = self._hand or Mood(0.0, 0.0)
        scored = Mood(0.0, 0.0)
        if self.cues:
            now = self.now
            bar = now.bar + (now.beat - now.bar_start_beat) / now.bar_beats
            scored = mood_at(self.cues, bar if self.cues[0].in_bars else self.seconds)
        return Mood(*(min(1.0, max(-1.0, a + b)) for a, b in zip(scored, hand, strict=True)))

    @property
    def leading(self) -> bool:
        """Whether it steers anybody."""
        return self.values["leads"] >= 0.5 and self.values["mute"] < 0.5 and self.values["playing"] >= 0.5

    def _say(self, mood: Mood) -> None:
        bits = wire.MOOD_LEADS | (wire.MOOD_MODES if self.values["modes"] >= 0.5 else 0) if self.leading else 0
        said = (mood.valence, mood.arousal, bits)
        former = self._said
        if not bits and (former is None or not former[2]):
            return
        changed = (
            former is None or bits != former[2] or max(abs(a - b) for a, b in zip(said, former, strict=True)) >= STEP
        )
        if changed or self.now.beat - self._said_at >= TELL_BEATS:
            self._said, self._said_at = said, self.now.beat
            self.news = f"valence {mood.valence:+.1f}, arousal {mood.arousal:+.1f}" if bits else "leads nobody"
            self._out.append(Planned(wire.MOOD, 0, self.now.beat, number=bits, value=mood.valence, value2=mood.arousal))

    def _lead_tempo(self) -> None:
        """The tempo goes with arousal; a hand that sets another one sets the song's own."""
        reach = self.values["tempo_reach"] / 100.0 if self.leading else 0.0
        if not self.now.playing or (reach == 0.0 and self._tempo is None):
            return
        heard = self.now.tempo_bpm
        if self._tempo is None or not any(abs(heard - said) < SAME_BPM for said in self._tempi):
            self._tempo = heard
            self._tempi.append(heard)
        wanted = min(TEMPO_BPM[1], max(TEMPO_BPM[0], self._tempo * (1.0 + reach * self.mood.arousal)))
        if abs(wanted - self._tempi[-1]) >= TEMPO_STEP:
            self._tempi.append(wanted)
            self._out.append(Planned(wire.PLAN_TEMPO, 0, self.now.beat, value=wanted))
        if reach == 0.0:
            self._tempo = None


PLAYER = MoodPlayer
