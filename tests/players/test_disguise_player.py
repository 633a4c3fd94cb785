"""`disguise` on stage: your bars come back on the bar, in the style, in key, and it stops when you play again."""

from __future__ import annotations

import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord import Chord
from realtime.music.scale import key_classes
from realtime.music.sequence import Note
from realtime.players.disguise import NAMES, STYLES, DisguisePlayer
from realtime.players.redress import TUNE, chord_under, on_grid, skyline, unsmeared
from realtime.players.rehearsal import chord_record, perform, shipped_package, sounding
from realtime.players.styles import style_named
from tests.players.stage import line

CHORDS = (Chord(2, "maj"), Chord(7, "maj"), Chord(9, "maj"), Chord(2, "maj"))
KEYS = (62, 66, 69, 66, 67, 71, 74, 71, 69, 73, 76, 73, 74, 69, 66, 62)
TUNE_IN_D = line(list(KEYS), step=1.0)  # four bars of quarters
HELD = [
    Note(4.0 * bar, 3.9, 40 + (chord.root + step - 4) % 12 if not step else 48 + (chord.root + step) % 12, 0.5)
    for bar, chord in enumerate(CHORDS)
    for step in (0, 4, 7)
]


def played(
    notes=TUNE_IN_D, until: float = 40.0, metre=(4, 4), tempo: float = 120.0, told=(), tick: float = 0.02, **values
):
    player = DisguisePlayer(shipped_package(DisguisePlayer), **values)
    heard = perform(player, list(notes), until, tempo, *metre, tick_s=tick, told=told)
    return player, sounding(heard), heard


def lanes(notes) -> set[int]:
    return {n.lane for n in notes}


@pytest.mark.parametrize("style", NAMES)
def test_the_tune_comes_back_note_for_note_on_the_next_bar_line_in_every_style(style):
    _, notes, _ = played(style=NAMES.index(style))
    tune = [n for n in notes if n.lane == TUNE]
    assert [n.key for n in tune] == list(KEYS)
    assert [int(n.beat) - 16 for n in tune] == list(range(1, 17)) or tune[0].beat == pytest.approx(20.0)
    inside = [n.key % 12 in key_classes(2, "major") for n in notes if n.lane in (1, 2)]
    assert inside and sum(inside) / len(inside) >= 0.9
    assert max(n.beat + n.duration_beats for n in notes) <= 37.0, "when your bars are over so is it"


def test_every_style_is_one_of_the_arrangers():
    for name in STYLES.values():
        assert style_named(name).sections


def test_it_starts_on_the_bar_line_if_you_stopped_a_beat_before_it_else_on_the_next():
    short = [note for note in TUNE_IN_D if note.beat < 14.0]
    _, notes, _ = played(short)
    assert min(n.beat for n in notes) == pytest.approx(16.0)
    _, notes, _ = played()
    assert min(n.beat for n in notes) == pytest.approx(20.0)
    _, notes, _ = played(gap_beats=0.25, notes=line(list(KEYS), step=1.0, length=0.7))
    assert min(n.beat for n in notes) == pytest.approx(16.0)


def test_chords_are_those_that_were_told_then_or_that_you_held():
    told = [(0.0, chord_record(4.0 * bar, chord)) for bar, chord in enumerate(CHORDS)]
    for notes, said in ((TUNE_IN_D, told), (TUNE_IN_D + HELD, ())):
        _, found, _ = played(sorted(notes), told=said, guard=0)
        start = min(n.beat for n in found) // 4 * 4
        for bar, chord in enumerate(CHORDS):
            bass = [n for n in found if n.lane == 2 and start + 4 * bar <= n.beat < start + 4 * bar + 0.3]
            assert bass and bass[0].key % 12 == chord.root, (bar, bass)


def test_a_note_of_yours_stops_it_at_once_and_the_new_phrase_comes_back():
    again = line([74, 73, 74], start=22.3)
    _, notes, heard = played([*TUNE_IN_D, *again], until=48.0)
    assert not [n for n in notes if 22.4 < n.beat < 27.9]
    assert all(n.beat + n.duration_beats <= 22.4 for n in notes if n.beat < 22.3)
    assert [n.key for n in notes if n.lane == TUNE and n.beat >= 27.9] == [74, 73, 74]


def test_along_it_comes_some_bars_behind_you():
    for later in (1, 2):
        _, notes, _ = played(along=1, later=later)
        tune = [n for n in notes if n.lane == TUNE]
        assert [n.key for n in tune] == list(KEYS) and tune[0].beat == pytest.approx(4.0 * later, abs=0.2)


def test_the_amount_is_how_much_of_the_style_there_is():
    assert [lanes(played(amount=a)[1]) for a in (0.0, 0.3, 1.0)] == [{0, 3}, {0, 2, 3}, {0, 1, 2, 3}]
    assert lanes(played(with_drums=0)[1]) == {0, 1, 2}


def test_by_the_model_it_draws_other_notes_without_smears():
    player, notes, _ = played(sorted(TUNE_IN_D + HELD), by=1, style=NAMES.index("pop"))
    assert notes and not player.warning and 3 not in lanes(notes)
    for one in notes:
        for other in notes:
            together = (
                one.beat < other.beat + other.duration_beats - 0.02
                and other.beat < one.beat + one.duration_beats - 0.02
            )
            assert not (together and abs(one.key - other.key) == 1)


def test_in_other_metres_and_styles_than_it_knows_the_model_leaves_it_to_the_rule():
    for metre, style in (((3, 4), 2), ((7, 8), 2), ((4, 4), NAMES.index("tango"))):
        player, notes, heard = played(by=1, style=style, metre=metre)
        said = [p.number for _, p in heard if p.kind == wire.PLAN_STATUS]
        assert notes and wire.STATUS_RULES in said and wire.STATUS_ANSWERING not in said


def test_without_its_package_it_plays_by_rule_and_says_so():
    player = DisguisePlayer(None, by=1)
    assert sounding(perform(player, TUNE_IN_D, 40.0)) and "no model package" in player.warning


@pytest.mark.parametrize("along", [0, 1])
def test_the_same_playing_gives_the_same_notes_however_the_ticks_fall(along):
    def told_apart(tick):
        ragged = [n._replace(beat=n.beat + 0.07 * (i % 3) - 0.06 * (i % 2)) for i, n in enumerate(TUNE_IN_D) if i]
        return [
            (round(n.beat, 4), n.key, n.lane, round(n.velocity, 5)) for n in played(ragged, along=along, tick=tick)[1]
        ]

    assert told_apart(0.02) == told_apart(0.0137) == told_apart(0.005) != []


@pytest.mark.parametrize("tempo", [20.0, 400.0])
@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (5, 4), (7, 8)])
def test_no_note_is_late(metre, tempo):
    _, _, heard = played(line(list(KEYS)), metre=metre, tempo=tempo, along=1)
    notes = [(at, p) for at, p in heard if p.kind == wire.PLAN_NOTE]
    assert notes and all(p.beat >= at for at, p in notes)


# -- its parts ---------------------------------------------------------------------------------------------------------


def test_the_upper_line_is_found_over_chords_and_bass():
    notes = [Note(0.0, 2.0, 48), Note(0.0, 1.0, 72), Note(0.01, 1.0, 64), Note(0.5, 0.5, 50), Note(1.0, 1.0, 71)]
    assert [n.pitch for n in skyline(notes)] == [72, 71]


def test_what_is_played_by_hand_goes_onto_the_grid_and_stays_in_the_bar():
    notes = [Note(0.03, 0.5, 60), Note(0.98, 0.5, 62), Note(3.96, 0.5, 64), Note(1.34, 3.9, 65)]
    assert [(round(n.beat, 3), n.pitch) for n in on_grid(notes, 4.0)] == [(0.0, 60), (1.0, 62), (1.333, 65)]


def test_a_bare_tune_gets_the_triad_of_its_key():
    assert chord_under([Note(0, 2, 67), Note(2, 1, 71), Note(3, 1, 74)], 0, 4, 7, "major", None).root == 7
    assert chord_under([Note(0, 2, 72), Note(2, 2, 76)], 0, 4, 7, "major", None).root == 0
    assert chord_under([], 0, 4, 9, "minor", None) == Chord(9, "min")
    held = [Note(0, 4, p) for p in (50, 65, 69, 72)]
    assert str(chord_under(held, 0, 4, 0, "major", None)) == "Dm7"


def test_smears_go_and_the_sources_own_notes_stay():
    source = [Note(1.0, 1.0, 60), Note(2.0, 1.0, 64)]
    made = [Note(0.0, 0.5, 55), Note(1.0, 1.0, 60), Note(1.25, 0.5, 61), Note(2.0, 1.0, 64), Note(3.75, 0.25, 67)]
    assert [n.pitch for n in unsmeared(made, source, key_classes(0, "major"))] == [60, 64]


def test_no_chord_rubs_against_the_tune():
    tune = line([69, 72, 76, 80, 81, 80, 77, 76] * 2, step=1.0)  # A minor with its leading note
    _, notes, _ = played(tune, style=NAMES.index("jazz"))
    for top in (n for n in notes if n.lane == TUNE):
        for one in (n for n in notes if n.lane == 1):
            together = one.beat < top.beat + top.duration_beats - 0.1 and top.beat < one.beat + one.duration_beats - 0.1
            assert not (together and (one.key - top.key) % 12 in (1, 11))
