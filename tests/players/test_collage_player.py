"""`collage` on stage: a form that returns and varies, of your parts once you have played, in the chords that are told, on the
bar, in any metre, out of your way."""

from __future__ import annotations

import json

import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord_symbol import parse_chord
from realtime.music.scale import key_classes
from realtime.music.sequence import Note
from realtime.players.collage import ROLE_LANES, CollagePlayer
from realtime.players.collage_form import FORMS, Section, cut, next_letter
from realtime.players.collage_night import FILE, Night
from realtime.players.plan import Moment, Planned
from realtime.players.rehearsal import chord_record, perform, shipped_package, sounding, told_record
from tests.players.stage import line

MELODY, INNER, BASS = (ROLE_LANES[role] for role in ("melody", "inner", "bass"))
D_MINOR = (0.0, told_record(wire.KEY, 0.0, key=2, number=1))
SHORT = {"section_bars": 4.0, "effort": 20.0}


def made(**values) -> CollagePlayer:
    return CollagePlayer(package=shipped_package(CollagePlayer), seed=4, **{**SHORT, **values})


def yours(bars: int, start: float = 0.0) -> list[Note]:
    """A tune in D minor of a rhythm that nobody else has, over a bass."""
    rhythm = (0.0, 0.25, 0.75, 1.0, 2.25, 2.5, 3.25)
    keys = (74, 77, 76, 69, 74, 72, 70)
    found = []
    for bar in range(bars):
        at = start + 4.0 * bar
        found += [Note(at + b, 0.2, k + (bar % 2) * 3, 0.8, 0) for b, k in zip(rhythm, keys, strict=True)]
        found += [Note(at, 1.9, 38, 0.7, 0), Note(at + 2.0, 1.9, 45, 0.7, 0)]
    return sorted(found)


def onsets(notes: list[Planned], first: float, last: float, lane: int = MELODY) -> list[float]:
    return [round(n.beat - first, 3) for n in notes if first <= n.beat < last and n.lane == lane]


def test_without_a_note_of_yours_it_begins_at_once_on_the_bar_with_all_three_lanes():
    player = made()
    notes = sounding(perform(player, [], 64.0, told=[D_MINOR]))
    assert {n.lane for n in notes if n.beat < 8.0} == {MELODY, INNER, BASS}
    assert player._played[:4] == list("AABA") and "the factory" in player.news


def test_told_to_wait_it_waits_until_it_knows_you():
    assert not sounding(perform(made(begins=1), [], 64.0))
    notes = sounding(perform(made(begins=1, yields=0), yours(6), 64.0, told=[D_MINOR]))
    assert notes and min(n.beat for n in notes) in (16.0, 20.0)


def test_the_form_returns_and_varies():
    strict = made(variation=0.0)
    notes = sounding(perform(strict, [], 80.0, told=[D_MINOR]))
    a, again, b = ([(n.beat - at, n.lane, n.key) for n in notes if at <= n.beat < at + 16] for at in (16.0, 48.0, 32.0))
    assert a == again != b
    varied = made(variation=0.5)
    notes = sounding(perform(varied, [], 80.0, told=[D_MINOR]))
    first, second = ([(n.beat - at, n.lane, n.key) for n in notes if at <= n.beat < at + 16] for at in (16.0, 48.0))
    assert first != second and [r for r in first if r[0] < 4] == [r for r in second if r[0] < 4], "its first bar stays"
    assert len(set(first) & set(second)) > 0.4 * len(set(first))


def test_once_you_have_played_the_form_is_of_your_parts():
    player = made()
    notes = sounding(perform(player, yours(8), 112.0, told=[D_MINOR]))
    assert all(known.yours for known in player._lines.values()) and len(player.model.own["melody"]) >= 2
    assert "yours" in player.news
    late = [round(n.beat % 4.0, 3) for n in notes if n.beat >= 64.0 and n.lane == MELODY]
    rhythm = {0.0, 0.25, 0.75, 1.0, 2.25, 2.5, 3.25} | {
        0.25,
        0.5,
        1.25,
        2.0,
        2.75,
        3.0,
    }  # its half bars, in either place
    assert len(late) > 20 and sum(beat in rhythm for beat in late) > 0.95 * len(late)
    factory = sounding(perform(made(parts=2), yours(8), 112.0, told=[D_MINOR]))
    other = [round(n.beat % 4.0, 3) for n in factory if n.beat >= 64.0 and n.lane == MELODY]
    assert sum(beat in (0.25, 0.75, 2.25) for beat in other) / len(other) < sum(
        b in (0.25, 0.75, 2.25) for b in late
    ) / len(late)


def test_every_strong_note_is_in_the_chord_that_a_chart_announces():
    rows = [(4.0 * bar, parse_chord(("Dm", "Bb", "F", "A7")[bar % 4])) for bar in range(32)]
    told = [D_MINOR, *((max(0.0, beat - 8.0), chord_record(beat, chord)) for beat, chord in rows)]
    notes = [n for n in sounding(perform(made(), [], 96.0, told=told)) if abs(n.beat - round(n.beat)) < 0.05]
    within = [n.key % 12 in [c for b, c in rows if b <= n.beat + 1e-6][-1].classes for n in notes]
    assert len(within) > 60 and sum(within) >= 0.97 * len(within)


def test_a_chord_by_hand_turns_it_within_the_beat():
    player = made(guard=2)
    told = [D_MINOR, (4.1, chord_record(4.0, parse_chord("Gm"))), (10.6, chord_record(10.5, parse_chord("Eb")))]
    notes = sounding(perform(player, [], 14.0, told=told))
    there = [n for n in notes if n.beat < 12.0 < n.beat + n.duration_beats and n.lane != MELODY]
    assert there and all(n.key % 12 in (3, 7, 10) for n in there)


def test_with_chords_of_its_own_it_stays_in_the_key_and_comes_home():
    for mode, number in (("major", 0), ("minor", 1)):
        told = [(0.0, told_record(wire.KEY, 0.0, key=9, number=number))]
        notes = sounding(perform(made(), [], 64.0, told=told))
        inside = [n.key % 12 in key_classes(9, mode) for n in notes]
        assert sum(inside) >= 0.95 * len(inside)


def test_while_you_play_it_leaves_you_the_tune():
    notes = sounding(perform(made(), line([62, 65, 69, 74] * 8, step=1.0), 80.0, told=[D_MINOR]))
    assert not onsets(notes, 4.0, 32.0) and onsets(notes, 40.0, 80.0) and onsets(notes, 4.0, 32.0, INNER)


def test_sections_that_are_told_are_its_form():
    told = [D_MINOR]
    for number, name in enumerate(("verse", "chorus", "verse", "chorus")):
        beat = 16.0 * number
        told.append((max(0.0, beat - 8.0), told_record(wire.SECTION, beat, number=wire.SECTIONS.index(name), value=4)))
    player = made(variation=0.0, section_bars=8)
    notes = sounding(perform(player, [], 64.0, told=sorted(told, key=lambda row: row[0])))
    assert player._played[:4] == ["verse", "chorus", "verse", "chorus"]
    assert onsets(notes, 0.0, 16.0) == onsets(notes, 32.0, 48.0)


@pytest.mark.parametrize(("metre", "lengths"), [((4, 4), [2, 2]), ((3, 4), [2, 1]), ((6, 8), [1.5, 1.5]), ((5, 4), [2, 2, 1]),
                                                ((7, 8), [2, 1.5]), ((12, 8), [1.5] * 4)])  # fmt: skip
def test_a_bar_is_cut_as_one_counts_it(metre, lengths):
    now = Moment(numerator=metre[0], denominator=metre[1])
    assert cut(now.bar_beats, now.compound) == lengths
    notes = sounding(perform(made(), [], 12 * now.bar_beats, 120.0, *metre, told=[D_MINOR]))
    bars = {int(n.beat // now.bar_beats) for n in notes if n.lane == BASS}
    assert len(bars) >= 10


def test_greedy_costs_nothing_while_it_plays_and_annealing_finds_better():
    greedy, annealed = made(search=0), made(search=1, effort=400)
    for player in (greedy, annealed):
        perform(player, [], 17.0, told=[D_MINOR])
    goal = annealed._goal(4, 2, [])
    energy = annealed.model.energy_of(goal)
    assert energy(annealed._lines["A"].cells) < energy(greedy._lines["A"].cells)
    assert greedy._spare is not None and annealed._spare is not None, "what follows is found before it is due"


def test_the_night_outlives_the_player_and_a_broken_file_is_no_harm(tmp_path, monkeypatch):
    monkeypatch.setenv(wire.NIGHT, str(tmp_path))
    perform(made(), yours(8), 40.0, told=[D_MINOR])
    rows = json.loads((tmp_path / FILE).read_text())
    assert len(rows) >= 8
    night = Night()
    assert night.count == len(rows) and night.half_bars[0].notes["melody"]
    later = made(begins=1)
    assert sounding(perform(later, [], 32.0, told=[D_MINOR])), "it knows you from the song before"
    for text in ("", "[[1]]", '[[0, {"melody": [[99, 0, 1]]}]]', '[["x", {}]]', "{}", '[[0, {"horn": []}]]'):
        (tmp_path / FILE).write_text(text)
        assert Night().half_bars == []


def test_without_a_package_it_says_why_and_is_silent():
    player = CollagePlayer(package=None)
    assert "is silent" in player.warning and not perform(player, yours(4), 32.0)


def test_a_round_of_each_form():
    from random import Random

    for form, letters in FORMS.items():
        played: list[str] = []
        for _ in range(24):
            played.append(next_letter(form, played, Random(len(played))))
        if letters:
            assert "".join(played).startswith(letters + letters)
        else:
            assert 2 <= len(set(played)) < 20 and played[0] == "A"


def test_a_section_plays_a_line_of_another_metre():
    from realtime.models.collage.energy import Cell

    cells = tuple(Cell(k, (k,), (), ()) for k in range(6))
    section = Section("A", 8.0, 3, cells, 3, [2.0, 2.0])
    section.write(lambda role, parts: [(0, parts[0], 1.0)] if parts else [])
    assert [(n.beat, n.above, n.chord) for n in section.notes] == [
        (0.0, 0, 0), (2.0, 1, 1), (4.0, 3, 3), (6.0, 4, 4), (8.0, 0, 0), (10.0, 1, 1),
    ]  # fmt: skip
    assert section.end == 20.0
