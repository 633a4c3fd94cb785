"""What ends a command unexpectedly: a sentence, an exit status, and the traceback in a log only; [main]."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import tomllib

import pytest
import typer

from realtime.commands import extras, faults
from realtime.native import crashlog
from realtime.native.errors import AntiphonError
from realtime.session.paths import ROOT


@pytest.fixture
def end(capsys, monkeypatch, tmp_path):
    """end(error) -> status and what was said, of a command that raises it."""
    monkeypatch.setattr(crashlog, "log_file", lambda: tmp_path / "log" / "crash.log")
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)

    def run(error: BaseException) -> tuple[int, str]:
        def command() -> None:
            raise error

        status = faults.guarded(command)
        return status, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    "error, status, words",
    [
        (AntiphonError("no [/red] scene"), 2, "no [/red] scene"),
        (typer.BadParameter("not so"), 2, "not so"),
        (KeyboardInterrupt(), 130, ""),
        (typer.Abort(), 130, ""),
        (MemoryError("341 PiB"), 1, "not enough memory"),
        (OSError(28, "No space left on device", "/x/take.wav"), 1, "make room"),
        (OSError(28, "No space left on device"), 1, "make room"),
        (PermissionError(13, "Permission denied", "/x/take.wav"), 2, "/x/take.wav"),
        (OSError(36, "File name too long", "a" * 300), 2, "file name too long"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), 2, "'.[train]'"),
        (ModuleNotFoundError("No module named 'ray.tune'", name="ray.tune"), 2, "'.[cluster]'"),
        (SystemExit(7), 7, ""),
    ],
)
def test_each_end_has_its_status_and_its_words(end, tmp_path, error, status, words):
    found, said = end(error)
    assert found == status and words in said and "Traceback" not in said
    assert len(said.splitlines()) == (1 if words else 0)
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    "error", [ValueError("odd [/x]"), ZeroDivisionError(), ModuleNotFoundError("own", name="realtime.x")]
)
def test_a_crash_is_one_sentence_and_its_traceback_is_kept(end, tmp_path, error):
    status, said = end(error)
    assert status == 1 and len(said.splitlines()) == 1 and str(tmp_path / "log" / "crash.log") in said
    assert type(error).__name__ in said
    text = (tmp_path / "log" / "crash.log").read_text()
    assert "Traceback" in text and "test_faults.py" in text


def test_a_log_that_cannot_be_written_is_no_second_fault(end, tmp_path):
    (tmp_path / "log").write_text("a file in its place")
    status, said = end(ValueError("odd"))
    assert status == 1 and "odd" in said and "no log" in said


def test_the_extras_named_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra, modules in extras.EXTRAS.items():
        there = {re.split(r"[\[<>=; ]", row)[0] for row in project[extra]}
        assert set(modules) == there, extra


def _run(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "realtime.cli", *words],
        capture_output=True,
        cwd=ROOT,
        env=dict(os.environ) | environment,
    )


@pytest.mark.parametrize("words", [("--help",), ("devices", "poly"), ("models",), ("play", "--list"), ("nosuch—…█",)])
def test_a_terminal_without_unicode_shows_every_text(words):
    done = _run(*words, LANG="C", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0", COLUMNS="40")
    assert b"Traceback" not in done.stderr and b"should not have happened" not in done.stderr, done.stderr
    (done.stdout + done.stderr).decode("ascii")


def test_no_colour_where_nobody_sees_it():
    assert b"\x1b" not in _run("devices").stdout


def test_a_reader_that_leaves_is_no_fault():
    writing = subprocess.Popen(
        [sys.executable, "-m", "realtime.cli", "devices", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert writing.stdout is not None and writing.stderr is not None
    writing.stdout.close()
    assert writing.stderr.read() == b""
    assert writing.wait() in (0, faults.FAILED)


PLAIN_INSTALL = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {modules}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Without())
sys.argv = ["antiphon", *{words}]
from realtime.cli import main
main()
"""


@pytest.mark.parametrize(
    "words, status",
    [
        (["train", "groove"], 2), (["evaluate", "groove"], 2), (["export", "groove"], 2), (["features", "{sound}"], 2),
        (["bench", "devices", "reverb", "--versus", "pedalboard"], 2), (["train", "nosuch"], 2),
        (["models"], 0), (["players"], 0), (["devices"], 0), (["generate", "groove", "--bars=1", "-o", "{midi}"], 0),
    ],
)  # fmt: skip
def test_a_plain_installation_says_which_extra_is_missing(tmp_path, words, status):
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "tone.wav", np.zeros(4800), 48000)
    (tmp_path / "out" / "groove").mkdir(parents=True)
    words = [word.format(sound=tmp_path / "tone.wav", midi=tmp_path / "x.mid") for word in words]
    modules = {module for names in extras.EXTRAS.values() for module in names}
    done = subprocess.run(
        [sys.executable, "-c", PLAIN_INSTALL.format(modules=modules, words=words)],
        capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ, PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    if status and "nosuch" not in words:
        assert len(done.stderr.strip().splitlines()) == 1 and ("[train]" in done.stderr or "[peers]" in done.stderr)
