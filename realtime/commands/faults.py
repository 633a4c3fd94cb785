"""The last net under every command: whatever goes wrong is one sentence, and a crash's traceback goes into a log; [main].

Exit status: 0 done; 1 the machine or Antiphon failed, or nobody reads what is printed; 2 a mistake that the sentence
tells how to mend; 130 interrupted.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from errno import EDQUOT, EFBIG, EMFILE, ENFILE, ENOSPC
from types import TracebackType
from typing import Any

import typer

from realtime.commands.extras import missing
from realtime.commands.output import complain
from realtime.native.crashlog import brief, log
from realtime.native.errors import AntiphonError

FAILED, MISTAKE, INTERRUPTED = 1, 2, 130
FULL = (ENOSPC, EDQUOT, EFBIG, EMFILE, ENFILE)
_UsageError = typer.BadParameter.__bases__[0]  # of Typer's own, or of click's in older ones


def _of_the_system(error: OSError) -> tuple[int, str] | None:
    """A full disk or a file that cannot be used; None for what no file's name explains."""
    reason = (error.strerror or str(error)).lower()
    place = f"{error.filename}: " if error.filename else ""
    if error.errno in FULL:
        return FAILED, f"{place}{reason}; make room, then try again"
    if error.filename:
        return MISTAKE, f"{place}it cannot be used ({reason})"
    return None


def explain(error: BaseException) -> tuple[int, str]:
    """Exit status and sentence of whatever ended a command; a crash is logged here."""
    if isinstance(error, AntiphonError):
        return MISTAKE, str(error)
    if isinstance(error, _UsageError):
        return MISTAKE, _usage(error)
    if isinstance(error, ModuleNotFoundError) and (sentence := missing(error)):
        return MISTAKE, str(sentence)
    if isinstance(error, MemoryError):
        return FAILED, "there is not enough memory for this; ask for less, or end other programs"
    if isinstance(error, OSError) and (found := _of_the_system(error)):
        return found
    return FAILED, f"this should not have happened ({brief(error)}); {log(error)}"


def _usage(error: Any) -> str:
    text = " ".join(str(error.format_message()).split())
    context = getattr(error, "ctx", None)
    if context is None:
        return text
    return f"{text.rstrip('.')}; see `{context.command_path} --help`"


def guarded(command: Callable[[], Any]) -> int:
    """Runs a command; returns the exit status."""
    threading.excepthook = _thread_failed
    sys.unraisablehook = _left_over
    try:
        status = command()
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else MISTAKE if end.code else 0
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        _read_no_more()
        return FAILED
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help has been printed
            return MISTAKE
        status, sentence = explain(error)
        with contextlib.suppress(OSError, ValueError):
            complain(sentence)
        return status


def _read_no_more() -> None:
    """Let the interpreter's last flush go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
            os.dup2(nowhere, stream.fileno())


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None or args.exc_type is SystemExit:
        return
    name = args.thread.name if args.thread is not None else "?"
    with contextlib.suppress(OSError, ValueError):
        complain(f"the thread {name!r} has ended ({brief(args.exc_value)}); {log(args.exc_value, f'thread {name}')}")


def _left_over(args: Any) -> None:
    """What goes wrong while something is thrown away: nobody can act on it, the log keeps it."""
    error: BaseException | None = args.exc_value
    if error is not None:
        tb: TracebackType | None = args.exc_traceback
        with contextlib.suppress(Exception):
            log(error.with_traceback(tb), f"{args.err_msg or 'while leaving'}: {args.object!r}")
