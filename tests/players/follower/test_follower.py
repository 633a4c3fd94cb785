"""What the follower says of what is played: chords at once, keys that hold, intensity and mood, in any metre and at any tempo."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord_table import ORDER, QUALITIES
from realtime.native.errors import AntiphonError
from realtime.players.follower import Follower
from realtime.players.follower.held import Held, chords_of
from realtime.players.follower.who import Who
from realtime.players.plan import Planned
from realtime.players.registry import player_names, served_class
from realtime.session.paths import MODELS

TICK_S = 0.01
NAMES = tuple(QUALITIES)
C, F, G7, AM = (48, 64, 67, 72), (41, 65, 69, 72), (43, 65, 71, 74), (45, 64, 69, 72)


def record(kind: int, beat: float, **fields: float) -> np.void:
    found = np.zeros(1, wire.LISTEN)
    for name, value in {"kind": kind, "beat": beat, **fields}.items():
        found[name] = value
    return found[0]


class Gig:
    """Plays to a follower as the engine would; `said`: (beat at which it was said, what)."""

    def __init__(self, tempo_bpm: float = 120.0, metre=(4, 4), **options):
        self.follower = Follower(MODELS / "changes.onnx", options=options)
        self.tempo_bpm, self.metre, self.beat, self.jumps = tempo_bpm, metre, 0.0, 0
        self.said: list[tuple[float, Planned]] = []

    def tell(self, kind: int, **fields: float) -> None:
        self.follower.hear(record(kind, self.beat, **fields))
        self.said += [(self.beat, one) for one in self.follower.take()]

    def run(self, beats: float, playing: bool = True, kind: int = wire.TRANSPORT) -> None:
        bar, end = self.metre[0] * 4.0 / self.metre[1], self.beat + beats
        while self.beat < end - 1e-9:
            self.beat = min(end, self.beat + TICK_S * self.tempo_bpm / 60.0)
            self.tell(
                kind, tempo_bpm=self.tempo_bpm, bar_start_beat=self.beat // bar * bar, numerator=self.metre[0],
                denominator=self.metre[1], playing=int(playing), song_beat=self.beat, number=int(self.beat // bar),
                note_id=self.jumps,
            )  # fmt: skip
            kind = wire.TRANSPORT

    def on(self, *keys: int, channel: int = 0, velocity: float = 0.7) -> None:
        for key in keys:
            self.tell(wire.NOTE_ON, key=key, velocity=velocity, channel=channel)

    def off(self, *keys: int, channel: int = 0) -> None:
        for key in keys:
            self.tell(wire.NOTE_OFF, key=key, channel=channel)

    def play(self, *keys: int, beats: float = 2.0, **more) -> None:
        self.on(*keys, **more)
        self.run(beats - 0.1)
        self.off(*keys, channel=more.get("channel", 0))
        self.run(0.1)

    def all(self, kind: int) -> list[Planned]:
        return [one for _, one in self.said if one.kind == kind]

    @property
    def chords(self) -> list[str]:
        """Root and quality, as said."""
        return [f"{one.key} {NAMES[one.number]}" for one in self.all(wire.CHORD)]


@pytest.mark.parametrize("tempo_bpm", [20.0, 120.0, 400.0])
@pytest.mark.parametrize("options", [{"chords": "channel 2"}, {"chords": "left hand", "zone_high": 80.0}, {}])
def test_a_struck_chord_is_said_within_50_ms(tempo_bpm, options):
    gig = Gig(tempo_bpm, **options)
    gig.run(1.0)
    for number, keys in enumerate((C, F, G7, AM)):
        struck = gig.beat
        gig.on(*keys, channel=1)
        gig.run(0.05 * tempo_bpm / 60.0 + 1e-6)
        assert len(gig.chords) == number + 1, "within 50 ms"
        assert gig.said[-1][1].beat == pytest.approx(struck, abs=0.05 * tempo_bpm / 60.0)
        gig.run(1.8)
        gig.off(*keys, channel=1)
        gig.run(0.2)
    assert gig.chords == ["0 maj", "5 maj", "7 7", "9 min"]


def test_held_chords_are_the_chords_whatever_the_right_hand_plays():
    gig = Gig(chords="left hand")
    gig.run(1.0)
    gig.on(45, 48, 52)
    for key in (72, 74, 77, 80, 83):
        gig.play(key, key + 4, key + 7, beats=1.0)
    gig.off(45, 48, 52)
    gig.run(8.0)
    assert gig.chords == ["9 min"], "it holds until another comes"
    gig.play(43, 47, 50)
    assert gig.chords[-1] == "7 maj"


def test_the_bass_is_said_too():
    gig = Gig(chords="channel 1")
    gig.run(0.5)
    gig.play(40, 60, 67, 72)
    last = gig.all(wire.CHORD)[-1]
    assert (last.key, last.bass, NAMES[last.number]) == (0, 4, "maj") and last.classes == 0b10010001


def test_a_legato_change_is_the_new_chord_alone():
    gig = Gig(chords="channel 1")
    gig.run(0.5)
    gig.on(48, 52, 55)
    gig.run(2.0)
    gig.on(53)  # one voice moves up over the held ones
    gig.run(0.1)
    gig.off(52)
    gig.run(1.0)
    assert gig.chords[-1] == "0 sus4"


def test_a_rolled_chord_is_one_chord_once_it_is_whole():
    gig = Gig(chords="channel 1")
    gig.run(0.5)
    for key in (48, 52, 55, 59):
        gig.on(key)
        gig.run(0.08)
    gig.run(0.5)
    assert gig.chords[-1] == "0 maj7"


def test_a_chord_that_is_let_go_is_no_part_of_one_struck_at_once_after_it():
    gig = Gig(chords="channel 1")
    gig.run(0.5)
    gig.on(*C)
    gig.run(0.06)  # 30 ms
    gig.off(*C)
    gig.on(48, 57, 64)
    gig.run(0.5)
    assert gig.chords == ["0 maj", "9 min"]


def test_keys_that_do_not_lead_sound_under_no_pedal():
    held = Held()
    held.pedal(True, 0)
    held.lift(0.0, 76, 0, 120.0)
    assert held.sounding == []


def test_the_pedal_keeps_what_sounds():
    held = Held()
    held.pedal(True, 0)
    for at, key in enumerate((48, 52, 55)):
        held.strike(at * 1.0, key, 0, 120.0)
        held.lift(at + 0.5, key, 0, 120.0)
    assert str(chords_of(held.take()[1])[0]) == "C"
    held.pedal(False, 0)
    assert held.sounding == []


def test_a_broken_chord_is_heard_from_its_notes():
    gig = Gig()
    gig.run(1.0)
    for keys in ((48, 55, 64, 55), (43, 50, 59, 50), (45, 52, 60, 52), (41, 48, 57, 48)) * 2:
        for key in keys * 2:
            gig.play(key, beats=0.5)
    roots = [key for key, _ in groupby(one.key for one in gig.all(wire.CHORD))]
    assert roots[-4:] == [0, 7, 9, 5] and len(roots) <= 12


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (5, 4), (7, 8)])
def test_any_metre(metre):
    gig = Gig(metre=metre)
    bar = metre[0] * 4.0 / metre[1]
    for keys in (C, F, G7, C):
        gig.play(*keys, beats=bar)
    assert [one.split()[0] for one in gig.chords] == ["0", "5", "7", "0"]


def test_a_metre_that_changes_and_a_song_that_stands():
    gig = Gig()
    gig.play(*C, beats=4.0)
    gig.metre = (7, 8)
    gig.play(*F, beats=3.5)
    gig.on(*G7)
    gig.run(2.0, playing=False)
    assert [one.split()[0] for one in gig.chords] == ["0", "5", "7"]


def test_two_hundred_notes_at_once_and_a_minute_of_silence():
    gig = Gig()
    gig.run(1.0)
    gig.on(*(range(21, 109)), *(range(21, 109)), *(range(40, 64)))
    gig.run(1.0)
    gig.off(*range(21, 109))
    gig.run(120.0)
    before = len(gig.chords)
    gig.play(*F)
    assert len(gig.chords) == before + 1 and gig.chords[-1] == "5 maj"
    assert gig.all(wire.INTENSITY)[-1].value < 0.6


def test_after_a_jump_what_sounded_is_over():
    gig = Gig()
    gig.run(1.0)
    gig.on(*C)
    gig.run(1.0)
    gig.jumps = 1
    gig.run(0.1, kind=wire.LOCATE)
    gig.on(*F)
    gig.run(1.0)
    assert gig.chords == ["0 maj", "5 maj"] and gig.all(wire.CHORD)[-1].serial == 1


def test_the_key_is_said_once_it_is_clear_and_does_not_flicker():
    gig = Gig()
    for keys in (C, F, G7, C, AM, F, G7, C) * 2:
        gig.play(*keys)
    keys = [(one.key, one.number) for one in gig.all(wire.KEY)]
    assert keys[-1] == (0, wire.MODES.index("major")) and len(keys) <= 2
    assert gig.all(wire.KEY)[0].classes >> 4 & 1 and not gig.all(wire.KEY)[-1].classes >> 6 & 1


def test_a_modulation_is_followed_within_four_bars():
    gig = Gig()
    turn = (C, F, G7, C)
    for keys in turn * 3:
        gig.play(*keys)
    at = gig.beat
    for keys in turn * 3:
        gig.play(*(key + 4 for key in keys))
    heard = [beat for beat, one in gig.said if one.kind == wire.KEY and one.key == 4 and beat > at]
    assert heard and heard[0] - at <= 16.0
    assert gig.all(wire.KEY)[-1].key == 4


def test_the_key_of_the_scene_is_where_it_begins():
    gig = Gig(key="Eb major")
    gig.run(0.1)
    assert [(one.key, one.number) for one in gig.all(wire.KEY)] == [(3, 0)]
    gig.play(*C, beats=1.0)
    assert len(gig.all(wire.KEY)) == 1, "one foreign chord is no other key"


def test_intensity_follows_the_hands():
    gig = Gig()
    for _ in range(8):
        gig.play(60, 64, 67, beats=2.0, velocity=0.3)
    soft = gig.all(wire.INTENSITY)[-1].value
    for _ in range(16):
        gig.play(60, 64, 67, 72, beats=0.5, velocity=0.95)
    loud = gig.all(wire.INTENSITY)[-1].value
    assert soft < 0.4 < 0.7 < loud
    gig.follower.set("push", 0.1)
    gig.run(1.0)
    assert gig.all(wire.INTENSITY)[-1].value == pytest.approx(0.1)


def test_the_mood_is_said_at_bar_lines():
    gig = Gig(tempo_bpm=140.0)
    for keys in (C, F, G7, C) * 4:
        gig.play(*(key + 12 for key in keys), beats=1.0, velocity=0.9)
    moods = gig.all(wire.MOOD)
    assert moods and all(-1.0 <= one.value <= 1.0 and -1.0 <= one.value2 <= 1.0 for one in moods)


def test_a_chart_leads_and_hands_do_not():
    gig = Gig(chart="[verse]\n| C | F |\n[chorus]\n| G |", chords="chart")
    gig.play(*AM, beats=4.0)
    gig.run(8.0)
    roots = [(one.beat, one.key) for one in gig.all(wire.CHORD)]
    assert [key for _, key in roots] == [0, 5, 7, 0, 5] or [key for _, key in roots][:4] == [0, 5, 7, 0]
    sections = [(round(one.beat), one.number) for one in gig.all(wire.SECTION)]
    assert (8, wire.SECTIONS.index("chorus")) in sections and (12, wire.SECTIONS.index("verse")) in sections


def test_a_chart_is_in_the_key_of_the_scene():
    gig = Gig(chart="key: C\n| C | Am |", chords="chart", key="D major", transpose=-1.0)
    gig.run(0.2)
    assert gig.all(wire.CHORD)[0].key == 1 and (gig.all(wire.KEY)[0].key, gig.all(wire.KEY)[0].number) == (1, 0)


def test_the_same_playing_is_said_the_same_whatever_the_ticks(monkeypatch):
    def played(tick_s: float) -> list[str]:
        monkeypatch.setitem(globals(), "TICK_S", tick_s)
        gig = Gig(chords="channel 1")
        for keys in (C, F, G7, AM):
            gig.play(*keys)
        return gig.chords

    assert played(0.01) == played(0.004) == played(0.02)


def test_the_left_hand_leads_the_clock():
    gig = Gig(beat="left hand")
    gig.run(1.0)
    for _ in range(24):  # 100 to the minute, while the clock has 120
        gig.play(40, beats=gig.tempo_bpm / 100.0)
        led = gig.all(wire.PLAN_TEMPO)
        gig.tempo_bpm = led[-1].value if led else gig.tempo_bpm
    assert gig.tempo_bpm == pytest.approx(100.0, rel=0.05)
    before = len(gig.all(wire.PLAN_TEMPO))
    gig.play(80)
    assert len(gig.all(wire.PLAN_TEMPO)) == before and not [one for _, one in Gig().said if one.kind == wire.PLAN_TEMPO]


def test_it_is_served_like_a_player_and_offered_as_none():
    assert served_class("follower") is Follower and "follower" not in player_names()
    assert Follower.LANES == () and ORDER["maj"] == 0


@pytest.mark.parametrize("chords", ["", "channel 0", "channel 17", "Channel 2", "both hands"])
def test_wrong_leaders_are_told(chords):
    with pytest.raises(AntiphonError, match='must be "all", "left hand"'):
        Who.read(chords, (0, 127))


def test_without_its_model_it_says_so(tmp_path):
    with pytest.raises(AntiphonError, match="the follower needs its model"):
        Follower(tmp_path / "none.onnx")
