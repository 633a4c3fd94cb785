"""Where the running instruments' doors are: a small JSON file each in the user's runtime folder; [main], any process.

control-INSTANCE.json   one for each instrument, locked by it as long as it runs: what is not locked was left behind
control.json            a copy of the newest one's, for programs that look for one name
"""

import contextlib
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from realtime.native.errors import AntiphonError
from realtime.native.held_file import hold, opened
from realtime.native.private_folder import private_folder

FOLDER_VARIABLE = "ANTIPHON_RUNTIME_DIR"  # tests and second instruments keep their door apart with it
NEWEST = "control.json"
_REMEDY = f"; set {FOLDER_VARIABLE} to a folder of your own"
_locks: dict[str, int] = {}
"""Open descriptors of this process's own doors by instance."""


@dataclass(frozen=True)
class Endpoint:
    """One control server: OSC on UDP `port`, OSCQuery on TCP `http_port` (the same number unless it was taken)."""

    host: str
    port: int
    http_port: int
    pid: int = 0
    instance: str = ""
    started: float = 0.0
    """Seconds since 1970."""


def runtime_folder() -> Path:
    """The folder of the door files: of this user alone. Raises AntiphonError when it is not."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return private_folder(Path(chosen), _REMEDY)
    if sys.platform == "linux" and not _is_own(os.environ.get("XDG_RUNTIME_DIR", "")):
        # no login session: in /tmp anybody could wait for us, at home nobody can
        return private_folder(Path(platformdirs.user_cache_dir("antiphon", appauthor=False)) / "run", _REMEDY)
    return private_folder(Path(platformdirs.user_runtime_dir("antiphon", appauthor=False)), _REMEDY)


def announce(endpoint: Endpoint) -> Path:
    """Writes this instrument's door file, locks it until `withdraw`, and makes it the newest. Raises AntiphonError."""
    folder = runtime_folder()
    text = json.dumps(asdict(endpoint) | {"started": endpoint.started or time.time()})
    path = folder / _name(endpoint.instance)
    try:
        _locks[endpoint.instance] = hold(path, text)
        os.close(hold(folder / NEWEST, text))
    except OSError as error:
        raise AntiphonError(f"the door file {path} cannot be written ({error.strerror}){_REMEDY}") from None
    return path


def withdraw(instance: str) -> None:
    """Takes this instrument's door file away; the newest of those that still run is the newest again."""
    lock = _locks.pop(instance, None)
    if lock is None:
        return
    with contextlib.suppress(OSError, AntiphonError):
        os.close(lock)
        folder = runtime_folder()
        (folder / _name(instance)).unlink(missing_ok=True)
        _show_newest(folder, doors())


def doors() -> list[Endpoint]:
    """All instruments that run, the newest first; what was left behind by a crash is removed. Raises AntiphonError."""
    folder = runtime_folder()
    found = [endpoint for path in folder.glob(_name("*")) if (endpoint := _read(path)) is not None]
    found.sort(key=lambda endpoint: endpoint.started, reverse=True)
    if not found:
        (folder / NEWEST).unlink(missing_ok=True)
    return found


def discover(port: int | None = None, host: str = "127.0.0.1") -> Endpoint:
    """The endpoint at an explicit port, else the newest that runs. Raises AntiphonError when none does."""
    if port is not None:
        return Endpoint(host, port, port)
    running = doors()
    if not running:
        raise AntiphonError("No Antiphon is running here; start one with `antiphon play`, or give its --port.")
    return running[0]


def others_sentence() -> str:
    """When several instruments run: which one is taken and how to reach the rest; else empty."""
    running = doors()
    if len(running) < 2:
        return ""
    newest, *others = running
    ports = " or ".join(f"--port {endpoint.port}" for endpoint in others)
    return f"{len(running)} instruments run here; this is the newest, at port {newest.port}; {ports} is another"


def _name(instance: str) -> str:
    return f"control-{instance}.json"


def _is_own(folder: str) -> bool:
    try:
        return bool(folder) and os.stat(folder).st_uid == os.getuid()
    except OSError:
        return False


def _read(path: Path) -> Endpoint | None:
    """The endpoint in a door file; None for one that nobody holds any more: it is removed."""
    descriptor = opened(path)
    if descriptor is None:
        return None
    try:
        entry = json.loads(os.read(descriptor, 4096))
        port, http_port, pid = (int(entry[name]) for name in ("port", "http_port", "pid"))
        return Endpoint(str(entry["host"]), port, http_port, pid, str(entry["instance"]), float(entry["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    finally:
        os.close(descriptor)


def _show_newest(folder: Path, running: list[Endpoint]) -> None:
    if running:
        os.close(hold(folder / NEWEST, json.dumps(asdict(running[0]))))
    else:
        (folder / NEWEST).unlink(missing_ok=True)
