"""Which MIDI ports there are, for `antiphon ports`; [main]."""

from __future__ import annotations

from realtime.midi.backend import Backend, choose_api, compiled_apis


def list_ports(api: str = "auto", name: str = "Antiphon") -> list[dict[str, str]]:
    """All MIDI ports now: {"name", "direction": "in" or "out", "api"}; "in" is one that Antiphon can hear. [main]

    api: one API, or "auto" for all that answer.
    """
    found: list[dict[str, str]] = []
    for each in compiled_apis() if api == "auto" else [choose_api(api)]:
        backend = (
            Backend.open(each, f"{name} list") if each and (each != "alsa" or choose_api("auto") == "alsa") else None
        )
        if backend is None:
            continue
        try:
            for direction, names in (("in", backend.inputs()), ("out", backend.outputs())):
                found += [{"name": port, "direction": direction, "api": backend.api} for port in names]
        finally:
            backend.close()
    return found
