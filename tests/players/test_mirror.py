"""`mirror` on stage: it learns what is played to it, answers by it or goes along, minds likes and dislikes, and keeps it all by
name."""

from __future__ import annotations

from itertools import pairwise

import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord import Chord
from realtime.music.scale import key_classes
from realtime.music.sequence import Note
from realtime.players.manner import Played, performer_file, performers
from realtime.players.manner.store import load
from realtime.players.mirror import Mirror
from realtime.players.plan import Moment
from realtime.players.registry import player_class
from realtime.players.rehearsal import chord_record, perform, shipped_package, sounding
from tests.players.stage import line, record
from tests.players.test_manner import fiddler, singer

RIFF = (62, 66, 69, 74, 69, 66, 62, 69)
CALL = line(list(RIFF * 2))


def by_itself(**values) -> Mirror:
    """Without the net: what it plays is what it has learned."""
    return Mirror(None, **values)


def with_net(**values) -> Mirror:
    return Mirror(shipped_package(Mirror), **values)


def notes_of(rows, start: float = 0.0) -> list[Note]:
    return [Note(start + tick / 24, 0.95 * length / 24, pitch) for tick, length, pitch in rows]


def row(name: str) -> int:
    return [p.id for p in Mirror.TABLE].index(name)


def nats(player: Mirror, rows) -> float:
    bits, count = player.manner.bits(rows, 2, 96)
    return bits / count


def test_it_is_found_by_its_file_and_has_its_own_name():
    assert player_class("mirror") is Mirror and Mirror.name == "mirror" and Mirror.LADDER == ("model", "manner")


@pytest.mark.parametrize("along", [0, 1])
def test_64_bars_that_it_hears_make_more_of_that_player_likelier(along):
    player, held_out = by_itself(along=along), fiddler(16, 2)
    before = nats(player, held_out)
    perform(player, notes_of(fiddler(64, 1)), 64 * 4 + 16.0)
    other = by_itself(along=along)
    perform(other, notes_of(singer(64, 1)), 64 * 4 + 16.0)
    after, wrong = nats(player, held_out), nats(other, held_out)
    assert after < before - 2.0 and after < wrong - 2.0, (before, after, wrong)
    assert player.manner.notes >= 0.9 * len(fiddler(64, 1)) and player.manner.takes == 1
    assert player.news == f"{player.manner.notes:,} notes in 1 take"


def test_it_answers_in_your_manner_where_it_was_taught_another():
    """You play broken chords alone: how much of the answer leaps, by what it was taught and by what it knows of you."""

    def leaps(you: float) -> float:
        player = with_net(seed=3, you=you)
        for rows in (fiddler(64, 1), fiddler(64, 3)):
            player.manner.learn(Played(1, 2, 96, rows))
        keys = [n.key for n in sounding(perform(player, notes_of(fiddler(4, 2)), 36.0))]
        assert len(keys) >= 8
        return sum(abs(b - a) >= 3 for a, b in pairwise(keys)) / (len(keys) - 1)

    assert leaps(1.0) > 0.6 and leaps(1.0) >= leaps(0.0)


def test_in_your_gaps_it_is_in_your_key_and_register():
    for make in (by_itself, with_net):
        player = make(seed=2)
        answers = sounding(perform(player, CALL, 24.0))
        assert answers and all(n.beat >= 8.0 for n in answers)
        inside = [n.key % 12 in key_classes(2, "major") for n in answers]
        assert sum(inside) / len(inside) >= 0.8
        assert all(min(RIFF) - 5 <= n.key <= max(RIFF) + 5 for n in answers)


def test_along_it_plays_while_you_do_from_the_bar_line_on_below_you_and_rests_when_you_rest():
    player = by_itself(along=1, seed=1)
    notes = sounding(perform(player, line(list(RIFF * 4)), 40.0))  # 16 beats
    assert notes and notes[0].beat >= 4.0
    assert {int(n.beat // 4) for n in notes} == {1, 2, 3, 4}, "one more bar, which it had begun to think of"
    assert sum(n.key for n in notes) / len(notes) < sum(RIFF) / len(RIFF) - 6
    later = sounding(perform(player, line(list(RIFF), start=48.0), 64.0, start=40.0))
    assert later and min(n.beat for n in later) >= 48.0


def test_along_it_keeps_to_the_chord_on_the_beats():
    player = by_itself(along=1, seed=1)
    told = [(0.0, chord_record(4.0 * bar, Chord(*(((2, "maj"), (7, "maj"))[bar % 2])))) for bar in range(10)]
    notes = sounding(perform(player, line(list(RIFF * 8)), 34.0, told=told))
    strong = [n for n in notes if abs(n.beat - round(n.beat)) < 0.01]
    classes = ({2, 6, 9}, {7, 11, 2})
    assert strong and all(n.key % 12 in classes[int(n.beat // 4) % 2] for n in strong)


@pytest.mark.parametrize("tick", [0.0137, 0.005])
def test_along_the_same_playing_gives_the_same_notes_however_the_ticks_fall(tick):
    def played(tick_s: float):
        heard = perform(by_itself(along=1, seed=4), notes_of(fiddler(8, 1)), 40.0, tick_s=tick_s)
        return [(round(n.beat, 4), n.key, round(n.velocity, 5)) for n in sounding(heard)]

    assert played(0.02) == played(tick) != []


@pytest.mark.parametrize(("numerator", "denominator"), [(3, 4), (6, 8), (5, 4), (7, 8)])
def test_along_in_any_metre_and_tempo_no_note_is_late(numerator, denominator):
    for tempo in (20.0, 120.0, 400.0):
        heard = perform(by_itself(along=1), line(list(RIFF * 2)), 14.0, tempo, numerator, denominator)
        notes = [(at, p) for at, p in heard if p.kind == wire.PLAN_NOTE]
        assert notes and all(p.beat > at for at, p in notes)


def test_a_long_flood_along_is_forgotten_from_its_beginning():
    player = by_itself(along=1)
    perform(player, line(list(RIFF) * 60, step=0.25), 125.0)
    assert len(player.ear.melody) < 300 and player.manner.notes > 400


def test_likes_and_dislikes_weigh_what_has_just_sounded():
    rows = fiddler(8, 1)
    player = by_itself(gap_beats=8.0)
    perform(player, notes_of(rows), 33.0)
    player.locate(Moment(33.0))
    perform(player, notes_of([(t - rows[-14][0], d, p) for t, d, p in rows[-14:]], 36.0), 44.0, start=33.0)
    before, notes = nats(player, rows[-14:]), player.manner.notes
    player.hear(record(wire.PARAMETER, 44.0, number=row("like"), value=1.0))
    liked = nats(player, rows[-14:])
    for _ in range(3):
        player.hear(record(wire.PARAMETER, 33.0, number=row("dislike"), value=1.0))
    assert liked < before and nats(player, rows[-14:]) > before and player.manner.notes == notes
    player.hear(record(wire.PARAMETER, 33.0, number=row("dislike"), value=0.0))
    assert len([p for p in player.manner.phrases if p.weight != 1.0]) == 4


def test_likes_in_silence_do_nothing():
    player = by_itself()
    perform(player, [], 33.0)
    player.hear(record(wire.PARAMETER, 33.0, number=row("like"), value=1.0))
    assert not player.manner.phrases


def test_a_long_silence_begins_a_take_and_one_take_can_be_forgotten():
    player = by_itself()
    perform(player, [*CALL, *line(list(RIFF), start=100.0)], 120.0)
    assert player.manner.takes == 2 and player.news == "24 notes in 2 takes"
    player.hear(record(wire.PARAMETER, 120.0, number=row("forget"), value=1.0))
    assert player.manner.takes == 1 and player.news == "16 notes in 1 take"


def test_drums_are_no_manner_of_playing():
    player = by_itself()
    assert not sounding(perform(player, [n._replace(channel=9) for n in CALL], 24.0)) and player.manner.notes == 0


def test_told_not_to_learn_it_does_not():
    player = by_itself(learn=0)
    perform(player, CALL, 24.0)
    assert player.manner.notes == 0 and player.news == "knows nothing of you yet"


def test_a_locate_in_the_middle_of_a_phrase_loses_nothing_of_it():
    player = by_itself()
    perform(player, CALL, 8.1)
    player.locate(Moment(0.0))
    assert player.manner.notes == len(CALL)


# -- by name -----------------------------------------------------------------------------------------------------------


def kept(name: str, **values) -> Mirror:
    player = Mirror(None, options={"performer": name}, **values)
    player.keeps = True
    return player


def test_by_name_it_is_kept_from_night_to_night_and_gone_when_deleted():
    first = kept("ann")
    perform(first, CALL, 24.0)
    first.leave()
    assert sum(p.notes for p in load(performer_file("ann"))) == 16
    second = kept("ann")
    assert second.news == "16 notes in 1 take of ann" and "ann" in performers()
    perform(second, line(list(RIFF), start=0.5), 20.0)
    second.leave()
    assert kept("ann").news == "24 notes in 2 takes of ann"
    performer_file("ann").unlink()
    perform(second, line(list(RIFF), start=24.5), 44.0, start=20.0)
    second.leave()
    second.tick(Moment(44.1))
    assert second.manner.notes == 0 and not performer_file("ann").exists()


def test_off_stage_it_reads_what_is_kept_and_writes_nothing():
    first = kept("bob")
    perform(first, CALL, 24.0)
    first.leave()
    before = performer_file("bob").read_bytes()
    reader = Mirror(None, options={"performer": "bob"})
    perform(reader, CALL, 24.0)
    reader.leave()
    assert reader.manner.notes == 32 and performer_file("bob").read_bytes() == before
    performer_file("bob").unlink()


@pytest.mark.parametrize("name", ["../../etc/x", "a/b"])
def test_under_no_name_it_plays_and_says_that_it_keeps_nothing(name):
    player = kept(name)
    assert "keeps nothing" in player.warning and sounding(perform(player, CALL, 24.0))


def test_a_damaged_file_is_left_alone_and_told():
    path = performer_file("eve")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{")
    player = kept("eve")
    assert "antiphon mirror forget 'eve'" in player.warning
    perform(player, CALL, 24.0)
    player.leave()
    assert player.manner.notes == 16 and path.read_text() == "{"
    path.unlink()
