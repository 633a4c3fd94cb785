"""The host's process: serves several players, each by its own memory, ends with its orders, and one's fault is its alone."""

from __future__ import annotations

import gc
import json
import os
import stat
import subprocess
import sys
import time
from multiprocessing import shared_memory
from pathlib import Path

import pytest

from realtime.contract import player_wire as wire
from realtime.native.errors import AntiphonError
from realtime.players.answer import AnswerPlayer
from realtime.players.host import serve_once
from realtime.players.memory import PlayerMemory
from realtime.players.registry import player_class
from realtime.players.rehearsal import perform, sounding
from tests.players.small_players import FAILS, PRINTS, STEADY, install
from tests.players.stage import line, record

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "models_onnx" / "phrase.onnx"
TUNE = [62, 64, 66, 67, 69, 71, 69, 66]
PATIENCE_S = 60.0


class Room:
    """The session's end of a host process: orders, answers, and a memory for each player."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "realtime.players.host"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            encoding="utf-8",
        )  # fmt: skip
        self.memories: list[PlayerMemory] = []
        self.beat = 0.0

    def serve(self, player: str, package: Path | None = None, **values: float) -> PlayerMemory:
        memory = PlayerMemory.create()
        self.memories.append(memory)
        self.order(do="serve", number=len(self.memories), player=player, memory=memory.name, values=values,
                   package=None if package is None else str(package))  # fmt: skip
        return memory

    def order(self, **what) -> None:
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def until(self, what, clock: tuple[PlayerMemory, ...] = ()):
        """Waits for a state; meanwhile the clock of some players goes on."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if found := what():
                return found
            self.beat += 0.02
            for memory in clock:
                memory.listen.push_record(record(wire.TRANSPORT, self.beat))
            time.sleep(0.01)
        raise AssertionError("it did not come to pass")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        for memory in self.memories:
            memory.free()


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    install(tmp_path, steady=STEADY, fails=FAILS, prints=PRINTS)
    room = Room()
    yield room
    room.close()


def play_phrase(memory: PlayerMemory, start: float = 0.0) -> float:
    memory.listen.push_record(record(wire.TRANSPORT, start))
    for n in line(TUNE, start=start):
        memory.listen.push(kind=wire.NOTE_ON, beat=n.beat, key=n.pitch, velocity=n.velocity)
        memory.listen.push(kind=wire.NOTE_OFF, beat=n.end, key=n.pitch)
    return start + 4.0


def notes(ring) -> list:
    return [r for r in ring.pop_all() if r["kind"] == wire.PLAN_NOTE]


def test_several_players_in_one_process_answer_and_it_ends_with_its_orders(room):
    answers = [room.serve("answer", PACKAGE, seed=seed, density=1.5) for seed in (3, 4)]
    steady = room.serve("steady", pitch=41)
    for memory in answers:
        room.beat = play_phrase(memory)
    everyone = (*answers, steady)
    for memory in everyone:
        found = room.until(lambda memory=memory: notes(memory.plan), everyone)
        assert all(n["serial"] <= 1 and 0 < n["velocity"] <= 1 for n in found)
        mirrored: list = []
        room.until(
            lambda memory=memory, mirrored=mirrored, found=found: (
                mirrored.extend(notes(memory.mirror)) or len(mirrored) >= len(found)
            ),
            everyone,
        )
        assert [n.tobytes() for n in found] == [n.tobytes() for n in mirrored[: len(found)]]
        assert memory.vitals["turns"][0] > 0 and 0 <= memory.vitals["busy"][0] < 2 and memory.vitals["refused"][0] == 0
    room.process.stdin.close()
    assert room.process.wait(PATIENCE_S) == 0
    # the session's memory outlives the process: another can be attached
    shared_memory.SharedMemory(name=steady.name).close()


def test_status_is_for_the_mirror_alone(room):
    memory = room.serve("answer", PACKAGE)
    room.beat = play_phrase(memory)
    kinds: list[int] = []
    room.until(
        lambda: kinds.extend(int(r["kind"]) for r in memory.mirror.pop_all()) or wire.PLAN_NOTE in kinds, (memory,)
    )
    assert wire.PLAN_STATUS in kinds
    assert wire.PLAN_STATUS not in [int(r["kind"]) for r in memory.plan.pop_all()]


def test_killed_while_answering_nobody_waits_for_it_and_the_next_one_goes_on(room):
    first = room.serve("answer", PACKAGE)
    room.beat = play_phrase(first)
    room.until(lambda: notes(first.plan), (first,))
    room.process.kill()
    room.process.wait(PATIENCE_S)
    while first.listen.push_record(
        record(wire.TRANSPORT, 20.0)
    ):  # nobody reads: the ring fills, refuses, blocks no one
        pass
    assert first.listen.refused > 0
    again = Room()
    try:
        second = again.serve("answer", PACKAGE)
        again.beat = play_phrase(second, start=24.0)
        assert all(n["beat"] >= 28.0 for n in again.until(lambda: notes(second.plan), (second,)))
    finally:
        again.close()


def test_a_fault_of_one_is_told_and_the_others_play_on(room):
    steady, fails = room.serve("steady"), room.serve("fails")
    room.until(lambda: fails.vitals["turns"][0] and notes(steady.plan), (steady, fails))
    fails.listen.push(kind=wire.NOTE_ON, key=60, velocity=0.5, beat=room.beat)
    told = room.answer()
    assert (told["number"], told["what"]) == (2, "failed") and "sore throat" in told["text"]
    turns = int(fails.vitals["turns"][0])
    steady.plan.pop_all()
    assert room.until(lambda: notes(steady.plan), (steady,)) and fails.vitals["turns"][0] == turns


def test_what_cannot_be_made_is_told_in_one_sentence(room):
    room.serve("xylophonist")
    assert "the players are" in room.answer()["text"]
    room.serve("answer", PACKAGE, heat=1.0)
    assert "no parameter 'heat'" in room.answer()["text"]
    room.serve("answer", ROOT / "none.onnx")
    told = room.answer()
    assert told["what"] == "say" and "plays by rule" in told["text"] and "none.onnx" in told["text"]


def test_what_a_player_prints_is_no_answer(room):
    prints = room.serve("prints")
    room.until(lambda: notes(prints.plan), (prints,))
    room.serve("xylophonist")
    assert "the players are" in room.answer()["text"]


def test_a_dropped_player_is_served_no_longer(room):
    kept, dropped = room.serve("steady"), room.serve("steady")
    room.until(lambda: notes(kept.plan) and notes(dropped.plan), (kept, dropped))
    room.order(do="drop", number=2)
    turns = [0]

    def stands_still():
        before, turns[0] = turns[0], int(dropped.vitals["turns"][0])
        return before == turns[0]

    room.until(stands_still, (kept, dropped))
    kept.plan.pop_all()
    assert room.until(lambda: notes(kept.plan), (kept,))


@pytest.mark.skipif(sys.platform != "linux", reason="shared memory is a file there")
def test_its_memory_is_the_owners_alone_and_nameless_once_it_is_no_longer_needed():
    one, other = PlayerMemory.create(), PlayerMemory.create()
    path = Path("/dev/shm") / one.name
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 and path.stat().st_uid == os.getuid()
    assert len(one.name) >= 20 and one.name != other.name
    one.unlink()
    assert not path.exists() and one.listen.push(kind=1)
    with pytest.raises(AntiphonError, match="no player's memory is there"):
        PlayerMemory.attach(one.name)
    for memory in (one, other):
        memory.free()
    assert not (Path("/dev/shm") / other.name).exists()


def test_memory_of_another_kind_is_not_attached():
    foreign = shared_memory.SharedMemory(create=True, size=1 << 20)
    try:
        with pytest.raises(AntiphonError, match="no player's memory is there"):
            PlayerMemory.attach(foreign.name)
    finally:
        foreign.close()
        foreign.unlink()


def test_memory_that_is_still_looked_at_goes_with_its_last_view_and_nobody_complains(monkeypatch):
    def mapped():
        return sum("ap_" in line for line in Path("/proc/self/maps").read_text().splitlines())

    complaints = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    before, files = mapped(), len(os.listdir("/proc/self/fd"))
    freed, dropped = PlayerMemory.create(), PlayerMemory.create()
    freed_view, dropped_view = freed.vitals, dropped.vitals
    dropped.unlink()
    freed.free()
    del dropped
    gc.collect()
    freed_view["turns"] = dropped_view["turns"] = 7
    assert mapped() == before + 2
    del freed_view, dropped_view
    gc.collect()
    assert mapped() == before and len(os.listdir("/proc/self/fd")) == files and not complaints


@pytest.fixture
def memory():
    memory = PlayerMemory.create()
    yield memory
    memory.free()


def test_after_a_stall_it_is_where_the_music_is(memory):
    """The process was held up for 800 records of transport, from before an answer was due to long after: it skips to the
    newest, and nothing that it plans lies in the past."""
    player = AnswerPlayer(PACKAGE, seed=1)
    at = play_phrase(memory)
    memory.listen.push_record(record(wire.TRANSPORT, at + 0.5))
    while serve_once(player, memory):
        pass
    assert player.serial == 0 and not memory.plan.pop_all()
    newest = at + 0.5 + 800 * 0.04
    for i in range(1, 801):
        assert memory.listen.push_record(record(wire.TRANSPORT, at + 0.5 + i * 0.04))
    while serve_once(player, memory):
        pass
    assert player.now.beat == pytest.approx(newest)
    for i in range(1, 60):  # the answer that was due then comes now
        memory.listen.push_record(record(wire.TRANSPORT, newest + i * 0.04))
        serve_once(player, memory)
    planned = notes(memory.plan)
    assert player.serial == 1 and planned and min(float(n["beat"]) for n in planned) > newest


def test_of_transports_in_a_row_the_newest_is_heard_but_none_is_lost_between_notes(memory):
    player = AnswerPlayer(seed=1)
    heard, tick = [], player.tick
    player.tick = lambda now: (heard.append(now.beat), tick(now))
    for beat in (1.0, 1.1, 1.2):
        memory.listen.push_record(record(wire.TRANSPORT, beat))
    memory.listen.push(kind=wire.NOTE_ON, key=60, velocity=0.5, beat=1.25)
    for beat in (1.3, 1.4):
        memory.listen.push_record(record(wire.TRANSPORT, beat))
    assert serve_once(player, memory) == 6
    assert heard == [1.2, 1.4]


def test_the_player_of_the_readme_is_found_by_its_file_and_plays(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    text = (ROOT / "README.md").read_text("utf-8")
    install(tmp_path, pulse=next(part for part in text.split("```python\n")[1:] if "PLAYER" in part).split("```")[0])
    player = player_class("pulse")(seed=1)
    heard = sounding(perform(player, [], until=8.0))
    assert [(n.beat, n.key) for n in heard] == [(float(beat), 40) for beat in range(1, 9)]
    player.locate(player.now)
    assert [n.beat for n in sounding(perform(player, [], until=10.0, start=8.0))] == [9.0, 10.0]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("PLAYER = 3\n", r"mine\.py: .*no subclass of Player"),
        ("\nimport no_such_module\nPLAYER = None\n", r"mine\.py, line 2: ModuleNotFoundError: .*'no_such_module'"),
        ("PLAYER = 1\ndef (:\n", r"mine\.py, line 2: this is no Python"),
        ("\n\nraise SystemError('odd')\nPLAYER = 1\n", r"mine\.py, line 3: SystemError: odd; correct the file"),
    ],
)
def test_a_wrong_file_of_the_users_is_told_and_hides_nobody(tmp_path, monkeypatch, source, sentence):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    install(tmp_path, mine=source, answer="PLAYER = None\n")
    with pytest.raises(AntiphonError, match=sentence):
        player_class("mine")
    assert player_class("answer") is AnswerPlayer


def test_one_that_is_too_slow_goes_down_its_ladder(tmp_path, monkeypatch, room):
    slow = STEADY.replace(
        "    def play(self):\n", "    def play(self):\n        if self.rung == 0:\n            time.sleep(0.6)\n"
    )
    slow = slow.replace('LANES = ("bass", "chime")', 'LANES = ("bass", "chime")\n    LADDER = ("model", "rules")')
    install(tmp_path, slow="import time\n" + slow)
    memory = room.serve("slow")
    room.until(lambda: memory.vitals["rung"][0] == 1, (memory,))
    room.until(lambda: notes(memory.plan), (memory,))
    assert memory.vitals["hits"][0] + memory.vitals["misses"][0] > 0
