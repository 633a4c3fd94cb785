"""What there is to play on: drivers, servers, devices, rates and blocks; [a process of its own].

`python -m realtime.drivers.survey` prints it as JSON. PortAudio lists what was plugged in when it started, and where its
JACK host API is built in, it would join a server that the instrument plays on: so the look happens outside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from realtime.drivers.choose import DRIVERS
from realtime.native.errors import AntiphonError

RATES = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
BLOCKS = (16, 32, 64, 128, 256, 512, 1024, 2048)
LIVE = tuple(name for name in DRIVERS if name != "offline")
"""The drivers that a person can hear, or keep the time with."""
TIMEOUT_S = 20.0
_AUDIO, _IS_INPUT, _IS_OUTPUT = b"32 bit float mono audio", 1, 2


def survey(server: str | None = None) -> dict[str, Any]:
    """{driver: {"available", "why", "devices": [{"name", "inputs", "outputs", "sample_rate"}], "rates", "blocks",
    "default_rate", "default_block"}}; server: name of a JACK server."""
    return {"jack": _jack(server), "portaudio": _portaudio(), "null": _driver(True, "no sound: it keeps the time")}


def ask(server: str | None = None) -> dict[str, Any]:
    """`survey` in a process of its own. Raises AntiphonError if that gives no answer. [any but audio]"""
    command = [sys.executable, "-m", "realtime.drivers.survey", *([server] if server else [])]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL)
        return json.loads(answer.stdout.splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError):
        raise AntiphonError(
            "the audio devices cannot be listed: no answer came; `antiphon doctor` looks closer"
        ) from None


def _driver(available: bool, why: str, devices: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    plain = {"rates": RATES, "blocks": BLOCKS, "default_rate": 48_000, "default_block": 128}
    return {"available": available, "why": why, "devices": devices or [], **plain, **more}


def _jack(server: str | None) -> dict[str, Any]:
    from realtime.drivers import libjack

    found = libjack.find_server(server)
    if found is None:
        return _driver(False, str(libjack.no_server(server)))
    library, answer = found
    return _driver(
        True, f"a {answer.flavour} server is running", _jack_devices(library, server, answer.sample_rate),
        rates=[answer.sample_rate], default_rate=answer.sample_rate, default_block=answer.frames,
        shared_block=answer.flavour != "PipeWire",
    )  # fmt: skip


def _jack_devices(library: Any, server: str | None, sample_rate: int) -> list[dict[str, Any]]:
    """The clients that can be played to or heard, by their audio ports."""
    client = library.open_client("antiphon-survey", server)
    if client is None:
        return []
    counts: dict[str, list[int]] = {}
    try:
        for column, flags in ((0, _IS_OUTPUT), (1, _IS_INPUT)):  # its outputs are what we can hear
            names = library.lib.jack_get_ports(client, library.ffi.NULL, _AUDIO, flags)
            for name in _strings(library, names):
                counts.setdefault(name.partition(":")[0], [0, 0])[column] += 1
    finally:
        library.lib.jack_client_close(client)
    return [
        {"name": name, "inputs": ins, "outputs": outs, "sample_rate": sample_rate}
        for name, (ins, outs) in counts.items()
        if not name.startswith("antiphon")
    ]


def _strings(library: Any, names: Any) -> Iterator[str]:
    if not names:
        return
    index = 0
    while names[index]:
        yield library.ffi.string(names[index]).decode()
        index += 1
    library.lib.jack_free(names)


def _portaudio() -> dict[str, Any]:
    from realtime.drivers import portaudio

    try:
        rows = portaudio.devices()
    except AntiphonError as error:
        return _driver(False, str(error))
    playing = [row for row in rows if row["outputs"] > 0]
    if not playing:
        return _driver(False, "PortAudio finds no device: plug in an audio interface")
    first = next((row for row in playing if row["default"]), playing[0])
    devices = [{name: row[name] for name in ("name", "hostapi", "inputs", "outputs", "sample_rate")} for row in rows]
    return _driver(True, f"its default device is '{first['name']}'", devices, default_rate=first["sample_rate"])


def _main() -> None:
    # ALSA and JACK complain on stderr, some of their plugins on stdout: the answer is the last line
    with open(os.devnull, "w") as nowhere, contextlib.suppress(OSError):
        os.dup2(nowhere.fileno(), 2)
    print(json.dumps(survey(sys.argv[1] if len(sys.argv) > 1 else None)), flush=True)
    os._exit(0)  # PortAudio's end may hang on a server that has gone


if __name__ == "__main__":
    _main()
