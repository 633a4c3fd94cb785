"""Players in a session as it runs, on the null driver: they share processes, come back, and leave no note behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from realtime.contract import player_wire as wire
from realtime.control.client import ControlClient
from realtime.control.discovery import Endpoint
from realtime.engine.engine import Engine
from realtime.engine.layout import MAX_PLAYERS, PLAYER_SOURCE
from realtime.native.errors import AntiphonError
from realtime.session import player_hosts
from realtime.session.player_slot import Lane
from realtime.session.session import Options, Session
from tests.players.small_players import FAILS, HANGS, NONSENSE, STEADY, install, steady_with

PATIENCE_S = 60.0
SCENE = """
tempo_bpm = 240
[[track]]
name = "bass"
hears = ["player 1 bass"]
[[track.device]]
device = "pluck"
[[track]]
name = "rest"
hears = ["keys", "players"]
[[track.device]]
device = "pluck"
"""


class Stage:
    """A session whose main loop runs while something is waited for."""

    def __init__(self, session: Session, folder: Path):
        self.session, self.folder = session, folder
        self.said: list[str] = []
        session.on_message = self.said.append

    def scene(self, name: str, *players: str) -> str:
        path = self.folder / f"{name}.toml"
        lane = "player 1 bass" if players and "steady" in players[0] else "players"
        path.write_text(SCENE.replace("player 1 bass", lane) + "".join(f"[[player]]\n{player}\n" for player in players))
        return str(path)

    def until(self, what, why: str = "it"):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.session.tick()
            if found := what():
                return found
            time.sleep(0.005)
        raise AssertionError(f"{why} did not come to pass; said: {self.said}")

    def heard(self, *words: str) -> str | None:
        return next((line for line in self.said if all(word in line for word in words)), None)

    def sounding(self) -> dict[int, int]:
        """Notes held by each player's source, as the engine's keepers have them."""
        keepers = self.session.engine._memory.arrays["keepers"]
        return {n: int(keepers[PLAYER_SOURCE + n]["sounding"]) for n in range(MAX_PLAYERS)}

    def plays(self, number: int = 0) -> None:
        before = self.session.player_notes
        link = self.session.links[number]
        self.until(lambda: link.running and link.memory.vitals["turns"][0] > 0, f"player {number + 1}")
        self.until(lambda: self.session.player_notes > before + 2, f"notes of player {number + 1}")

    def watch_plans(self, number: int = 0) -> list[tuple]:
        """What the session sees a player plan from now on."""
        link, seen = self.session.links[number], []
        see = link.plan_events

        def watched(to_song: float) -> list[tuple]:
            events = see(to_song)
            seen.extend(events)
            return events

        link.plan_events = watched
        return seen

    def silent(self) -> None:
        """No player's note is held, and stays so."""
        self.until(lambda: not any(self.sounding().values()), "silence")


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ANTIPHON_RUNTIME_DIR", str(tmp_path / "run"))
    install(tmp_path / "data", steady=STEADY, hangs=HANGS, fails=FAILS, nonsense=NONSENSE)
    made: list[Session] = []

    def open_on(*players: str, control: bool = False) -> Stage:
        empty = Stage.__new__(Stage)
        empty.folder = tmp_path
        path = Stage.scene(empty, "first", *players)
        session = Session(Options(scene=path, driver="null", frames=128, midi=False, control=control))
        made.append(session)
        stage = Stage(session, tmp_path)
        session.open()
        return stage

    yield open_on
    for session in made:
        session.close()


def processes(session: Session) -> int:
    return len(session.hosts.pids)


def test_sixteen_players_share_two_processes_and_all_play(stage):
    on = stage(*['player = "steady"'] * 16)
    assert processes(on.session) == 16 // player_hosts.PLAYERS_A_PROCESS
    on.until(lambda: all(link.memory.vitals["turns"][0] > 0 for link in on.session.links), "all players")
    on.until(lambda: sum(1 for count in on.sounding().values() if count) == 16, "a note of each at once")
    pids = on.session.hosts.pids
    on.session.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids) and not any(on.sounding().values())
    assert on.session.engine.quiesce.collect() == 0, "all memory is given back"


@pytest.mark.skipif(sys.platform != "linux", reason="shared memory is a file there")
def test_memory_has_no_name_any_more_once_the_player_plays(stage):
    on = stage('player = "steady"')
    name = on.session.links[0].memory.name
    on.plays()
    on.until(lambda: not (Path("/dev/shm") / name).exists(), "its name to be taken away")


def test_a_killed_process_brings_all_its_players_back_and_no_note_hangs(stage):
    on = stage('player = "steady"\nlength = 60', 'player = "steady"\nlength = 60\npitch = 50')
    on.plays(0)
    on.until(lambda: on.sounding()[0] and on.sounding()[1], "notes of both")
    os.kill(on.session.hosts.pids[0], signal.SIGKILL)
    on.until(lambda: on.heard("player steady ended (code -9); starting it again"), "word of it")
    on.plays(0)
    on.plays(1)
    assert processes(on.session) == 1
    on.session.panic()
    for link in on.session.links:
        link.mute(True)
    on.silent()


def test_a_process_that_stands_still_is_noticed_told_and_replaced(stage, monkeypatch):
    monkeypatch.setattr(player_hosts, "HANG_S", 1.0)
    on = stage('player = "steady"\nlength = 60')
    on.plays()
    stopped = on.session.hosts.pids[0]
    os.kill(stopped, signal.SIGSTOP)
    try:
        on.until(lambda: on.heard("player steady hangs", "starting it again"), "word of it")
        on.plays()
        assert on.session.hosts.pids != [stopped]
    finally:
        os.kill(stopped, signal.SIGCONT)
    on.session.links[0].mute(True)
    on.silent()


def test_one_that_hangs_takes_the_others_along_once_and_then_lives_alone(stage, monkeypatch):
    monkeypatch.setattr(player_hosts, "HANG_S", 1.0)
    on = stage('player = "steady"', 'player = "hangs"')
    on.plays(0)
    on.until(lambda: on.session.links[1].memory.vitals["turns"][0] > 0, "the second player")
    on.session.note(0x90, 60, 100)  # its own code never returns
    on.until(lambda: on.heard("player hangs hangs", "starting it again"), "word of it")
    assert on.heard("player steady lost its process", "starting it again")
    on.plays(0)
    on.plays(1)
    assert processes(on.session) == 2 and on.session.links[1].alone and not on.session.links[0].alone
    turns = on.session.links[0].memory
    on.session.note(0x90, 61, 100)
    on.until(lambda: sum("player hangs hangs" in line for line in on.said) == 2, "word of it again")
    assert on.session.links[0].memory is turns, "the other one was not touched"
    on.plays(0)


def test_one_that_fails_three_times_stays_off_until_its_scene_is_loaded_again(stage):
    on = stage('player = "fails"', 'player = "steady"')
    path = str(on.folder / "first.toml")
    for _ in range(3):
        link = on.session.links[0]
        on.until(lambda link=link: link.running and link.memory.vitals["turns"][0] > 0, "the player")
        said = len(on.said)
        on.session.note(0x90, 60, 100)
        on.until(lambda said=said: len(on.said) > said, "word of it")
    assert on.heard(
        "player fails failed (", "fails.py, line ", "ValueError: sore throat", "three times", "it stays off"
    )
    assert not on.session.links[0].running
    on.plays(1)
    on.session.load_scene(path)
    on.plays(0)


def test_a_scene_with_a_wrong_player_leaves_everything_as_it_is(stage):
    on = stage('player = "steady"')
    on.plays()
    session = on.session
    before = (session.scene, session.plan, session.links[0].memory, session.links[0].values, session.hosts.pids)
    for wrong in (
        'hears = ["nobody"]',
        'seed = "x"',
        "options = { file = 'none' }",
        "lanes = { bass = { channel = 0 } }",
    ):
        with pytest.raises(AntiphonError, match="player 2"):
            session.load_scene(on.scene("wrong", 'player = "steady"\npitch = 99', f'player = "steady"\n{wrong}'))
    assert (session.scene, session.plan, session.links[0].memory, session.links[0].values, session.hosts.pids) == before
    on.plays()


def test_bypass_mutes_and_mute_bypasses_by_the_control_tree(stage):
    on = stage('player = "steady"\nlength = 60', control=True)
    on.plays()
    tree = on.session.control.tree
    for one, other in (("bypass", "mute"), ("mute", "bypass")):
        tree.set(f"/player/1/{one}", True)
        assert tree.get(f"/player/1/{other}")
        on.silent()
        tree.set(f"/player/1/{other}", False)
        on.plays()


def test_a_muted_player_of_a_scene_stays_muted_when_it_comes_back(stage):
    on = stage('player = "steady"\nmute = true')
    link = on.session.links[0]
    on.until(lambda: link.memory.vitals["turns"][0] > 0, "the player")
    os.kill(on.session.hosts.pids[0], signal.SIGKILL)
    on.until(lambda: on.heard("starting it again"), "word of it")
    on.until(lambda: link.memory.vitals["turns"][0] > 0, "the player again")
    seen = on.watch_plans()
    on.until(lambda: len(seen) > 3, "its plans")
    assert on.session.player_notes == 0
    link.mute(False)
    on.plays()


def test_lanes_move_by_the_control_tree_and_trade_channels(stage):
    on = stage('player = "steady"\nlength = 60', control=True)
    on.plays()
    tree = on.session.control.tree
    tree.set("/player/1/lanes/bass/channel", 2)
    tree.set("/player/1/lanes/chime/midi", False)
    tree.set("/player/1/lanes/chime/program", 7)
    assert on.session.links[0].lanes == (Lane("bass", 2), Lane("chime", 1, False, 7))
    tree.set("/player/1/lanes/chime/program", -1)
    assert on.session.links[0].lanes[1].program is None
    on.plays()
    on.session.links[0].mute(True)
    on.silent()


@pytest.mark.parametrize("after", [('player = "answer"',), (), ('player = "steady"\nhears = "panel"\nlength = 0.2',)])
def test_a_change_of_scene_while_notes_sound_ends_those_of_players_that_go(stage, after):
    on = stage('player = "steady"\nlength = 60', 'player = "steady"\nlength = 60\npitch = 50')
    on.plays(0)
    on.plays(1)
    on.session.load_scene(on.scene("second", *after))
    on.until(lambda: not on.sounding()[1], "the second player's notes to end")
    if not after or "answer" in after[0]:
        on.silent()
    else:
        on.plays(0)


def test_a_player_that_goes_on_in_the_next_scene_keeps_its_process_and_its_former_ear_forgets(stage):
    on = stage('player = "steady"')
    on.plays()
    memory, seen = on.session.links[0].memory, on.watch_plans()
    on.session.load_scene(
        on.scene("second", 'player = "steady"\npitch = 77\nhears = "panel"\nlanes = { bass = { channel = 9 } }')
    )
    assert on.session.links[0].memory is memory
    on.until(lambda: any(e[6] == 77 for e in seen), "the new pitch")
    assert any(e[2] == "release" for e in seen), "it was told to forget"
    assert on.session.links[0].lanes[0].channel == 9


def test_nonsense_of_a_player_harms_nobody(stage):
    on = stage('player = "nonsense"', 'player = "steady"')
    on.plays(0)
    on.plays(1)
    for link in on.session.links:
        link.mute(True)
    on.silent()
    assert on.session.engine.meters.snapshot()["dropped_events"] > 0


def test_the_plan_is_seen_before_it_sounds_and_late_notes_and_load_in_the_tree(stage, tmp_path):
    tardy = STEADY.replace("self.plan(self.next,", "self.plan(self.next - 8,", 1)
    install(tmp_path / "data", tardy=tardy)
    on = stage('player = "steady"', 'player = "tardy"', control=True)
    server = on.session.control.server
    client = ControlClient(endpoint=Endpoint("127.0.0.1", server.port, server.http_port, 0, ""))
    try:
        client.subscribe("/stream/plan", "/stream/meters")
        found: list[tuple] = []
        meters: set[str] = set()

        def listen() -> bool:
            for message in client.poll():
                if message.address == "/stream/plan":
                    now = float(on.session.engine.record[0]["transport"]["beat"])
                    found.extend((now, *message.args[at : at + 8]) for at in range(0, len(message.args), 8))
                elif message.address == "/stream/meters":
                    meters.update(message.args[::2])
            return sum(row[1] == 1 for row in found) > 6 and "player_1_load_percent" in meters

        on.until(listen, "plans on the stream")
        assert {lane for _, _, lane, *_ in found} == {"bass", "chime"}
        notes = [row for row in found if row[3] == "note" and row[1] == 1]
        assert all(key in (40, 80) for _, _, _, _, _, _, _, key, _ in notes)
        early = [beat - now for now, _, _, _, _, beat, *_ in notes]
        assert sum(early) / len(early) > 0.0, "most come before they sound"
        on.until(lambda: client.get("/player/2/late") > 3, "the late notes to be counted")
        assert client.get("/player/2/latest_ms") > 1000.0 and client.get("/player/2/load") >= 0.0
        assert client.get("/player/1/status") in wire.STATUSES
    finally:
        client.close()


def test_what_the_follower_will_say_reaches_the_player_in_its_process(stage, tmp_path):
    source = steady_with("def hear_chord(self, beat, chord):\n        self.set('pitch', 24 + chord.root)")
    install(tmp_path / "data", follows=source)
    on = stage('player = "follows"')
    on.plays()
    on.session.engine.players.tell(wire.CHORD, key=7, number=0, bass=7, classes=0b100010000100)
    seen = on.watch_plans()
    on.until(lambda: any(e[6] == 31 for e in seen), "the chord's root")


def test_after_a_change_of_sample_rate_the_same_process_plays_on_the_new_engine(stage):
    on = stage('player = "steady"\nmute = true')
    link, first = on.session.links[0], on.session.engine
    on.until(lambda: link.memory.vitals["turns"][0] > 0, "the player")
    memory, second = link.memory, Engine(44100.0)
    link.connect(second)
    link.mute(False)

    def sounds() -> bool:
        second.process(frames=441)
        return any(record["source"] == PLAYER_SOURCE for record in second.heard.pop_all())

    on.until(sounds, "notes on the new engine")
    assert link.memory is memory and not first.record["player_in"][0, 0] and not first.record["player_out"][0, 0]
    link.connect(first)
    on.plays()
