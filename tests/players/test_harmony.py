"""The chords a player goes by: told, held, expected; the pad under the tune; the last bar."""

from __future__ import annotations

import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.players.coda import CLOSE, PLAY_ON, THIN_OUT, Coda
from realtime.players.harmony import Harmony, chord_of
from realtime.players.hearing import Told, ToldChord
from realtime.players.pad import BELOW, Pad
from realtime.players.rehearsal import chord_record, told_record
from realtime.players.tune import Tune


def told(symbol: str) -> ToldChord:
    record = chord_record(0.0, parse_chord(symbol))
    classes = frozenset(c for c in range(12) if int(record["classes"]) >> c & 1)
    return ToldChord(int(record["key"]), int(record["number"]), int(record["bass"]), classes)


@pytest.mark.parametrize("symbol", ["C", "F#m7b5/C", "Bb7#9", "Esus4", "Am/G", "Dbmaj9"])
def test_a_told_chord_is_the_chord_that_was_named(symbol):
    assert chord_of(told(symbol)) == parse_chord(symbol)


def test_a_chord_that_no_table_names_keeps_its_classes():
    odd = ToldChord(0, -1, 0, frozenset({0, 1, 2, 6}))
    assert chord_of(odd).classes >= {0, 1, 2, 6}


def test_a_hand_lets_go_and_the_chord_goes_on_but_a_chart_may_say_silence():
    harmony, nobody = Harmony(), Told()
    assert harmony.at(0.0, nobody) is None
    assert harmony.tell(0.1, told("F"), now=0.1)
    assert not harmony.tell(2.0, None, now=2.0) and harmony.at(3.0, nobody) == Chord(5)
    assert harmony.tell(8.0, None, now=3.0) and harmony.at(8.0, nobody) is None and harmony.at(7.9, nobody) == Chord(5)


def test_what_is_told_goes_before_what_is_held_and_the_key_is_better_than_nothing():
    harmony, key = Harmony(), Told(tonic=9, mode="minor")
    assert harmony.at(0.0, key) == Chord(9, "min")
    assert harmony.hold(0.2, (48, 52, 55)) and harmony.at(0.5, key) == Chord(0)
    assert not harmony.hold(1.0, (48, 52)), "two keys are no chord"
    harmony.tell(2.0, told("G"), now=2.0)
    assert not harmony.hold(3.0, (50, 53, 57)) and harmony.at(3.0, key) == Chord(7)


def test_after_a_jump_the_last_chord_is_still_in_the_ear():
    harmony = Harmony()
    harmony.tell(0.0, told("Eb"), now=0.0)
    harmony.tell(40.0, told("Ab"), now=1.0)
    harmony.jump(10.0)
    assert harmony.at(2.0, Told()) == Chord(3) and not harmony.after(0.0)


def test_a_loop_is_expected_once_it_has_begun_to_return_and_nothing_before():
    harmony, loop = Harmony(), ("C", "Am", "F", "G")
    for bar in range(4):
        harmony.tell(4.0 * bar, told(loop[bar]), now=4.0 * bar)
        assert harmony.expect(4.0 * (bar + 1), 2.0) is None
    for bar in range(4, 7):
        harmony.tell(4.0 * bar, told(loop[bar % 4]), now=4.0 * bar)
    assert harmony.expect(28.0, 2.0) == Chord(7)


def test_the_pad_leads_its_voices_and_stays_under_the_tune():
    pad = Pad()
    first = pad.change(0.0, parse_chord("C"), ceiling=67)
    second = pad.change(4.0, parse_chord("Am"), ceiling=67)
    assert len(first.struck) == 3 and not first.kept and len(second.kept) == 2
    assert max(first.struck + second.struck) <= 67 - BELOW
    moved = set(second.struck).symmetric_difference(set(first.struck) - set(second.kept))
    assert max(moved) - min(moved) <= 2, "one voice, by a step"
    assert pad.above(second.kept[0] - 1) == sorted(pad.held)
    assert not pad.change(8.0, parse_chord("F"), ceiling=50).struck, "no room is no pad"


def test_the_highest_note_is_the_tune_or_the_one_on_its_channel():
    tune = Tune()
    assert tune.note_on(0.0, 72, 0, 0) and not tune.note_on(0.1, 60, 0, 0) and tune.note_on(0.2, 76, 3, 0)
    assert tune.keys() == [60, 72, 76] and tune.keys(but=4) == [60, 72]
    assert not tune.note_on(1.0, 90, 0, 4) and tune.note_on(1.0, 50, 3, 4) and tune.lowest(0.5) == 50
    for key, channel in ((72, 0), (60, 0), (76, 3), (90, 0), (50, 3)):
        tune.note_off(2.0, key, channel)
    assert tune.rests(6.0) == pytest.approx(4.0) and Tune().rests(100.0) == 0.0


@pytest.mark.parametrize(("rest", "bars"), [(PLAY_ON, None), (THIN_OUT, 8.0), (CLOSE, 2.0)])
def test_how_long_it_bears_your_silence(rest, bars):
    coda, values = Coda(), {"rest": float(rest), "rest_bars": 2.0}
    ends = [rested for rested in range(1, 40) if coda.ends(0.0, 4.0, float(rested), values, Told())]
    assert (ends[:1] == [bars]) if bars else not ends
    assert coda.thins(2.0, values) == (rest == THIN_OUT)


def test_an_ending_ends_on_its_last_bar_and_its_echo_begins_nothing():
    coda, said, values = Coda(), Told(), {"rest": float(PLAY_ON), "rest_bars": 2.0}
    said.sections.tell(16.0, "ending")
    coda.hear_section(16.0, "ending", 2.0)
    assert not coda.ends(16.0, 4.0, 0.0, values, said) and coda.ends(20.0, 4.0, 0.0, values, said)
    coda.close(20.0, 4.0, said)
    coda.hear_note(24.5, rested_bars=0.1)
    assert coda.closed
    coda.hear_note(40.0, rested_bars=3.0)
    assert not coda.closed


def test_told_records_are_those_of_the_wire():
    record = told_record(wire.SECTION, 4.0, number=2, value=8.0)
    assert record["kind"] == wire.SECTION and record["number"] == 2 and record["value"] == 8.0
    assert chord_record(1.0, None)["key"] == -1
