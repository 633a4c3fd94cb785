"""`antiphon audio list` and the rig file of `antiphon play`, as a person types them."""

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def run(tmp_path):
    def call(*words):
        env = {
            **os.environ,
            "XDG_CONFIG_HOME": str(tmp_path),
            "JACK_DEFAULT_SERVER": "nobody",
            "QT_QPA_PLATFORM": "offscreen",
        }
        command = [sys.executable, "-m", "realtime.cli", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)

    return call


def test_the_list_of_drivers_is_json(run):
    answer = run("audio", "list", "--json")
    found = json.loads(answer.stdout)
    assert list(found) == ["jack", "portaudio", "null"] and answer.returncode == 0
    assert not found["jack"]["available"] and "No JACK server named 'nobody'" in found["jack"]["why"]
    assert found["null"]["available"] and 128 in found["null"]["blocks"] and 48000 in found["null"]["rates"]


def test_play_uses_the_rig_file_unless_told_otherwise(run, tmp_path):
    (tmp_path / "antiphon").mkdir()
    (tmp_path / "antiphon" / "rig.toml").write_text('[audio]\ndriver = "null"\nframes = 512\nsample_rate = 96000\n')
    words = ("play", "first_light", "--headless", "--seconds", "0.3", "--midi", "none", "--json")
    assert "96000 Hz, 512 frames" in json.loads(run(*words).stdout)["description"]
    assert "96000 Hz, 64 frames" in json.loads(run(*words, "--frames", "64").stdout)["description"]
    assert "48000 Hz, 128 frames" in json.loads(run(*words, "--no-rig", "--driver", "null").stdout)["description"]
