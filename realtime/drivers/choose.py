"""Which driver to play on, and why: a running JACK or PipeWire, else a PortAudio device, else null; [main]."""

from __future__ import annotations

from dataclasses import dataclass

from realtime.drivers.base import Driver
from realtime.native.errors import AntiphonError

DRIVERS = ("jack", "portaudio", "null", "offline")
DEFAULT_RATE = 48_000


@dataclass(frozen=True)
class Choice:
    """The driver to open. sample_rate: what to make the engine for; frames: the period it has, None if it is free;
    shared: other programs have the same period."""

    name: str
    why: str
    sample_rate: int
    frames: int | None = None
    shared: bool = False

    def create(self) -> Driver:
        return create(self.name)


def create(name: str) -> Driver:
    """A closed driver by name. Its code is compiled (or read from the cache) here."""
    if name == "jack":
        from realtime.drivers.jack import JackDriver

        return JackDriver()
    if name == "portaudio":
        from realtime.drivers.portaudio import PortAudioDriver

        return PortAudioDriver()
    if name == "null":
        from realtime.drivers.null import NullDriver

        return NullDriver()
    if name == "offline":
        from realtime.drivers.offline import OfflineDriver

        return OfflineDriver()
    raise AntiphonError(f"There is no driver '{name}': choose one of {', '.join(DRIVERS)}.")


def choose(
    wanted: str | None = None,
    sample_rate: int | None = None,
    device: str | int | None = None,
    server: str | None = None,
) -> Choice:
    """Choose a driver before the engine is made (the engine is made for one sample rate).

    wanted: a driver's name, or None / "auto". sample_rate: Hz, None for the driver's own.
    device: PortAudio name pattern or index. server: name of a JACK server.
    """
    wanted = None if wanted in (None, "", "auto") else wanted
    if wanted in ("null", "offline"):
        return Choice(wanted, "it was asked for", sample_rate or DEFAULT_RATE)
    if wanted == "jack":
        return _jack(server, sample_rate, "it was asked for") or _raise_no_server(server)
    if wanted == "portaudio":
        return _portaudio(device, sample_rate, "it was asked for")
    if wanted is not None:
        create(wanted)  # raises, with the names there are
    if device is not None:
        return _portaudio(device, sample_rate, f"the device '{device}' was asked for")
    found = _jack(server, sample_rate, None if server is None else f"the server '{server}' was asked for")
    if found is not None:
        return found
    if server is not None:
        return _raise_no_server(server)
    try:
        return _portaudio(None, sample_rate, "no JACK or PipeWire server is running")
    except AntiphonError:
        return Choice(
            "null", "no JACK or PipeWire server is running and PortAudio finds no device", sample_rate or DEFAULT_RATE
        )


def _jack(server: str | None, sample_rate: int | None, why: str | None) -> Choice | None:
    from realtime.drivers import libjack

    found = libjack.find_server(server)
    if found is None:
        return None
    answer = found[1]
    if sample_rate is not None and sample_rate != answer.sample_rate:
        raise AntiphonError(
            f"{answer.flavour} runs at {answer.sample_rate} Hz, not at {sample_rate}: "
            f"ask for --rate {answer.sample_rate}, or restart it at {sample_rate} Hz."
        )
    why = why or f"a {answer.flavour} server is running"
    return Choice("jack", why, answer.sample_rate, answer.frames, answer.flavour != "PipeWire")


def _raise_no_server(server: str | None) -> Choice:
    from realtime.drivers import libjack

    raise libjack.no_server(server)


def _portaudio(device: str | int | None, sample_rate: int | None, why: str) -> Choice:
    from realtime.drivers import portaudio

    index = portaudio.find(device, "outputs")
    info = next(entry for entry in portaudio.devices() if entry["index"] == index)
    what = f"{why}; PortAudio's {'default device' if device is None else 'device'} is '{info['name']}'"
    return Choice("portaudio", what, sample_rate or info["sample_rate"])
