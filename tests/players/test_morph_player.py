"""`morph` on stage: an idea at its corner is what was captured, changes land on the bar, lines go with key and chord; by the
model and by rule alike."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord_symbol import parse_chord
from realtime.music.midifile import write_midi
from realtime.music.scale import key_classes
from realtime.music.sequence import Note, NoteSequence
from realtime.players.controls import CHORD, OFF, STRICT
from realtime.players.idea import read_idea, written
from realtime.players.morph import MorphPlayer
from realtime.players.morph_pad import CORNERS, WRITTEN, MorphPad, Spot
from realtime.players.morph_tones import BASS_LANE, DRUM_LANE, MELODY_LANE
from realtime.players.plan import Planned
from realtime.players.rehearsal import chord_record, perform, shipped_package, sounding, told_record
from tests.players.stage import line

TUNE = [72, 74, 76, 79, 77, 76, 74, 71, 72, 76, 79, 76, 74, 72, 71, 72]
IDEAS = {f"idea_{n}": text for n, text in enumerate(WRITTEN, 1)}
PLAIN = {"variation": 0.0, "guard": OFF, "glide_bars": 0.0}
ROWS = {param.id: row for row, param in enumerate(MorphPlayer.TABLE)}


@cache
def package():
    return shipped_package(MorphPlayer)


@pytest.fixture(params=["model", "rules"])
def way(request) -> str:
    return request.param


def made(way: str = "rules", options=None, **values) -> MorphPlayer:
    return MorphPlayer(package=package() if way == "model" else None, seed=3, options=options, **{**PLAIN, **values})


def told(kind: int, beat: float, **fields):
    return beat, told_record(kind, beat, **fields)


def chord(beat: float, symbol: str, heard: float | None = None):
    return beat if heard is None else heard, chord_record(beat, parse_chord(symbol))


def lane(notes, number: int, first: float = 0.0, until: float = 1e9) -> list[Planned]:
    return [n for n in notes if n.lane == number and first - 0.1 <= n.beat < until - 0.1]


def tune(notes, number: int = MELODY_LANE, first: float = 0.0, until: float = 1e9) -> list[tuple[float, int]]:
    """(beat from `first`, key), by the sixteenth: what is planned as it is asked to begin may come a little late."""
    return [(round(4 * (n.beat - first)) / 4, n.key) for n in lane(notes, number, first, until)]


def press(player: MorphPlayer, name: str) -> None:
    player.parameter(ROWS[name], 1.0)
    player.parameter(ROWS[name], 0.0)


# -- capturing ---------------------------------------------------------------------------------------------------------


def test_what_is_captured_comes_back_as_it_was_played(way):
    player = made(way)
    bass = [Note(2.0 * k, 1.8, key, 0.8, 1) for k, key in enumerate((36, 43, 41, 43))]
    drums = [Note(float(k), 0.1, 36 if k % 2 == 0 else 38, 0.9, 9) for k in range(8)]
    perform(player, [*line(TUNE), *bass, *drums], 8.5)
    press(player, "capture_1")
    notes = sounding(perform(player, [], 40.0, start=8.5))
    assert tune(notes, first=16.0, until=24.0) == [(0.5 * k, key) for k, key in enumerate(TUNE)]
    assert tune(notes, BASS_LANE, 16.0, 24.0) == [(2.0 * k, key) for k, key in enumerate((36, 43, 41, 43))]
    assert tune(notes, DRUM_LANE, 16.0, 24.0) == [(float(k), 36 if k % 2 == 0 else 38) for k in range(8)]


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (7, 8), (5, 4), (12, 8)])
def test_in_any_metre_it_comes_back_as_it_was_played(way, metre):
    bar = metre[0] * 4.0 / metre[1]
    bars = 2 if bar <= 4.0 else 1
    keys = (TUNE * 2)[: int(2 * bar * bars)]
    player = made(way)
    perform(player, line(keys), bars * bar + 0.3, 120.0, *metre)
    press(player, "capture_1")
    notes = sounding(perform(player, [], 9 * bar, 120.0, *metre, start=bars * bar + 0.3))
    assert tune(notes, first=4 * bar, until=(4 + bars) * bar) == [(0.5 * k, key) for k, key in enumerate(keys)]


def test_in_the_last_beat_of_a_bar_the_bar_is_waited_for(way):
    player = made(way)
    perform(player, line(TUNE), 7.4)
    press(player, "capture_2")
    assert not player.kept
    perform(player, line(TUNE[-1:], start=7.5), 8.2, start=7.4)
    assert [key for _, key in tune_of(player.kept["idea_2"])] == TUNE


def test_after_a_rest_the_last_bars_that_were_played_are_captured(way):
    player = made(way)
    perform(player, line(TUNE), 30.0)
    press(player, "capture_3")
    player.play()
    assert [key for _, key in tune_of(player.kept["idea_3"])] == TUNE


def tune_of(text: str) -> list[tuple[int, int]]:
    from realtime.models.morph import notes_of
    from realtime.players.idea import pitch_of

    return [(start, pitch_of(token)) for start, _, token in notes_of(read_idea(text).bars.melody)]


def test_what_is_kept_is_the_idea_that_a_scene_brings_back(way):
    player = made(way)
    perform(player, line(TUNE), 8.5)
    press(player, "capture_1")
    notes = sounding(perform(player, [], 28.0, start=8.5))
    again = sounding(perform(made(way, player.kept), [], 12.0))
    assert tune(again, first=0.0, until=8.0) == tune(notes, first=16.0, until=24.0)


def test_where_nothing_was_played_it_says_so_and_plays_on(way):
    player = made(way, IDEAS)
    heard = perform(player, [], 6.0)
    press(player, "capture_1")
    heard += perform(player, [], 16.0, start=6.0)
    assert "nothing to capture as idea 1" in player.warning and not player.kept
    assert tune(sounding(heard), until=8.0) == tune(sounding(heard), first=8.0, until=16.0)
    perform(player, line(TUNE, start=16.0), 24.5, start=16.0)
    press(player, "capture_1")
    player.play()
    assert player.warning == "" and player.kept, "and then it is taken back"


# -- the pad -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(CORNERS))
def test_at_a_corner_the_idea_is_played_as_it_stands(way, number):
    player = made(way, IDEAS, x=number % 2, y=number // 2)
    notes = sounding(perform(player, [], 8.0))
    assert tune(notes, until=8.0) == [(step / 4, key) for step, key in tune_of(WRITTEN[number])]


def test_a_move_lands_on_the_bar(way):
    player = made(way, IDEAS)
    heard = perform(player, [], 9.5)
    player.set("x", 1.0)
    notes = sounding(heard + perform(player, [], 28.0, start=9.5))
    first, second = ([(s / 4, key) for s, key in tune_of(text)] for text in WRITTEN[:2])
    assert tune(notes, first=8.0, until=12.0) == [row for row in first if row[0] < 4.0]
    assert tune(notes, first=16.0, until=24.0) == second


def test_a_glide_takes_its_bars_and_arrives(way):
    player = made(way, IDEAS, glide_bars=4.0)
    perform(player, [], 3.5)
    player.set("x", 1.0)
    seen = []
    for bar in range(6):
        perform(player, [], 4.0 * bar + 7.5, start=4.0 * bar + 3.5)
        seen.append(player._at[0])
    assert seen[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0]) and seen[-1] == 1.0


def test_between_two_ideas_there_is_music_of_neither():
    pad = MorphPad(made("model").pad.model)
    for number, text in enumerate(WRITTEN):
        pad.put(number, read_idea(text))
    ends = [pad.pair(Spot(x, 0.0), False).bars.melody for x in (0.0, 1.0)]
    middle = pad.pair(Spot(0.5, 0.0), False).bars.melody
    far = [float((middle != end).mean()) for end in ends]
    assert min(far) > 0.1 and (middle >= 2).sum() >= 3


def test_by_rule_each_beat_is_of_one_of_the_ideas():
    pad = MorphPad(None)
    chosen = {}
    for number, text in enumerate(WRITTEN):
        pad.put(number, read_idea(text))
        chosen[number] = pad.pair(Spot(number % 2, number // 2), True).bars.hits
    made_of = pad.pair(Spot(0.5, 0.5, seed=4), True, dice=1).bars.hits
    used = set()
    for start in range(0, 32, 4):
        same = {n for n, hits in chosen.items() if (hits[start : start + 4] == made_of[start : start + 4]).all()}
        assert same
        used |= same if len(same) == 1 else set()
    assert len(used) > 1


def test_a_lost_turn_of_the_ladder_goes_on_by_rule_from_the_next_bar():
    player = made("model", IDEAS, x=0.5)
    player.rung = 1
    notes = sounding(perform(player, [], 16.0))
    assert lane(notes, MELODY_LANE, 0.0, 16.0) and lane(notes, DRUM_LANE, 8.0, 16.0)


@pytest.mark.parametrize(
    "knob, how", [("density", 4.0), ("height", 2.0), ("width", 3.0), ("syncopation", 3.0), ("roam", 0.8)]
)
def test_each_knob_turns_what_it_says(knob, how):
    def turned(value: float) -> list[tuple[float, int]]:
        return tune(
            sounding(perform(made("model", IDEAS, y=1.0, temperature=0.0, **{knob: value}), [], 8.0)), until=8.0
        )

    before, after = turned(1.0 if knob == "density" else 0.0), turned(how)
    assert before != after
    keys = [np.array([key for _, key in some]) for some in (before, after)]
    if knob == "density":
        assert len(after) > len(before)
    elif knob == "height":
        assert keys[1].mean() > keys[0].mean() + 1
    elif knob == "width":
        assert np.ptp(keys[1]) > np.ptp(keys[0])
    elif knob == "syncopation":
        off = [np.mean([beat % 1.0 != 0.0 for beat, _ in some]) for some in (before, after)]
        assert off[1] > off[0]


def test_a_phrase_returns_and_its_last_two_bars_lead_on():
    notes = sounding(perform(made("model", IDEAS, variation=1.0), [], 68.0))
    pairs = [tune(notes, first=8.0 * k, until=8.0 * k + 8.0) for k in range(8)]
    assert pairs[0] == pairs[2] == pairs[4] == pairs[6]
    assert pairs[1] != pairs[0] and pairs[3] != pairs[0] and pairs[1] == pairs[5] and pairs[3] != pairs[7]


def test_drums_of_the_model_stand_on_one_and_on_the_backbeat():
    for seed in (1, 2, 3):
        player = MorphPlayer(package=package(), seed=seed, **PLAIN)
        hits = lane(sounding(perform(player, [], 16.0)), DRUM_LANE)
        for bar in range(4):
            ones = [n.key for n in hits if abs(n.beat - 4.0 * bar) < 0.1]
            twos = [n.key for n in hits if abs(n.beat - 4.0 * bar - 1.0) < 0.1]
            assert 36 in ones and 38 in twos


# -- key and chord -----------------------------------------------------------------------------------------------------


def test_it_is_moved_to_the_key_that_is_told_by_the_least(way):
    player = made(way, IDEAS)
    notes = sounding(perform(player, [], 12.0, told=[told(wire.KEY, 0.0, key=7, number=0)]))
    home = [key for _, key in tune_of(WRITTEN[0])]
    keys = [key for _, key in tune(notes, first=4.0, until=12.0)]
    assert {key % 12 for key in keys} <= key_classes(7, "major")
    assert abs(np.mean(keys) - np.mean(home)) < 7
    stays = sounding(perform(made(way, IDEAS, into_key=0.0), [], 8.0, told=[told(wire.KEY, 0.0, key=7, number=0)]))
    assert [key for _, key in tune(stays, until=8.0)] == home


CHART = ("C", "F", "G7", "Am", "Dm7", "G7", "Em7", "C")


@pytest.mark.parametrize("by_hand", [False, True])
def test_on_strong_beats_it_is_in_the_chord_and_the_bass_has_its_root(way, by_hand):
    player = made(way, IDEAS, guard=CHORD)
    rows = [chord(4.0 * bar, name, 4.0 * bar + 0.05 if by_hand else 0.0) for bar, name in enumerate(CHART)]
    notes = sounding(perform(player, [], 32.0, told=rows))
    for bar, name in enumerate(CHART):
        named = parse_chord(name)
        on_beats = [
            n for n in lane(notes, MELODY_LANE, 4.0 * bar, 4.0 * bar + 4.0) if (n.beat - 4.0 * bar + 0.35) % 1.0 < 0.7
        ]
        late = [n for n in on_beats if n.beat > 4.0 * bar + 0.05 or not by_hand]
        assert all(n.key % 12 in named.classes for n in late if abs(n.beat - round(n.beat)) < 0.05), name
        bass = lane(notes, BASS_LANE, 4.0 * bar, 4.0 * bar + 0.6)
        assert bass and bass[-1].key % 12 == named.bass, name


def test_a_chord_that_changes_under_long_notes_ends_the_melody_and_turns_the_bass(way):
    player = made(way, {"idea_1": "melody E4 32; bass C2 32"}, guard=STRICT)
    rows = [chord(0.0, "C"), chord(2.0, "F", 2.05)]
    notes = sounding(perform(player, [], 4.0, told=rows))
    bass = lane(notes, BASS_LANE, 0.0, 4.0)
    assert [n.key % 12 for n in bass] == [0, 5] and bass[0].beat + bass[0].duration_beats <= bass[1].beat + 1e-6
    assert bass[1].beat < 2.3
    melody = lane(notes, MELODY_LANE, 0.0, 2.0)[-1]
    assert melody.beat + melody.duration_beats < 2.3, "E is no tone of F"


def test_no_drum_and_no_note_is_struck_twice_where_a_chord_comes_late(way):
    player = made(way, IDEAS, guard=CHORD)
    rows = [chord(4.0 * bar, name, 4.0 * bar + 0.12) for bar, name in enumerate(CHART)]
    notes = sounding(perform(player, [], 32.0, told=rows))
    for number in range(3):
        at = [(n.key, n.beat) for n in lane(notes, number)]
        for key, beat in at:
            assert sum(other == key and abs(beat - when) < 0.2 for other, when in at) == 1, (number, key, beat)


def test_a_loop_of_chords_is_learned_and_played_on_the_bar(way):
    player = made(way, IDEAS, guard=CHORD)
    names = ("C", "F", "G", "Am") * 8
    rows = [chord(4.0 * bar, name, 4.0 * bar + 0.06) for bar, name in enumerate(names)]
    notes = sounding(perform(player, [], 128.0, told=rows))
    for bar in range(24, 31):
        first = lane(notes, BASS_LANE, 4.0 * bar, 4.0 * bar + 1.0)[0]
        assert first.beat == pytest.approx(4.0 * bar) and first.key % 12 == parse_chord(names[bar]).root


# -- the song ----------------------------------------------------------------------------------------------------------


def test_stopped_it_is_silent_and_on_play_it_begins_on_the_bar(way):
    player = made(way, IDEAS)
    heard = perform(player, [], 10.0)
    heard += perform(player, [], 20.0, start=10.0, playing=False)
    heard += perform(player, [], 29.0, start=21.0)
    notes = sounding(heard)
    assert not [n for n in notes if 10.1 < n.beat < 21.0] and all(
        n.beat + n.duration_beats < 10.2 for n in notes if n.beat < 11
    )
    assert min(n.beat for n in notes if n.beat > 20) >= 23.9


def test_an_ending_ends_on_one_long_bar(way):
    player = made(way, IDEAS)
    ending = wire.SECTIONS.index("ending")
    rows = [told(wire.KEY, 0.0, key=0, number=0), (0.0, told_record(wire.SECTION, 8.0, number=ending, value=2.0))]
    notes = sounding(perform(player, [], 40.0, told=rows))
    last = [n for n in notes if n.beat > 11.9]
    assert {n.lane for n in last} == {MELODY_LANE, BASS_LANE, DRUM_LANE} and all(n.beat < 12.1 for n in last)
    assert next(n for n in last if n.lane == BASS_LANE).key % 12 == 0


def test_a_section_told_just_before_its_first_bar_does_not_let_it_begin_early(way):
    player = made(way, IDEAS, enter=1.0, variation=1.0)
    rows = [(11.5, told_record(wire.SECTION, 12.0 - bars, number=1, value=8.0)) for bars in (0.0, 0.4)]
    notes = sounding(perform(player, line([60], start=9.0), 30.0, told=rows))
    assert min(n.beat for n in notes) == pytest.approx(12.0, abs=0.02)


def test_a_bar_before_a_section_that_is_written_already_may_be_written_anew(way):
    player = made(way, IDEAS, variation=1.0)
    rows = [(3.2, told_record(wire.SECTION, 4.0, number=1, value=8.0)), (3.4, told_record(wire.SECTION, 3.5, number=2))]
    notes = sounding(perform(player, [], 12.0, told=rows))
    assert lane(notes, MELODY_LANE, 0.0, 4.0) and lane(notes, MELODY_LANE, 4.0, 8.0)


def test_with_you_it_waits_for_your_first_note(way):
    player = made(way, IDEAS, enter=1.0)
    notes = sounding(perform(player, line([60], start=9.0), 16.0))
    assert min(n.beat for n in notes) == pytest.approx(12.0)


def test_a_file_is_an_idea_and_one_that_is_none_is_told(tmp_path, way):
    path = tmp_path / "tune.mid"
    write_midi(NoteSequence(line(TUNE, start=4.0)), path)
    notes = sounding(perform(made(way, {"file_1": path}), [], 8.0))
    assert tune(notes, until=8.0) == [(0.5 * k, key) for k, key in enumerate(TUNE)]
    for options in ({"file_2": tmp_path / "none.mid"}, {"idea_2": "melody nonsense"}):
        player = made(way, options)
        assert "idea of its own at 2" in player.warning and "\n" not in player.warning
        assert sounding(perform(player, [], 8.0))


def test_the_text_of_an_idea_is_what_a_person_may_write():
    idea = read_idea("melody C4 4, - 4, E4 8; drums kick 0 8")
    assert written(idea) == "melody C4 4, - 4, E4 8; drums kick 0 8; loud 0.7"
