"""Nothing ends the show: whatever fails is said in one sentence, and the same scene sounds on."""

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from realtime.engine.engine import Engine
from realtime.native import crashlog
from realtime.session import checks
from realtime.session import scene as scenes
from realtime.session.guard import Guard
from tests.session.live import PLAIN, settled, stage, until, wrote
from tests.session.test_scene_mistakes import MISTAKES

FAULTS = [MemoryError(), RecursionError("deep"), BrokenPipeError(32, "gone"), OSError(28, "full"), KeyError("x\ny"),
          ZeroDivisionError(), RuntimeError("can't start new thread")]  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return tmp_path_factory.mktemp("show")


@pytest.fixture
def show(tmp_path):
    with stage(wrote(tmp_path, PLAIN, "first.toml")) as found:
        yield found


def fail(error):
    raise error


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_a_job_that_fails_is_a_sentence(show, error):
    session, _ = show
    session.do(lambda: fail(error), "an errand")
    session.tick()
    assert "an errand: " in session.messages[-1] and "\n" not in session.messages[-1]
    settled(session)
    if not isinstance(error, MemoryError):
        assert type(error).__name__ in crashlog.log_file().read_text()


@pytest.mark.parametrize("part", ["collect", "attend"])
def test_a_fault_in_every_tick_is_said_once(show, monkeypatch, part):
    session, _ = show
    monkeypatch.setattr(session.engine, part, lambda *_, **__: fail(OSError("no")))
    before = len(session.messages)
    for _ in range(50):
        session.tick()
    assert len(session.messages) == before + 1


def test_a_screen_that_is_gone_is_dropped(show):
    session, _ = show
    heard = []
    session.on_message = lambda text: (heard.append(text), fail(BrokenPipeError()))
    session.say("one")
    session.say("two")
    assert heard == ["one"] and session.messages[-1].endswith("two")


def test_a_log_that_cannot_be_written_is_said_too(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(crashlog, "log_file", lambda: tmp_path / "file" / "crash.log")
    said = []
    assert not Guard(said.append).run("work", fail, ValueError("why"))
    assert "no log could be written" in said[0]


def test_wrong_scenes_and_names_leave_everything_as_it_is(show, tmp_path):
    session, client = show
    for number, (text, _) in enumerate(MISTAKES.values()):
        client.set("/scene", str(wrote(tmp_path, text, f"wrong{number}.toml")))
    for name in ("", "/", "~nobody/x.toml", "/etc/passwd", "/proc/self/mem", "a" * 3000, "/dev/zero"):
        client.set("/scene", name)
    assert until(session, lambda: len(session.messages) > len(MISTAKES) + 7, 60)
    assert not [message for message in session.messages if "Error" in message]
    settled(session)
    assert client.get("/scene") == "first" and client.get("/rack/1/name") == "saturator"
    assert client.get("/mix/t/name") == "t" and session.driver.running


@pytest.mark.parametrize("device", ["nothing", "saturater"])
def test_a_scene_whose_devices_cannot_be_built_is_refused_whole(show, tmp_path, device):
    session, client = show
    client.set("/mix/t/gain_db", -7.0)
    text = f'tempo_bpm = 33\nmaster_db = -50\n{PLAIN}\n[[track]]\nname = "u"\n[[track.device]]\ndevice = "{device}"\n'
    client.set("/scene", str(wrote(tmp_path, text)))
    settled(session)
    assert "there is no device" in session.messages[-1]
    assert client.get("/scene") == "first" and client.get("/mix/t/gain_db") == -7.0
    assert client.get("/transport/tempo_bpm") == 120.0 and client.get("/mix/master/gain_db") == 0.0


def test_no_memory_for_a_scene_is_told_before_anything_is_touched(show, monkeypatch):
    session, client = show
    monkeypatch.setattr(checks, "mmap", None)
    monkeypatch.setattr(session.engine, "compile", lambda *_: fail(AssertionError("too late")))
    with monkeypatch.context() as patch:
        patch.setattr(checks, "mmap", type("full", (), {"mmap": staticmethod(lambda *_: fail(OSError(12, "no")))}))
        client.set("/scene", "first_light")
        settled(session)
    assert "memory" in session.messages[-1] and client.get("/scene") == "first"


def test_a_recording_that_cannot_start_is_a_state(show):
    session, client = show
    for name in ("x" * 400 + ".wav", "take.mp3", "~nobody/x.wav", "/proc/x.wav"):
        client.set("/record", name)
        settled(session)
        assert client.get("/record/state").startswith("failed: ")
        assert client.get("/record") == ""


def test_what_leads_nowhere_is_told(tmp_path):
    tracks = 'name = "up"\noutput = 3\naudio_input = [1, 5]\n'
    with stage(wrote(tmp_path, PLAIN.replace('name = "t"\n', tracks)), inputs=2) as (session, _):
        said = "\n".join(session.messages)
    assert "'up' goes to outputs 3, 4, but there are 2" in said and "'up' hears audio input 5" in said


def test_a_scene_that_fits_says_nothing(show):
    session, _ = show
    assert len(session.messages) == 1 and "null" in session.messages[0]


def test_forty_tracks_sound_forty_times_as_strong_as_one():
    track = '[[track]]\nname = "t{}"\naudio_input = [1]\n[[track.device]]\ndevice = "saturator"\n'
    tone = np.sin(np.arange(8192) * 0.1, dtype=np.float32)[None] * np.float32(0.001)
    peaks = []
    for count in (1, 40):
        engine = Engine(48000.0, 1)
        engine.swap(engine.compile(scenes.parse("".join(track.format(n) for n in range(count))).rack), 0.0)
        peaks.append(np.abs(engine.process(tone)[:, -2048:]).max())
    assert peaks[1] / peaks[0] == pytest.approx(40, rel=1e-3)


def test_a_session_that_cannot_open_leaves_nothing_open(tmp_path):
    from realtime.session.session import Options, Session

    with stage(wrote(tmp_path, PLAIN)) as (first, _):
        taken = first.control.server.port
        second = Session(Options(str(tmp_path / "s.toml"), "null", midi=False, players=False, control_port=taken))
        with pytest.raises(Exception, match=str(taken)):
            second.open()
        assert not second.driver.running and second.closed


PLAY = """
import os, sys, threading
from realtime.commands.terminal import Terminal, stop_on_signals
stop = threading.Event()
stop_on_signals(stop, stop)
terminal = Terminal()
terminal.tell("ready")
stop.wait(60)
for _ in range(100):
    terminal.tell("a line that nobody reads")
terminal.result({"ended": stop.is_set()})
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_each_signal_ends_in_order_though_nobody_reads(number):
    read, write = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", PLAY], stderr=write, stdout=subprocess.PIPE, text=True)
    os.close(write)
    assert os.read(read, 100).startswith(b"antiphon: ready")
    os.close(read)
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and '"ended": true' in out


def test_a_closed_terminal_ends_the_instrument_only_once_it_is_silent(monkeypatch):
    from realtime.commands import terminal

    clock, closed = [0.0], threading.Event()
    monkeypatch.setattr(terminal.time, "monotonic", lambda: clock[0])
    session = SimpleNamespace(recording="", engine=SimpleNamespace(record=[{"peaks": [0.0, 0.0]}]))
    hangup = terminal.Hangup(closed)
    assert not hangup.is_over(session)
    closed.set()
    for second, peak, recording, over in (
        (1, 0.5, "", False), (5.5, 0.0, "", False), (6, 0.5, "", False), (10, 0.0, "take.wav", False),
        (14.9, 0.0, "", False), (15.1, 0.0, "", True),
    ):  # fmt: skip
        clock[0], session.recording, session.engine.record[0]["peaks"] = second, recording, [0.0, peak]
        assert hangup.is_over(session) is over, second


def test_a_full_disk_behind_the_terminal_is_dropped():
    with open("/dev/full", "w") as full:
        process = subprocess.Popen([sys.executable, "-c", PLAY], stderr=full, stdout=subprocess.PIPE, text=True)
        timer = threading.Timer(0.5, lambda: process.send_signal(signal.SIGTERM))
        timer.start()
        while process.poll() is None and not timer.finished.is_set():
            timer.join(0.05)
        out, _ = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM) and ("ended" in out or process.returncode)
