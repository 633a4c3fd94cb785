"""`antiphon keyboard` with nothing else running: a scale, soft and hard, a pedal, and the rig file has it."""

import os
import subprocess
import sys

import rtmidi

from realtime.session.rig_file import RigFile
from tests.rig.fixtures import make_jack  # noqa: F401


def test_a_keyboard_is_set_up_in_the_terminal(make_jack, tmp_path):  # noqa: F811
    make_jack(frames=256)
    piano = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="Stage Piano")
    piano.open_virtual_port("keys")
    env = {
        **os.environ, "XDG_CONFIG_HOME": str(tmp_path), "ANTIPHON_RUNTIME_DIR": str(tmp_path / "run"), "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    (tmp_path / "run").mkdir(mode=0o700)
    command = [sys.executable, "-m", "realtime.cli", "keyboard", "--yes", "--midi", "*Piano*"]
    program = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def play(*notes):
        for key, velocity in notes:
            piano.send_message([0x91, key, velocity])
            piano.send_message([0x81, key, 0])

    said = []
    try:
        for line in program.stdout:
            said.append(line)
            if "C major scale" in line:
                play(*((48 + step, 70) for step in (0, 2, 4, 5, 7, 9, 11, 12)))
            elif "softly" in line:
                play(*((60, velocity) for velocity in (20, 25, 30, 35, 40, 90, 95, 100, 105, 110)))
            elif "Press each pedal" in line:
                piano.send_message([0xB1, 64, 127])
                piano.send_message([0xB1, 64, 0])
        assert program.wait(30) == 0, said
    finally:
        program.kill()
        piano.delete()
    assert any("moved by +12 semitones" in line and "sustain pedal" in line for line in said), said
    kept = RigFile(tmp_path / "antiphon" / "rig.toml", print).get("midi", "ports")["Stage Piano:keys"]
    assert kept["channels"] == {"2": 1} and kept["octave"] == 1 and kept["curve"][-1] == [110, 127]
    assert "pedal_inverted" not in kept
