"""The mode by the mood that leads: a chart turns minor and back on a bar line, announced before it, without flicker; and what
hands play keeps its own mode."""

from __future__ import annotations

import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord_table import QUALITIES
from realtime.music.keyfinding import Key
from realtime.players.follower import Follower
from realtime.players.follower.colour import BACK_AT, TURNS_AT, Colour
from realtime.players.plan import Moment
from realtime.players.rehearsal import told_record
from realtime.session.paths import MODELS

TICK = 0.04
LEADS = wire.MOOD_LEADS | wire.MOOD_MODES
CHART = "| C | F | G7 | C |"


def follow(valence, beats: float = 32.0, chart: str = CHART, number: int = LEADS, notes=()):
    """valence: function of the beat. (told at, record) of all that a follower of a chart says."""
    options = {"chart": chart, "key": "C major", "chords": "chart" if chart else "all"}
    follower = Follower(package=MODELS / "changes.onnx", options=options)
    found, beat, keys = [], 0.0, list(notes)
    while beat < beats:
        follower.hear(told_record(wire.MOOD, beat, value=valence(beat), value2=0.0, number=number))
        while keys and keys[0] <= beat:
            follower.note_on(keys.pop(0), 64, 0.7)
            follower.note_off(beat, 64)
        follower.tick(Moment(beat, 120.0, beat // 4 * 4, song_beat=beat, bar=int(beat // 4)))
        found += [(beat, one) for one in follower.take()]
        beat += TICK
    return found


def chords(found) -> dict[float, str]:
    """What holds from which beat on, as everybody who was told understands it: roots and qualities."""
    rows: list[tuple[float, str]] = []
    for _, one in found:
        if one.kind == wire.CHORD:
            rows = [row for row in rows if row[0] < one.beat - 1e-6]
            rows.append((round(one.beat, 3), f"{one.key} {tuple(QUALITIES)[one.number]}"))
    return dict(rows)


def keys(found) -> list[str]:
    return [wire.MODES[one.number] for _, one in found if one.kind == wire.KEY]


def test_dark_turns_the_chart_and_the_key_minor_and_the_dominant_stays():
    found = follow(lambda _: -0.8)
    known = chords(found)
    assert [known[beat] for beat in (20.0, 24.0, 28.0)] == ["5 min", "7 7", "0 min"]
    assert keys(found)[-1] == "minor"


def test_it_turns_on_a_bar_line_and_says_so_before_it():
    found = follow(lambda beat: -0.8 if beat >= 9.0 else 0.0)
    known = chords(found)
    assert known[4.0] == "5 maj" and known[8.0] == "7 7" and known[12.0] == "0 min"
    told_at = max(at for at, one in found if one.kind == wire.CHORD and abs(one.beat - 12.0) < 1e-6)
    assert 10.4 <= told_at < 12.0
    minor_from = next(at for at, one in found if one.kind == wire.KEY and one.number == 1)
    assert minor_from == pytest.approx(12.0, abs=2 * TICK)


def test_a_chord_that_lasts_over_the_turn_is_said_again_there():
    known = chords(follow(lambda beat: -0.8 if beat >= 9.0 else 0.0, chart="| C | % | % | % | F | % | % | % |"))
    assert known[12.0] == "0 min" and known[16.0] == "5 min"


def test_near_the_threshold_it_does_not_flicker():
    middle, width = (TURNS_AT + BACK_AT) / 2, (TURNS_AT - BACK_AT) / 2
    found = follow(lambda beat: -middle - 0.9 * width * (1 if int(beat) % 8 < 4 else -1), 64.0)
    assert len(keys(found)) == 1
    swing = follow(lambda beat: -0.5 if beat // 16 % 2 else 0.0, 64.0)
    assert keys(swing) == ["major", "minor", "major", "minor"]


def test_a_minor_chart_becomes_major_with_joy():
    colour = Colour()
    assert colour.wanted("minor", 0.9) == "major" and colour.wanted("minor", -0.9) == ""
    assert colour.wanted("major", 0.9) == ""
    assert colour.turn("major", Moment(3.0)) and colour.at(3.9) == "" and colour.at(4.0) == "major"
    assert colour.coloured([], Key(9, "minor")) == []


def test_a_mood_that_is_only_heard_or_leaves_the_mode_alone_turns_nothing():
    for number in (0, wire.MOOD_LEADS):
        assert keys(follow(lambda _: -0.9, number=number)) == ["major"]


def test_what_hands_play_keeps_its_mode_and_while_nobody_plays_the_key_goes():
    assert keys(follow(lambda _: -0.9, chart=""))[-1] == "minor"
    played = follow(lambda _: -0.9, chart="", notes=[float(beat) for beat in range(32)])
    assert set(keys(played)) == {"major"}
