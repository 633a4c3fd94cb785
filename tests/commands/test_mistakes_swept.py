"""Every command, argument and option against every kind of bad input, from the command tree itself: a new one is tried too.

Whatever is typed: a sentence of one line and status 2, or success; never a traceback, a log of a crash or a hang; [main].
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer

from realtime import cli
from realtime.commands.prepare import prepare_kernels
from realtime.engine import takes
from realtime.native import crashlog

ROOT_COMMAND = typer.main.get_command(cli.app)
WITHOUT_RESULT = {"panel"}


def _tree(command, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return {path: command}
    return {name: one for word, child in inner.items() for name, one in _tree(child, (*path, word)).items()}


TREE = _tree(ROOT_COMMAND)
BAD_NUMBERS = ("nan", "inf", "-inf", "-1", "1e300", "9" * 30, "", "word", "0x10", "1,5")
BAD_WORDS = ("", "nosuch", "[/bold]", "a" * 5000, "\x1b[31mred", "name\nline", "é\udcff")
SLOW = {("ports",), ("doctor",), ("setup",)}
"""Commands without options of their own that take a moment each: only their flags are tried."""


def _options(path: tuple[str, ...]) -> list:
    return [p for p in TREE[path].params if p.param_type_name == "option" and not getattr(p, "is_flag", False)]


def _needed(path: tuple[str, ...], folder: Path) -> list[str]:
    """Values for the required parameters: such that nothing long begins even where the bad one is accepted."""
    words: list[str] = []
    for p in TREE[path].params:
        if p.param_type_name == "argument" and p.required:
            words.append(str(folder / "none.bin"))
        elif p.required:
            words += [p.opts[0], str(folder / ("x.mid" if path == ("generate",) else "x.wav"))]
    return words


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Kernels are compiled before: what is said of that is no answer to a mistake."""
    prepare_kernels(quiet=True)


@pytest.fixture
def antiphon(capsys, monkeypatch, tmp_path):
    """antiphon(words) -> status, stdout, stderr; a traceback would lie in its log."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(crashlog, "log_file", lambda: tmp_path / "crash.log")
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr("threading.excepthook", __import__("threading").excepthook)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["antiphon", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, said.out, said.err

    return run


def _is_a_sentence(status: int, err: str, log: Path) -> None:
    assert status == 2, (status, err)
    assert len(err.strip().splitlines()) == 1 and err.startswith("antiphon: "), err
    assert "\x1b" not in err and not log.exists(), err


NUMBERS = [
    (path, option.opts[-1])
    for path in TREE
    for option in _options(path)
    if any(kind in str(option.type_descriptor.annotation) for kind in ("int", "float"))
]


def test_the_tree_is_the_whole_command_line():
    assert {("play",), ("render",), ("generate",), ("setup",), ("bench", "devices"), ("models",)} <= set(TREE)
    assert len(NUMBERS) > 20


@pytest.mark.parametrize("path, option", NUMBERS, ids=lambda x: " ".join(x) if isinstance(x, tuple) else x)
def test_every_number_is_bounded(antiphon, tmp_path, path, option):
    for bad in BAD_NUMBERS:
        status, _, err = antiphon(*path, *_needed(path, tmp_path), f"{option}={bad}")
        _is_a_sentence(status, err, tmp_path / "crash.log")


@pytest.mark.parametrize("path, option", NUMBERS, ids=lambda x: " ".join(x) if isinstance(x, tuple) else x)
def test_every_number_tells_its_range(antiphon, tmp_path, path, option):
    (row,) = [p for p in _options(path) if option in p.opts]
    low, _, high = row.metavar.partition("..")
    assert float(low) < float(high)
    for bad in (float(high) + 1, float(low) - 1):
        text = f"{bad:.0f}" if "int" in str(row.type_descriptor.annotation) else str(bad)
        _, _, err = antiphon(*path, *_needed(path, tmp_path), f"{option}={text}")
        assert option in err and "out of range" in err and f"{low} to {high}" in err


PATHS = [
    (path, option.opts[-1])
    for path in TREE
    for option in _options(path)
    if "Path" in str(option.type_descriptor.annotation) and option.callback is not None
]


@pytest.mark.parametrize("path, option", PATHS, ids=lambda x: " ".join(x) if isinstance(x, tuple) else x)
def test_every_file_that_cannot_be_is_told(antiphon, tmp_path, path, option):
    (tmp_path / "file").write_text("no folder")
    for bad in (
        "",
        str(tmp_path / "file" / "x.wav"),
        "~nobodyhere/x.wav",
        str(tmp_path / ("a" * 300)),
        "/proc/x/x.mid",
    ):
        if bad == "" and option in ("--out", "--output", "--data"):
            continue  # this folder: a place where one can write, and long work would begin
        status, _, err = antiphon(*path, *_needed(path, tmp_path), f"{option}={bad}")
        _is_a_sentence(status, err, tmp_path / "crash.log")


ARGUMENTS = [
    (path, p.name) for path in TREE for p in TREE[path].params if p.param_type_name == "argument" and path not in SLOW
]


@pytest.mark.parametrize("path, name", ARGUMENTS, ids=lambda x: " ".join(x) if isinstance(x, tuple) else x)
def test_every_argument_that_names_nothing_is_told(antiphon, tmp_path, path, name):
    for bad in BAD_WORDS:
        words = []
        for p in TREE[path].params:
            if p.param_type_name == "argument" and (p.required or p.name == name):
                words.append(bad if p.name == name else str(tmp_path / "x.wav"))
            elif p.param_type_name == "option" and p.required:
                words += [p.opts[0], str(tmp_path / ("x.mid" if path == ("generate",) else "x.wav"))]
        extra = ["--headless", "--driver=null", "--seconds=0"] if path == ("play",) else []
        if path == ("corpus",) and bad == "":
            continue  # this folder: nothing in it, which is no mistake
        status, out, err = antiphon(*path, *extra, *words)
        if path == ("bench", "models") and status == 0:
            continue
        _is_a_sentence(status, err, tmp_path / "crash.log")


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_unknown_options_and_words_too_many_are_told(antiphon, tmp_path, path):
    status, _, err = antiphon(*path, "--nosuchoption")
    _is_a_sentence(status, err, tmp_path / "crash.log")
    assert "--nosuchoption" in err and f"antiphon {' '.join(path)} --help" in err


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_command_has_help_with_an_example_and_json_for_its_result(antiphon, path):
    status, out, err = antiphon(*path, "--help")
    assert status == 0 and err == ""
    assert f"For example: antiphon {' '.join(path)}" in out
    assert ("--json" in out) == (path[0] not in WITHOUT_RESULT)


def test_a_mistyped_command_has_a_guess_and_the_version_is_told(antiphon, tmp_path):
    status, _, err = antiphon("rendr")
    _is_a_sentence(status, err, tmp_path / "crash.log")
    assert "render" in err
    status, out, _ = antiphon("--version")
    assert status == 0 and out.startswith("antiphon 0.")


def test_recordings_offered_are_those_that_the_recorder_writes():
    from realtime.commands.options import RECORDINGS

    for suffix in RECORDINGS:
        takes.kind_of(Path(f"take{suffix}"))
