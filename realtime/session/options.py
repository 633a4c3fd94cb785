"""How a session is opened: what the command line, a test or a front end may choose; [main]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from realtime.session.paths import DEFAULT_SCENE


@dataclass
class Options:
    """How a session is opened. None: the sensible choice."""

    scene: str | Path = DEFAULT_SCENE
    driver: str | None = None
    frames: int | None = None
    sample_rate: int | None = None
    device: str | None = None
    server: str | None = None
    inputs: int | None = None
    outputs: int = 2
    midi: bool = True
    midi_ports: tuple[str, ...] = ("*",)
    players: bool = True
    control: bool = True
    control_port: int = 0
    follow_clock: bool = False
    clock_from: str = ""
    send_clock: bool = False
    resize_server: bool = False
    """Let `frames` change the period of a JACK server that other programs share."""
    rig_file: Path | None = None
    """Where the choice of sound and MIDI ports is kept; None: nowhere."""
    recover: bool = False
    aside: bool = True
    """Put unsaved edits aside in the user's folder, and offer what the last run left there; not for a run that is nobody's."""
