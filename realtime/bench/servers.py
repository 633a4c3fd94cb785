"""Private JACK servers without hardware, for benchmarks and tests: started, killed and tidied up by us; [main]."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from realtime.native.errors import AntiphonError

_PACKAGES = {
    "jackd": "jackd2",
    "fluidsynth": "fluidsynth",
    "dbus-run-session": "dbus",
    "pipewire": "pipewire",
    "wireplumber": "wireplumber",
}
_numbers = itertools.count(1)
_PR_SET_PDEATHSIG = 1
NAMES = 6


def binary(name: str) -> str:
    """Path of a program, or one sentence that says which package has it."""
    path = shutil.which(name)
    if path is None:
        package = _PACKAGES.get(name, "jackd2" if name.startswith("jack_") else name)
        raise AntiphonError(f"The program '{name}' is missing: install the package {package} (or run 'make setup').")
    return path


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Program:
    """A program in a process group of its own, its output in a file; `stop()` ends the whole group."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str] | None = None):
        self.command, self.log = command, log
        binary(command[0])
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def text(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """SIGKILL, as a crash would end it."""
        self.signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, timeout_s: float = 3.0) -> None:
        """SIGTERM, then SIGKILL for what is left of the group."""
        if self.alive:
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout_s)
        self.kill()

    def wait(self, timeout_s: float) -> int:
        """Exit status, once it has ended by itself. Raises subprocess.TimeoutExpired."""
        return self.process.wait(timeout_s)


class JackServer:
    """A private `jackd` with the dummy backend under a name of its own.

    `environment` makes a client use it; `use()` does so for this process. Parameters: sample_rate Hz, frames a period.
    """

    def __init__(
        self,
        sample_rate: int = 48_000,
        frames: int = 64,
        name: str | None = None,
        log: Path | None = None,
        channels: int = 2,
        priority: int = 70,
    ):
        self.sample_rate, self.frames, self.channels, self.priority = sample_rate, frames, channels, priority
        self._lock: IO[str] | None = None
        self._number = 0
        self.name = name or self._private_name()
        self._folder = tempfile.TemporaryDirectory(prefix="antiphon-jack-")
        self.log = log or Path(self._folder.name) / "jackd.log"
        self.program: Any = None  # a Program while it runs
        self._former: dict[str, str | None] = {}

    def _private_name(self, after: int = 0) -> str:
        """A name that no living server has, out of few: JACK knows eight servers in all, and one that was killed keeps
        its place until another of the same name takes it over.
        """
        self._release_name()
        for number in range(after + 1, NAMES + 1):
            lock = open(Path(tempfile.gettempdir()) / f"antiphon-jack-{os.getuid()}-{number}.lock", "w")  # noqa: SIM115
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            self._lock, self._number = lock, number  # let go when we stop, or by the system when this process dies
            return f"antiphon-{number}"
        return f"antiphon-{os.getpid()}-{next(_numbers)}"

    def _release_name(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def environment(self) -> dict[str, str]:
        return {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1"}

    def start(self, sample_rate: int | None = None, frames: int | None = None) -> JackServer:
        """Start (again) and wait until it answers."""
        self.sample_rate, self.frames = sample_rate or self.sample_rate, frames or self.frames
        realtime = True
        for _ in range(NAMES + 2):
            said = len(self.text())
            if self._try(realtime):
                return self
            if "already active" in self.text()[said:] and self._lock is not None:
                self.name = self._private_name(after=self._number)  # a killed one that its parent has not yet buried
            elif realtime:
                realtime = False  # real-time priority may not be allowed
            else:
                break
        words = self.text().strip().replace("\n", "; ")
        raise AntiphonError(f"jackd did not start; it said: {words[-800:]}")

    def _try(self, realtime: bool) -> bool:
        # a small port table saves 100 MB of shared memory
        command = [
            "jackd",
            "-n",
            self.name,
            *(["-R", f"-P{self.priority}"] if realtime else ["-r"]),
            "--port-max",
            "256",
        ]
        command += ["-d", "dummy", "-r", str(self.sample_rate), "-p", str(self.frames)]
        command += ["-C", str(self.channels), "-P", str(self.channels)]
        self.program = Program(command, self.log, {"JACK_NO_AUDIO_RESERVATION": "1"})
        if self._answers():
            return True
        self.program.stop()
        return False

    def _answers(self, timeout_s: float = 10.0) -> bool:
        deadline = time.monotonic() + timeout_s
        command = [binary("jack_lsp")]
        while time.monotonic() < deadline and self.program.alive:
            answer = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, timeout=10)
            if answer.returncode == 0 and b"playback" in answer.stdout:
                return True
            time.sleep(0.02)
        return False

    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def unfinished(self, client: str) -> int:
        """Cycles in which the server saw that `client` was not finished in time."""
        return self.text().count(f"client = {client} was not finished")

    def own_xruns(self) -> int:
        """Cycles the server itself began late: the machine's doing, nobody's client."""
        return self.text().count("JackTimedDriver::Process XRun")

    def use(self) -> None:
        """Make it the server of this process."""
        self._former = {key: os.environ.get(key) for key in self.environment}
        os.environ.update(self.environment)

    def kill(self) -> None:
        """SIGKILL, as a crash would end it."""
        self.program.kill()

    def stop(self) -> None:
        """End it, tidy up what a killed server leaves in shared memory, and give the environment back."""
        if self.program is not None:
            self.program.stop()
        for key, value in self._former.items():
            os.environ.pop(key, None) if value is None else os.environ.update({key: value})
        self._former = {}
        for left in Path("/dev/shm").glob(f"jack*_{self.name}_*"):
            left.unlink(missing_ok=True)
        self._folder.cleanup()
        self._release_name()

    def __enter__(self) -> JackServer:
        self.start()
        self.use()
        return self

    def __exit__(self, *_) -> None:
        self.stop()
