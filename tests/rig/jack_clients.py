"""Real JACK programs as ears, hands and listeners of a test: fluidsynth, jack_rec, jack_midiseq and friends."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from realtime.bench.servers import JackServer, Program, binary

SOUNDFONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")


class JackClients:
    """Starts programs on one server; `stop()` ends all that still run."""

    def __init__(self, server: JackServer, folder: Path):
        self.server, self.folder = server, folder
        self._programs: list[Program] = []

    def start(self, *command: str, name: str | None = None) -> Program:
        log = self.folder / f"{name or command[0]}-{len(self._programs)}.log"
        program = Program(list(command), log, self.server.environment)
        self._programs.append(program)
        return program

    def stop(self) -> None:
        for program in reversed(self._programs):
            program.stop(1.0)
        self._programs.clear()

    # -- programs ----------------------------------------------------------------------------------------------------
    def fluidsynth(self, soundfont: Path = SOUNDFONT) -> Program:
        """A listening synthesizer: ports fluidsynth:midi_00 and fluidsynth:left / right."""
        if not soundfont.exists():
            raise RuntimeError(f"{soundfont} is missing: install timgm6mb-soundfont (or run 'make setup').")
        rate = str(self.server.sample_rate)
        options = ["-a", "jack", "-m", "jack", "-s", "-i", "-j", "-r", rate, "-o", "midi.autoconnect=0"]
        options += ["-o", f"audio.jack.server={self.server.name}", "-o", f"midi.jack.server={self.server.name}"]
        return self.start("fluidsynth", *options, str(soundfont))

    def record(self, path: Path, seconds: float, *ports: str) -> Program:
        """jack_rec: 32-bit WAV of these ports for whole seconds; `wait()` for its end."""
        return self.start("jack_rec", "-f", str(path), "-d", str(max(1, round(seconds))), "-b", "32", *ports)

    def midi_sequence(self, loop_frames: int, *notes: tuple[int, int, int]) -> Program:
        """jack_midiseq: a loop of (start frame, key, length in frames); port midiseq:out."""
        words = [str(word) for note in notes for word in note]
        return self.start("jack_midiseq", "midiseq", str(loop_frames), *words)

    def midi_dump(self) -> Program:
        """jack_midi_dump: prints what arrives at midi-monitor:input."""
        return self.start("jack_midi_dump", "-a")

    def midi_latency_test(
        self, output: str, back: str, messages: int = 200, size: int = 3, timeout_s: float = 30.0
    ) -> dict:
        """jack_midi_latency_test through our ports: {received, lowest, highest, jitter (frames), text}."""
        command = [binary("jack_midi_latency_test"), "-m", str(size), "-s", str(messages), output, back]
        answer = subprocess.run(
            command, env=_environment(self.server), capture_output=True, text=True, timeout=timeout_s
        )
        text = answer.stdout + answer.stderr

        def number(pattern: str) -> int:
            found = re.search(pattern, text)
            return int(found.group(1)) if found else -1

        return {
            "text": text,
            "received": number(r"Messages received: (\d+)"),
            "lowest": number(r"Lowest latency: .*\((\d+) frames"),
            "highest": number(r"Highest latency: .*\((\d+) frames"),
            "jitter": number(r"Peak MIDI jitter: .*\((\d+) frames"),
        }

    # -- patchbay ----------------------------------------------------------------------------------------------------
    def ports(self) -> list[str]:
        return self._run("jack_lsp").split()

    def connections(self) -> dict[str, list[str]]:
        """{port: [ports it is connected with]}"""
        found: dict[str, list[str]] = {}
        port = ""
        for line in self._run("jack_lsp", "-c").splitlines():
            if line.startswith(" "):
                found[port].append(line.strip())
            else:
                port = line.strip()
                found[port] = []
        return found

    def connect(self, source: str, target: str) -> None:
        self._run("jack_connect", source, target)

    def _run(self, *command: str) -> str:
        answer = subprocess.run(
            [binary(command[0]), *command[1:]],
            env=_environment(self.server),
            capture_output=True,
            text=True,
            timeout=10,
        )
        if answer.returncode != 0 and command[0] != "jack_lsp":
            raise RuntimeError(f"{' '.join(command)}: {answer.stdout}{answer.stderr}")
        return answer.stdout


def _environment(server: JackServer) -> dict[str, str]:
    return {**os.environ, **server.environment}
