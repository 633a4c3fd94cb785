"""The player's process: hears and plans over shared memory, ends when told or orphaned, and dies without hanging
anyone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import shared_memory
from pathlib import Path

import pytest

from realtime.contract import player_wire as wire
from realtime.native.errors import AntiphonError
from realtime.native.ring import Ring
from realtime.players.answer import AnswerPlayer
from realtime.players.host import attach, main, serve_once
from tests.players.stage import line

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "models_onnx" / "phrase.onnx"
CAPACITY = 1024
TUNE = [62, 64, 66, 67, 69, 71, 69, 66]


class Link:
    """The session's end: two rings, and a process between them."""

    def __init__(self):
        self.memories = [
            shared_memory.SharedMemory(create=True, size=Ring.bytes_needed(d, CAPACITY))
            for d in (wire.LISTEN, wire.PLAN)
        ]
        self.listen = Ring(wire.LISTEN, CAPACITY, self.memories[0].buf)
        self.plan = Ring(wire.PLAN, CAPACITY, self.memories[1].buf)
        self.process: subprocess.Popen | None = None
        self.beat = 0.0

    def start(self, *more: str) -> subprocess.Popen:
        command = [
            sys.executable,
            "-m",
            "realtime.players.host",
            "answer",
            "--listen",
            self.memories[0].name,
            "--plan",
            self.memories[1].name,
        ]
        command += ["--capacity", str(CAPACITY), "--package", str(PACKAGE), "--parent", str(os.getpid()), *more]
        self.process = subprocess.Popen(command, cwd=ROOT)
        return self.process

    def clock(self, beat: float, kind: int = wire.TRANSPORT) -> bool:
        return self.listen.push(
            kind=kind, beat=beat, tempo_bpm=120.0, bar_start_beat=beat // 4 * 4, numerator=4, denominator=4, playing=1
        )

    def play_phrase(self, start: float = 0.0) -> None:
        self.clock(start)
        for n in line(TUNE, start=start):
            self.listen.push(kind=wire.NOTE_ON, beat=n.beat, key=n.pitch, velocity=n.velocity)
            self.listen.push(kind=wire.NOTE_OFF, beat=n.end, key=n.pitch)
        for i in range(60):
            self.clock(start + 4.0 + i * 0.04)
        self.beat = start + 4.0 + 60 * 0.04

    def answer(self, timeout_s: float = 30.0) -> list:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            notes = [r for r in self.plan.pop_all() if r["kind"] == wire.PLAN_NOTE]
            if notes:
                return notes
            time.sleep(0.02)
            self.beat += 0.04
            self.clock(self.beat)
        return []

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        del self.listen, self.plan
        for memory in self.memories:
            memory.close()
            memory.unlink()


@pytest.fixture
def link():
    link = Link()
    yield link
    link.close()


def test_the_process_answers_and_ends_when_told(link):
    process = link.start("--seed", "4", "--set", "density=1.5")
    link.play_phrase()
    notes = link.answer()
    assert notes and all(n["serial"] == 1 and 0 < n["velocity"] <= 1 and n["beat"] >= 5.0 for n in notes)
    link.listen.push(kind=wire.QUIT)
    assert process.wait(10) == 0
    # the session's memory outlives the process: another can be attached
    memory = shared_memory.SharedMemory(name=link.memories[0].name)
    memory.close()


def test_killed_while_answering_the_next_one_goes_on_on_the_same_rings(link):
    process = link.start()
    link.play_phrase()
    assert link.answer()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    while link.clock(20.0):  # nobody reads: the ring fills, refuses, and blocks no one
        pass
    assert link.listen.refused > 0
    link.listen.pop_all()
    link.start()
    link.play_phrase(start=24.0)
    notes = link.answer()
    assert notes and all(n["beat"] >= 28.0 for n in notes)


@pytest.mark.skipif(os.name != "posix", reason="adoption of orphans is POSIX")
def test_an_orphan_goes_home(link):
    process = link.start("--parent", "1999999999")  # not our process: as if the session had died
    assert process.wait(30) == 0


def test_wrong_names_are_told_in_one_sentence(link, capfd):
    assert main(["answer", "--listen", "no_such_ring", "--plan", "no_such_ring"]) == 2
    assert "no_such_ring" in capfd.readouterr().err
    assert main(["nobody", "--listen", "x", "--plan", "x"]) == 2
    assert "the players are answer" in capfd.readouterr().err
    with pytest.raises(AntiphonError, match="right kind"):
        attach(link.memories[0].name, wire.LISTEN, CAPACITY * 4)


def test_after_a_stall_it_is_where_the_music_is(link):
    """800 transport records at once (the process was held up 16 s): it skips to the newest, and plans nothing into
    the past."""
    player = AnswerPlayer(PACKAGE, seed=1)
    link.play_phrase()
    for i in range(800):
        link.clock(7.0 + i * 0.04)
    while serve_once(player, link.listen, link.plan)[0]:
        pass
    assert player.now.beat == pytest.approx(7.0 + 799 * 0.04)
    late = [r for r in link.plan.pop_all() if r["kind"] == wire.PLAN_NOTE and r["beat"] < player.now.beat - 1]
    assert player.answer is None or not late


def test_of_transports_in_a_row_the_newest_is_heard_but_none_is_lost_between_notes(link):
    player = AnswerPlayer(seed=1)
    heard, tick = [], player.tick
    player.tick = lambda now: (heard.append(now.beat), tick(now))
    for beat in (1.0, 1.1, 1.2):
        link.clock(beat)
    link.listen.push(kind=wire.NOTE_ON, key=60, velocity=0.5, beat=1.25)
    for beat in (1.3, 1.4):
        link.clock(beat)
    serve_once(player, link.listen, link.plan)
    assert heard == [1.2, 1.4]


def test_garbage_in_the_ring_does_no_harm(link):
    player = AnswerPlayer(PACKAGE, seed=1)
    for kind, key, number in (
        (99, 0, 0),
        (wire.NOTE_ON, 4000, 0),
        (wire.NOTE_OFF, -5, 0),
        (wire.PARAMETER, 0, 77),
        (wire.PARAMETER, 0, -1),
    ):
        link.listen.push(kind=kind, key=key, number=number, velocity=0.5, beat=1.0)
    link.clock(2.0)
    assert serve_once(player, link.listen, link.plan) == (6, True)
