"""What is learned of a performer: the counts, that it tells one player from another, and the file it is kept in."""

from __future__ import annotations

import json
from functools import cache
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import realtime.models.phrase.code as code
from realtime.models.phrase import Phrase
from realtime.native.errors import AntiphonError
from realtime.players.manner import Keeper, Manner, MannerWriter, Played, PriorNet, known_of, performer_file, performers
from realtime.players.manner.manner import MOST_NOTES
from realtime.players.manner.ppm import Ppm
from realtime.players.manner.store import load, merged, save
from realtime.players.rehearsal import MODELS

BAR = 96


def fiddler(bars: int, seed: int) -> tuple:
    """Broken chords in eighths, up and down, with a long note at the end of each four bars."""
    dice, rows = Random(seed), []
    for bar in range(bars):
        root = dice.choice((62, 67, 69)) if bar % 4 < 3 else 62
        shape = dice.choice(((0, 4, 7, 4, 0, 4, 7, 12), (12, 7, 4, 7, 12, 7, 4, 0)))
        steps = shape[:4] if bar % 4 == 3 else shape
        rows += [(bar * BAR + 12 * i, 12, root + step) for i, step in enumerate(steps)]
        if bar % 4 == 3:
            rows.append((bar * BAR + 48, 48, 62))
    return tuple(rows)


def singer(bars: int, seed: int) -> tuple:
    """Steps of the scale in quarters and dotted ones, around the fifth."""
    dice, rows, place = Random(seed), [], 4
    scale = [62, 64, 66, 67, 69, 71, 73, 74, 76]
    for bar in range(bars):
        for tick, length in dice.choice((((0, 24), (24, 24), (48, 36), (84, 12)), ((0, 36), (36, 12), (48, 48)))):
            place = min(8, max(0, place + dice.choice((-1, -1, 1, 1, 0, 2 if place < 4 else -2))))
            rows.append((bar * BAR + tick, length, scale[place]))
    return tuple(rows)


def learned(*phrases: tuple, weight: float = 1.0) -> Manner:
    manner = Manner()
    for rows in phrases:
        manner.learn(Played(1, 2, BAR, rows, weight))
    return manner


def a_note(manner: Manner, rows: tuple) -> float:
    bits, notes = manner.bits(rows, 2, BAR)
    return bits / notes


@cache
def shipped() -> Phrase:
    return Phrase.load(MODELS / "phrase.onnx")


@pytest.mark.parametrize(("mine", "theirs"), [(fiddler, singer), (singer, fiddler)])
def test_after_64_bars_new_bars_of_that_player_are_likelier_than_before_and_than_under_another(mine, theirs):
    heard, other, held_out = learned(mine(64, 1)), learned(theirs(64, 1)), mine(16, 2)
    before, after, wrong = (a_note(manner, held_out) for manner in (Manner(), heard, other))
    assert after < before - 3.0 and after < wrong - 3.0, (before, after, wrong)


@pytest.mark.parametrize(("mine", "theirs"), [(fiddler, singer), (singer, fiddler)])
def test_so_they_are_to_the_trained_model_that_it_is_blended_with(mine, theirs):
    def bits(manner: Manner, share: float) -> float:
        writer = MannerWriter(shipped().net, None, manner)
        writer.net.reset()
        writer.share = share
        writer.set_frame(code.Frame(62, "major"))
        return writer.bits(mine(8, 2), 4, 4)

    alone, mixed = bits(Manner(), 0.0), bits(learned(mine(64, 1)), 0.7)
    assert mixed < 0.85 * alone and mixed < 0.7 * bits(learned(theirs(64, 1)), 0.7)
    assert bits(Manner(), 1.0) == pytest.approx(alone, abs=1e-6), "who knows nothing says what the net says"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 5)), max_size=60), st.randoms())
def test_what_is_unlearned_leaves_nothing(seen, dice):
    table = Ppm(3)
    for first, second, symbol in seen:
        table.learn((first, second), symbol)
    dice.shuffle(seen)
    for first, second, symbol in seen:
        table.learn((first, second), symbol, -1.0)
    assert len(table) == 0


def test_odds_are_odds_and_go_to_what_was_seen():
    table, base = Ppm(2), np.full(8, 1 / 8)
    for _ in range(10):
        table.learn((1, 2), 5)
        table.learn((1, 3), 6)
    for context in ((), (1,), (1, 2), (1, 3), (7, 7)):
        assert table.blended(context, base).sum() == pytest.approx(1.0)
    assert table.blended((1, 2), base).argmax() == 5 and table.blended((1, 3), base).argmax() == 6
    assert np.allclose(table.blended((7, 7), base), base)
    assert table.blended((1, 2), base, shift=-3).argmax() == 2


def test_disliked_turns_become_rare_and_their_intervals_elsewhere_do_not():
    rows = fiddler(8, 1)
    known, disliked = learned(rows), learned(rows)
    disliked.learn(Played(1, 2, BAR, rows[:8], -3.0))
    assert a_note(disliked, rows[:8]) > a_note(known, rows[:8]) + 0.5
    nothing = Manner()
    nothing.learn(Played(1, 2, BAR, rows[:8], -3.0))
    assert a_note(nothing, singer(8, 3)) == pytest.approx(a_note(Manner(), singer(8, 3)), abs=0.05)
    liked = learned(rows)
    liked.learn(Played(1, 2, BAR, rows[:8], 2.0))
    assert a_note(liked, rows[:8]) < a_note(known, rows[:8])
    assert known.notes == liked.notes == disliked.notes == len(rows), "what is liked is not played twice"


def test_it_is_bounded_and_the_oldest_goes():
    manner = Manner()
    for number in range(MOST_NOTES // 200 + 20):
        manner.learn(Played(number, 2, BAR, fiddler(28, number)))
    assert sum(len(p.rows) for p in manner.phrases) <= MOST_NOTES and manner.phrases[0].take > 0
    manner.forget(lambda played: True)
    assert not manner.phrases and not len(manner.pitch) and not len(manner.duration) and not len(manner.delta)


def test_the_priors_have_the_face_of_the_net():
    net, real = PriorNet(), shipped().net
    net.feed((code.BEGIN, *[0] * 11), (0,) * 8)
    assert {n: getattr(net, n).shape for n in ("pitch", "duration", "velocity", "delta")} == {
        n: getattr(real, n).shape for n in ("pitch", "duration", "velocity", "delta")
    }
    assert net.pitch.argmax() in range(code.CENTRE, code.CENTRE + 12)


# -- its file ----------------------------------------------------------------------------------------------------------


def test_a_file_gives_back_what_was_kept_and_no_more_than_the_bound(tmp_path):
    path = tmp_path / "ann.json"
    phrases = [Played(7, 2, BAR, fiddler(4, n), 1.0 if n else -2.0, n) for n in range(5)]
    save(path, phrases)
    assert load(path) == phrases
    save(path, [Played(n, 2, BAR, fiddler(64, n)) for n in range(40)])
    assert sum(p.notes for p in load(path)) <= MOST_NOTES and load(path)[-1].take == 39
    assert [p.name for p in tmp_path.iterdir()] == ["ann.json"]


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 41, "a\0", "a\n", "con:1", " a"])
def test_what_is_no_name_is_refused_in_a_sentence(name):
    with pytest.raises(AntiphonError, match="must be a name of letters"):
        performer_file(name)


def test_names_of_people_are_names():
    for name in ("Ann", "ann-marie", "O'Neill", "Jürgen 2", "a"):
        assert performer_file(name).name == f"{name}.json"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 9, "phrases": []}', '{"version": 1, "phrases": [[1]]}',
                                  '{"version": 1, "phrases": [[1, 2, 96, 1.0, 0, [[0, 1, 200]]]]}',
                                  '{"version": 1, "phrases": [[1, 2, 96, 1.0, 0, [[5, 1, 60], [5, 1, 62]]]]}',
                                  '{"version": 1, "phrases": [[1, 2, 0, 1.0, 0, []]]}',
                                  '{"version": 1, "phrases": [[1, 2, 96, NaN, 0, []]]}', "[" * 100_000])  # fmt: skip
def test_a_damaged_file_is_one_sentence(tmp_path, text):
    path = tmp_path / "ann.json"
    path.write_text(text)
    with pytest.raises(AntiphonError, match="antiphon mirror forget 'ann'"):
        load(path)


def test_two_that_keep_the_same_performer_lose_nothing(tmp_path):
    one, other = Keeper(tmp_path / "ann.json"), Keeper(tmp_path / "ann.json")
    first, second = Played(1, 2, BAR, fiddler(4, 1)), Played(2, 2, BAR, fiddler(4, 2))
    assert one.read() == other.read() == []
    one.keep([first])
    assert one.settled(10.0)
    other.keep([second])
    assert other.settled(10.0)
    assert load(one.path) == [first, second] == merged([second], [first])


def test_what_was_deleted_meanwhile_stays_deleted(tmp_path):
    keeper = Keeper(tmp_path / "ann.json")
    keeper.keep([Played(1, 2, BAR, fiddler(4, 1))])
    assert keeper.settled(10.0)
    keeper.path.unlink()
    keeper.keep([Played(1, 2, BAR, fiddler(4, 1)), Played(1, 2, BAR, fiddler(4, 2))])
    assert keeper.settled(10.0) and keeper.forgotten and not keeper.path.exists()
    new = [Played(3, 2, BAR, fiddler(4, 3))]
    keeper.keep(new)
    assert keeper.settled(10.0) and load(keeper.path) == new


def test_where_nothing_can_be_written_it_says_so_and_goes_on(tmp_path):
    (tmp_path / "file").write_text("")
    keeper = Keeper(tmp_path / "file" / "ann.json")
    keeper.keep([Played(1, 2, BAR, fiddler(4, 1))])
    assert keeper.settled(10.0) and "cannot be kept" in keeper.trouble


def test_who_is_there_is_listed_and_who_is_not_is_told():
    path = performer_file("Test Person")
    save(path, [Played(1, 2, BAR, fiddler(4, 1))])
    assert performers()["Test Person"] == path and known_of("Test Person").notes == len(fiddler(4, 1))
    assert json.loads(path.read_text())["version"] == 1
    path.unlink()
    with pytest.raises(AntiphonError, match="nothing is kept"):
        known_of("Test Person")
