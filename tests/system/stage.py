"""A whole Antiphon in a process of its own on a real server, watched through its status lines and its summary; [main]."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import soundfile

from realtime.bench.servers import JackServer, Program
from tests.rig.jack_clients import JackClients
from tests.rig.waiting import wait_until


class Antiphon:
    """`antiphon play WORDS --headless --json` as a child; `lines` is what it has said on stderr.

    alsa: False as on a machine without an ALSA sequencer, whatever this one has.
    """

    def __init__(self, *words: object, alsa: bool = True):
        start = "from realtime.cli import main; "
        start += "" if alsa else "from realtime.midi import backend; del backend.APIS['alsa']; "
        command = [sys.executable, "-c", start + "main()", "play", *(str(word) for word in words)]
        command += ["--headless", "--json"]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "200"},
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def said(self, words: str) -> int:
        """How many of its lines have these words in them."""
        return sum(words in line for line in list(self.lines))

    def wait_for(self, words: str, times: int = 1, timeout_s: float = 30.0) -> None:
        def heard() -> bool:
            assert self.process.poll() is None or self.said(words) >= times, "\n".join(self.lines)
            return self.said(words) >= times

        wait_until(heard, f"{words!r} ({times} times) in what it says: {self.lines}", timeout_s)

    def end(self, timeout_s: float = 20.0) -> dict:
        """SIGTERM, as a service manager ends it: its exit status must be 0, and this its summary."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        out = self.process.stdout.read()
        assert self.process.wait(timeout_s) == 0, "\n".join(self.lines)
        self._reader.join(5.0)
        return json.loads(out)

    def stop(self) -> None:
        """Whatever happened, end it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._reader.join(5.0)

    def children(self, words: str) -> list[int]:
        """Process ids of its children with these words in their command line."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # it ended while we looked
            if int(stat.rpartition(")")[2].split()[1]) == self.process.pid and words in command:
                found.append(int(folder.name))
        return found


def gone(process_id: int) -> bool:
    """Whether a process has ended and was buried by its parent."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


def levels(sound: np.ndarray, rate: int, window_s: float = 0.05) -> np.ndarray:
    """RMS of windows of a recording (frames, channels)."""
    n = int(rate * window_s)
    mono = sound.mean(axis=1) if sound.ndim == 2 else sound
    windows = mono[: len(mono) // n * n].reshape(-1, n)
    return np.sqrt(np.mean(windows**2, axis=1))


def heard(path: Path) -> tuple[np.ndarray, int]:
    """A recording of jack_rec as (frames, channels) and its rate."""
    return soundfile.read(path, always_2d=True)


class NoteBook:
    """Reads jack_midi_dump: how many note-ons, which notes still sound, how many note-offs had no note."""

    _LINE = re.compile(r"^\s*[\d.+]+:\s+((?:[0-9a-f]{2}\s+)+)", re.MULTILINE)

    def __init__(self, text: str):
        self.ons, self.strays = 0, 0
        self.sounding: dict[tuple[int, int], int] = {}
        for line in self._LINE.findall(text):
            status, *data = (int(word, 16) for word in line.split())
            place = (status & 0x0F, data[0]) if data else (status & 0x0F, -1)
            if status & 0xF0 == 0x90 and data[1] > 0:
                self.ons += 1
                self.sounding[place] = self.sounding.get(place, 0) + 1
            elif status & 0xF0 in (0x80, 0x90):
                self.strays += place not in self.sounding
                self.sounding[place] = self.sounding.get(place, 1) - 1
                if self.sounding[place] == 0:
                    del self.sounding[place]


class Stage:
    """A private server, real JACK programs, and at most one Antiphon."""

    def __init__(self, server: JackServer, clients: JackClients, folder: Path):
        self.server, self.clients, self.folder = server, clients, folder
        self.antiphon: Antiphon | None = None

    def play(self, *words: object, driver: str = "jack", alsa: bool = True) -> Antiphon:
        """`antiphon play first_light` on this server, once it sounds."""
        place = ["--server", self.server.name] if driver == "jack" else []
        self.antiphon = Antiphon("first_light", "--driver", driver, *place, *words, alsa=alsa)
        self.antiphon.wait_for("(it was asked for)")
        return self.antiphon

    def stop(self) -> None:
        if self.antiphon is not None:
            self.antiphon.stop()

    def wait_for_port(self, name: str) -> None:
        wait_until(lambda: name in self.clients.connections(), f"the port {name}")  # its name may have spaces

    def connect(self, source: str, target: str) -> None:
        """Connect two ports as soon as both are there."""
        self.wait_for_port(source)
        self.wait_for_port(target)
        self.clients.connect(source, target)

    def synth(self, source: str) -> tuple[str, str]:
        """fluidsynth, played by a MIDI output; its two audio ports (its client's name depends on its version)."""
        self.clients.fluidsynth()

        def port(name: str) -> str:
            return next((p for p in self.clients.ports() if p.startswith("fluidsynth") and p.endswith(name)), "")

        wait_until(lambda: port(":midi_00") and port(":left") and port(":right"), "fluidsynth's ports")
        self.connect(source, port(":midi_00"))
        return port(":left"), port(":right")

    def listen_to_notes(self, source: str) -> Program:
        """jack_midi_dump on a MIDI output; read it with NoteBook."""
        monitor = self.clients.midi_dump()
        self.connect(source, "midi-monitor:input")
        return monitor

    def keyboard(self, beat_frames: int = 12_000, rest_beats: int = 0, target: str = "antiphon:midi_in") -> Program:
        """A phrase of four notes again and again, each as long as its beat but for 10 ms; then a rest."""
        notes = [(k * beat_frames, key, beat_frames - 480) for k, key in enumerate((57, 60, 64, 62))]
        keyboard = self.clients.midi_sequence((4 + rest_beats) * beat_frames, *notes)
        self.connect("midiseq:out", target)
        return keyboard

    def record(self, seconds: int, *ports: str) -> tuple[Program, Path]:
        """Record ports (default: the master) for whole seconds."""
        path = self.folder / f"heard-{len(list(self.folder.glob('heard-*')))}.wav"
        return self.clients.record(path, seconds, *(ports or ("antiphon:out_1", "antiphon:out_2"))), path
