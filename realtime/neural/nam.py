"""Reads `.nam` captures (Neural Amp Modeler): WaveNet, LSTM, ConvNet, Linear, containers and plain A2 nets; [main]."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.neural.nam_json import Unfit, number, numbers, one_line, read_json, section, short
from realtime.neural.nam_nets import Lstm, Nam, WaveNet
from realtime.neural.nam_simple import read_convnet, read_linear, read_lstm
from realtime.neural.nam_wavenet import read_wavenet
from realtime.neural.nam_weights import Weights

MAX_FILE_BYTES = 64 << 20
MAX_NESTED = 8
"""Containers inside containers."""

MAX_WORK = 1e10
"""Weights times frames until the net is at rest: some seconds of work before it could sound."""

MAX_MEMORY_FLOATS = 1 << 24
NEWEST_VERSION = (0, 7)
"""The newest file version that this reader was written for."""

DEFAULT_RATE = 48000.0
LOUDNESS_DB = (-70.0, 6.0)
"""What the loudness of a capture can be, RMS in dB of full scale."""

LEVEL_DBU = (-60.0, 60.0)


def load_nam(path: str | Path) -> Nam:
    """Read a capture. Raises AntiphonError, one sentence, for anything that is not a usable .nam file."""
    path = Path(path).expanduser()
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise AntiphonError(
                f"{path}: {path.stat().st_size >> 20} MiB is too large for a .nam capture; pick another file"
            )
        data = path.read_bytes()
    except OSError as error:
        raise AntiphonError(f"{path}: cannot be read ({error.strerror}); check the file name in the scene") from None
    try:
        document = read_json(data)
    except Unfit as reason:
        raise AntiphonError(f"{path}: not a .nam capture ({reason}); export or download it again") from None
    try:
        found = parse_nam(document, path.stem)
    except Unfit as reason:
        raise AntiphonError(f"{path}: {reason}; use a classic WaveNet or LSTM capture") from None
    found.digest = hashlib.sha256(data).hexdigest()
    return found


def parse_nam(document: Any, name: str = "capture") -> Nam:
    """The net of a decoded .nam document. Raises Unfit (half a sentence)."""
    if not isinstance(document, dict) or "architecture" not in document:
        raise Unfit("not a .nam capture (it names no architecture)")
    notes: list[str] = []
    try:
        return _net(_largest(document, notes), name, notes)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise Unfit(f"an entry is missing or has the wrong form ({short(str(error))})") from None
    except MemoryError:
        raise Unfit("it does not fit into the memory") from None


def _largest(document: dict, notes: list[str]) -> dict:
    """The document itself, or the largest net of a container, with the container's metadata where it has none."""
    for _ in range(MAX_NESTED):
        if document.get("architecture") != "SlimmableContainer":
            return document
        sizes = section(document, "config").get("submodels")
        usable = [size for size in sizes if isinstance(size, dict)] if isinstance(sizes, list) else []
        if not usable:
            raise Unfit("its container holds no nets")
        best = section(max(usable, key=lambda size: number(size.get("max_value")) or 0.0), "model")
        notes.append(f"container of {len(usable)} sizes: the largest is used")
        document = {**best, "metadata": best.get("metadata") or document.get("metadata")}
    raise Unfit("its containers are nested too deeply")


def _net(document: dict, name: str, notes: list[str]) -> Nam:
    architecture = document.get("architecture")
    reader = _READERS.get(architecture) if isinstance(architecture, str) else None
    if reader is None:
        raise Unfit(f"the architecture {short(architecture)} is not supported (known are {', '.join(_READERS)})")
    assert isinstance(architecture, str)
    weights = Weights(numbers(document.get("weights"), "weights"))
    given = document.get("sample_rate")
    rate = DEFAULT_RATE if given is None else number(given)
    if rate is None or not 8000.0 <= rate <= 384000.0:
        raise Unfit(f"its sample rate of {short(given)} Hz makes no sense")
    warnings = _version_warnings(document.get("version"))
    net = reader(section(document, "config"), weights, rate, warnings)
    if weights.at != len(weights.flat):
        raise Unfit(f"it holds {len(weights.flat)} weights where its layers need {weights.at}")
    if net.prewarm * len(weights.flat) > MAX_WORK or net.memory_floats > MAX_MEMORY_FLOATS:
        raise Unfit("it is far too large to be played")
    about = document.get("metadata")
    about = about if isinstance(about, dict) else {}
    return Nam(
        net=net,
        architecture=architecture,
        name=one_line(about.get("name"), name),
        digest="",
        sample_rate=rate,
        loudness_db=_within(about, "loudness", LOUDNESS_DB, "dB", warnings),
        parameters=len(weights.flat),
        input_level_dbu=_within(about, "input_level_dbu", LEVEL_DBU, "dBu", warnings),
        output_level_dbu=_within(about, "output_level_dbu", LEVEL_DBU, "dBu", warnings),
        notes=notes,
        warnings=warnings,
    )


def _version_warnings(given: Any) -> list[str]:
    """A warning where the file was written by a later version than this reader knows."""
    parts = str(given or "").split(".")
    try:
        version = tuple(int(part) for part in parts[:2])
    except ValueError:
        return []
    if version <= NEWEST_VERSION:
        return []
    newest = ".".join(map(str, NEWEST_VERSION))
    return [f"its file version {short(given)} is newer than {newest}: what is new in it is not heard"]


def _within(
    about: Mapping[str, Any], key: str, span: tuple[float, float], unit: str, warnings: list[str]
) -> float | None:
    """A level of the metadata; one that cannot be is left aside, with a warning."""
    value = number(about.get(key))
    if value is None or span[0] <= value <= span[1]:
        return value
    warnings.append(f"its {key.removesuffix('_dbu').replace('_', ' ')} of {value:g} {unit} cannot be and is left aside")
    return None


_READERS: dict[str, Callable[[Mapping[str, Any], Weights, float, list[str]], WaveNet | Lstm]] = {
    "WaveNet": lambda config, weights, _, warnings: read_wavenet(config, weights, warnings),
    "LSTM": lambda config, weights, rate, _: read_lstm(config, weights, rate),
    "ConvNet": lambda config, weights, _rate, _warnings: read_convnet(config, weights),
    "Linear": lambda config, weights, _rate, _warnings: read_linear(config, weights),
}
