"""A stranger's model is loaded and run in a process of its own before it is loaded here, the verdict kept by its digest;
[main].

A graph can loop for ever, take all memory or bring the runtime down. The process is given seconds of computing and
gigabytes of memory, so that the instrument only waits, and says what happened.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.neural.ort_api import ort_api
from realtime.neural.package_file import ModelFile
from realtime.neural.recall import keep, recall, recall_file

VERSION = 1
"""Raised whenever a trial finds out more than before: older verdicts are then forgotten."""

CPU_S, CPU_S_PER_BYTE = 4.0, 1.0 / (16 << 20)
MEMORY_BYTES, MEMORY_PER_BYTE = 3 << 30, 6
PATIENCE = 4
"""Seconds on the clock for a second of computing: the machine may be busy."""

_ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Verdict:
    """What a trial found: µs of one run of a block (None for what is no audio effect), and sentences for the performer."""

    run_us: float | None = None
    warnings: list[str] = field(default_factory=list)


def _machine() -> str:
    return f"{VERSION} {platform.machine()} {platform.node()} ort {ort_api().version}"


def tried(file: ModelFile, infer: bool) -> Verdict:
    """The verdict on a model. Raises AntiphonError, one sentence, if it cannot be loaded, or not within bounds."""
    store, digest = recall_file("models_tried"), f"{file.digest} {int(infer)}"
    known = recall(store, _machine(), digest)
    if known is not None:
        try:
            return Verdict(**known)
        except TypeError:
            pass
    answer = _ask(file, infer)
    if "fault" in answer:
        raise AntiphonError(str(answer["fault"]))
    if answer.pop("digest", None) != file.digest:
        raise AntiphonError(f"{file.path}: it changed while it was being loaded; load it again")
    verdict = Verdict(**answer)
    keep(store, _machine(), digest, asdict(verdict))
    return verdict


def _ask(file: ModelFile, infer: bool) -> dict[str, Any]:
    """The answer of a process that loads and runs the model. Raises AntiphonError if it gives none."""
    cpu_s = CPU_S + CPU_S_PER_BYTE * file.size
    request = {
        "path": str(file.path.absolute()),
        "infer": infer,
        "cpu_s": cpu_s,
        "memory_bytes": MEMORY_BYTES + MEMORY_PER_BYTE * file.size,
    }
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONDONTWRITEBYTECODE": "1"}
    too_long = (
        f"{file.path}: it does not come to an end: trying it out took more than {cpu_s:.0f} s of computing; "
        "pick another model"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "realtime.neural.trial_run", json.dumps(request)],
            capture_output=True, env=env, timeout=PATIENCE * cpu_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise AntiphonError(too_long) from None
    except OSError as error:
        raise AntiphonError(f"{file.path}: it cannot be tried out ({error.strerror}); close other programs") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    if done.returncode in _OUT_OF_TIME:
        raise AntiphonError(too_long)
    raise AntiphonError(
        f"{file.path}: ONNX Runtime went down while trying it out (status {done.returncode}), by a damaged model or for "
        "want of memory; pick another model"
    )


_OUT_OF_TIME = {-24, -9, 128 + 24}  # SIGXCPU; SIGKILL at the hard limit; as a shell tells it
