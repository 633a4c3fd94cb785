"""Players whose process is killed or stopped while their notes sound and the song runs: every note ends, the bars go on, and
the player is back; solo; what can be asked of a player by the tree."""

from __future__ import annotations

import os
import signal
import time

import pytest

from realtime.players.controls import TRIGGERS
from tests.session.test_session_players import stage  # noqa: F401  (a fixture)

STOPPED_S = 5.0


def held(on, number: int = 0) -> int:
    """Notes that the hold has played for a player."""
    return int(on.session.engine.record["player_held"][0][number])


def song_runs(on) -> None:
    on.session.engine.play()
    for number in range(len(on.session.links)):
        on.plays(number)
    begun = [int(count) for count in on.session.engine._memory.arrays["stand_ins"]["count"]]
    on.until(
        lambda: all(
            int(on.session.engine._memory.arrays["stand_ins"]["count"][n]) > begun[n] + 12
            for n in range(len(on.session.links))
        ),
        "some bars of each",
    )


def ends(on) -> None:
    """All is quiet once it is muted."""
    for link in on.session.links:
        link.mute(True)
    on.silent()


def test_killed_it_is_held_and_comes_back(stage):  # noqa: F811
    on = stage('player = "steady"\nlength = 3', 'player = "steady"\npitch = 50')
    song_runs(on)
    os.kill(on.session.hosts.pids[0], signal.SIGKILL)
    on.until(lambda: all(held(on, number) > 2 for number in (0, 1)), "the hold")
    assert on.session.links[0].hit_rate < 100.0
    on.until(lambda: on.heard("starting it again"), "word of it")
    on.until(lambda: all(link.memory.vitals["turns"][0] > 0 for link in on.session.links), "the players again")
    on.until(lambda: all(link.rung == "full" for link in on.session.links), "the hand-over")
    before = held(on)
    on.plays(0)
    assert held(on) == before
    ends(on)


def test_stopped_for_five_seconds_with_a_note_held_the_bars_go_on_and_every_note_ends(stage):  # noqa: F811
    on = stage('player = "steady"\nlength = 60')
    song_runs(on)
    stopped = on.session.hosts.pids[0]
    os.kill(stopped, signal.SIGSTOP)
    began = time.monotonic()
    try:
        on.until(lambda: on.session.links[0].rung == "hold", "the hold")
        first = held(on)
        on.until(lambda: time.monotonic() - began > STOPPED_S and held(on) > first + 4, "bars of it")
    finally:
        os.kill(stopped, signal.SIGCONT)
    on.until(lambda: on.session.links[0].rung == "full", "the player")
    on.plays()
    ends(on)


def test_without_hold_it_is_silent_until_it_is_back(stage):  # noqa: F811
    on = stage('player = "steady"\nhold = false')
    song_runs(on)
    os.kill(on.session.hosts.pids[0], signal.SIGKILL)
    on.until(lambda: on.heard("starting it again"), "word of it")
    on.silent()
    assert held(on) == 0
    on.plays()


def test_held_and_given_up_it_falls_silent(stage):  # noqa: F811
    on = stage('player = "fails"')
    song_runs(on)
    for _ in range(3):
        link = on.session.links[0]
        on.until(lambda link=link: link.running and link.memory.vitals["turns"][0] > 0, "the player")
        said = len(on.said)
        on.session.note(0x90, 60, 100)
        on.until(lambda said=said: len(on.said) > said, "word of it")
    assert on.heard("three times", "it stays off")
    on.until(lambda: on.session.links[0].rung == "full", "the end of the hold")
    on.silent()
    before = held(on)
    assert not any(on.sounding().values()) and held(on) == before


def test_one_soloed_silences_the_others_and_mute_is_stronger(stage):  # noqa: F811
    on = stage('player = "steady"\nlength = 60', 'player = "steady"\npitch = 50\nlength = 60', control=True)
    on.plays(0)
    on.plays(1)
    tree = on.session.control.tree
    tree.set("/player/2/solo", True)
    on.until(lambda: not on.sounding()[0] and on.sounding()[1], "the first to be silent")
    assert not tree.get("/player/1/mute")
    tree.set("/player/2/mute", True)
    on.silent()
    tree.set("/player/2/solo", False)
    on.until(lambda: on.sounding()[0] and not on.sounding()[1], "the first again")


@pytest.mark.parametrize("asked", TRIGGERS)
def test_it_is_asked_by_the_tree_and_shows_how_it_plays(stage, asked):  # noqa: F811
    on = stage('player = "steady"', control=True)
    on.plays()
    tree = on.session.control.tree
    seen = on.watch_plans()
    tree.set(f"/player/1/{asked}", None)
    if asked != "undo":  # it has nothing to undo
        on.until(lambda: any(kind == "cancel" for _, _, kind, *_ in seen), "the loop to begin")
    on.plays()
    assert tree.get("/player/1/rung") == "full" and 0.0 <= tree.get("/player/1/hit_rate") <= 100.0


def test_it_is_stopped_and_started_by_the_tree(stage):  # noqa: F811
    on = stage('player = "steady"\nlength = 60', control=True)
    on.plays()
    on.session.control.tree.set("/player/1/playing", False)
    on.silent()
    on.session.control.tree.set("/player/1/playing", True)
    on.plays()
