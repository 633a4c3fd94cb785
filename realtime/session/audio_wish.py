"""What a performer asks of the sound: read, checked, and turned into a driver to open; [any but audio]."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from realtime.drivers.choose import DEFAULT_RATE, Choice, choose
from realtime.drivers.control import MAX_CHANNELS
from realtime.drivers.survey import LIVE
from realtime.native.errors import AntiphonError, nearest
from realtime.session.options import Options
from realtime.session.order import read_order
from realtime.session.rig_file import RigFile

RANGES = {
    "sample_rate": (44_100, 192_000, "Hz"),
    "frames": (16, 2048, "frames"),
    "inputs": (0, MAX_CHANNELS, "inputs"),
    "outputs": (1, MAX_CHANNELS, "outputs"),
}
TEXTS = ("driver", "device", "server")
KEPT = (*TEXTS, *RANGES)
"""What the rig file remembers."""
FLAGS = ("resize_server",)


def read_object(text: str, names: tuple[str, ...], where: str) -> dict[str, Any]:
    """A JSON object of known names. Raises AntiphonError."""
    found = read_order(text, where, f'{{"{names[0]}": ...}}')
    for name in found:
        if name not in names:
            raise AntiphonError(f"{where}: there is no {name!r:.60}; {nearest(str(name)[:60], names)}")
    return found


def read_wish(text: str) -> dict[str, Any]:
    """The JSON of /audio/set, checked. "" and null stand for what is chosen by itself. Raises AntiphonError."""
    where = "/audio/set"
    wish = read_object(text, (*KEPT, *FLAGS), where)
    for name, value in wish.items():
        if value is None or value == "":
            wish[name] = None
        elif name in RANGES:
            wish[name] = _number(name, value)
        elif name in FLAGS:
            if not isinstance(value, bool):
                raise AntiphonError(f"{where}: {name} is true or false, not {value!r:.40}")
        elif not isinstance(value, str):
            raise AntiphonError(f"{where}: {name} is a text, not {value!r:.40}")
    if wish.get("driver") not in (None, "auto", *LIVE):
        raise AntiphonError(f"{where}: there is no driver {wish['driver']!r:.40}; {nearest(wish['driver'], LIVE)}")
    return wish


def _number(name: str, value: Any) -> int:
    low, high, unit = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high or value % 1:
        raise AntiphonError(f"/audio/set: {name} {value!r:.20} is out of range: choose {low} to {high} {unit}")
    return int(value)


def wished_options(options: Options, choice: Choice, wish: Mapping[str, Any]) -> Options:
    """The options after a wish: with another driver or server goes what was meant for the former one."""
    driver = wish.get("driver", choice.name)
    if "driver" not in wish and wish.get("device") and choice.name == "null":
        driver = "portaudio"
    if "driver" not in wish and wish.get("server"):
        driver = "jack"
    elsewhere = driver != choice.name or wish.get("server", options.server) != options.server
    forgotten: dict[str, Any] = {"device": None, "server": None, "frames": None} if elsewhere else {}
    known = {name: value for name, value in wish.items() if name in (*KEPT, *FLAGS)}
    if "outputs" in known and known["outputs"] is None:
        known["outputs"] = 2
    known.setdefault("resize_server", False if elsewhere else options.resize_server)
    return replace(options, **(forgotten | known | {"driver": None if driver == "auto" else driver}))


def wished_choice(
    options: Options, wish: Mapping[str, Any], rate_now: int, survey: Mapping[str, Any] | None = None
) -> Choice:
    """The driver for such options. survey: a fresh look at the devices. Raises AntiphonError for what cannot be."""
    rate = wish.get("sample_rate")
    if options.driver == "null":
        rate = rate or rate_now or DEFAULT_RATE
    if options.driver == "portaudio" and survey is not None:
        return _device_choice(options.device, rate, survey["portaudio"]["devices"])
    found = choose(options.driver, rate, options.device if options.driver != "jack" else None, options.server)
    frames = wish.get("frames")
    if found.shared and not options.resize_server and frames is not None and frames != found.frames:
        raise AntiphonError(
            f"JACK runs at {found.frames} frames, and all its programs share them: leave the block as it is, or ask for "
            f"{frames} with resize_server; it is given back on quitting"
        )
    return found


def _device_choice(device: str | None, rate: int | None, rows: list[dict[str, Any]]) -> Choice:
    """PortAudio's device of such a name among those that are plugged in now."""
    playing = [row for row in rows if row["outputs"] > 0]
    wanted = (device or "").lower()
    found = [row for row in playing if wanted in f"{row['name']}, {row['hostapi']}".lower()]
    if not found:
        there = "; ".join(f"'{row['name']}'" for row in playing) or "none"
        which = f"that is called {device!r}" if device else "that can be played on"
        raise AntiphonError(f"there is no audio device {which}: there are {there}")
    row = next((row for row in found if row["name"] == device), found[0])
    why = f"the device '{row['name']}' was asked for" if device else "it was asked for"
    return Choice("portaudio", why, rate or row["sample_rate"])


def remembered(options: Options, say: Callable[[str], Any], any_outputs: bool = True) -> Options:
    """What the rig file says, where no flag says otherwise; what cannot be had tonight is said and left out.

    any_outputs: the number of outputs was not given. A device that is chosen by a flag is played in its own way.
    """
    kept = _kept(options, say)
    flagged = options.driver is not None or options.device is not None or options.server is not None
    same = kept.get("driver") == options.driver and options.device is None and options.server is None
    if flagged and not same:
        kept = {name: kept[name] for name in ("inputs", "outputs") if name in kept}
    if kept.get("driver") == "jack":
        kept.pop("sample_rate", None)  # the server's own
    kept = {
        name: value
        for name, value in kept.items()
        if getattr(options, name) is None or (name == "outputs" and any_outputs)
    }
    filled = replace(options, **kept)
    try:
        found = choose(
            filled.driver, filled.sample_rate, filled.device if filled.driver != "jack" else None, filled.server
        )
    except AntiphonError as error:
        if not kept:
            raise
        say(f"your rig is not to be had now ({str(error).rstrip('.')}); playing on what there is")
        return options
    if found.shared and not filled.resize_server and options.frames is None:
        filled = replace(filled, frames=None)  # tonight's server has a period of its own
    return filled


def _kept(options: Options, say: Callable[[str], Any]) -> dict[str, Any]:
    """The sound of the rig file, as far as it is one."""
    table = RigFile(options.rig_file, say).get("audio")
    try:
        wish = read_wish(json.dumps({name: value for name, value in table.items() if name in KEPT}, default=str))
    except AntiphonError as error:
        say(f"{options.rig_file}: {str(error).replace('/audio/set', '[audio]')}; it is left out")
        return {}
    return {name: value for name, value in wish.items() if value is not None}
