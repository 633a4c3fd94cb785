"""Where the running instrument's door is: a small JSON file in the user's runtime folder; [main], any process."""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from realtime.native.errors import AntiphonError

FOLDER_VARIABLE = "ANTIPHON_RUNTIME_DIR"  # tests and second instruments keep their door apart with it


@dataclass(frozen=True)
class Endpoint:
    """One control server: OSC on UDP `port`, OSCQuery on TCP `http_port` (the same number unless it was taken)."""

    host: str
    port: int
    http_port: int
    pid: int = 0
    instance: str = ""


def runtime_file() -> Path:
    """The path of the door file; its folder is made, for this user only."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    folder = Path(chosen) if chosen else Path(platformdirs.user_runtime_dir("antiphon", appauthor=False))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "control.json"


def announce(endpoint: Endpoint) -> Path:
    """Writes the door file, whole or not at all."""
    path = runtime_file()
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(asdict(endpoint)), encoding="utf-8")
    os.replace(draft, path)
    return path


def withdraw(instance: str) -> None:
    """Removes the door file if it is still this instance's own."""
    with contextlib.suppress(OSError, AntiphonError):
        if discover().instance == instance:
            runtime_file().unlink()


def discover(port: int | None = None, host: str = "127.0.0.1") -> Endpoint:
    """The endpoint at an explicit port, else the one announced last. Raises AntiphonError when nothing is announced."""
    if port is not None:
        return Endpoint(host, port, port)
    path = runtime_file()
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        return Endpoint(
            str(entry["host"]), int(entry["port"]), int(entry["http_port"]), int(entry["pid"]), str(entry["instance"])
        )
    except FileNotFoundError:
        raise AntiphonError(
            "No Antiphon is running here; start one with `antiphon play`, or give its --port."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AntiphonError(f"{path} cannot be read ({error}); delete it and start `antiphon play` again.") from error
