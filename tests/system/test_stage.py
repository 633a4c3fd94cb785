"""The evening as it may go: Antiphon in its own process on a real JACK server, with synths, keyboards and accidents."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np

from realtime.control.client import ControlClient
from tests.rig.waiting import wait_until
from tests.system.stage import NoteBook, gone, heard, levels

IN, OUT = "Antiphon in:Antiphon in", "Antiphon out:Antiphon out"
AUDIBLE = 10 ** (-50 / 20)


def test_a_first_start_sounds_and_its_answer_plays_another_synth(stage):
    """The built-in piece is heard; `answer` plays fluidsynth through our MIDI output, and every note of it ends."""
    antiphon = stage.play("--demo")
    synth = stage.synth("antiphon:midi_out")
    monitor = stage.listen_to_notes("antiphon:midi_out")
    recorder, path = stage.record(7, "antiphon:out_1", "antiphon:out_2", *synth)  # a call of 4.5 s, then its answer
    wait_until(lambda: NoteBook(monitor.text()).ons >= 3, "three notes of the answer")
    assert recorder.wait(20) == 0
    summary = antiphon.end()
    sound, rate = heard(path)
    ours, theirs = levels(sound[:, :2], rate), levels(sound[:, 2:], rate)
    assert rate == 48_000 and np.max(ours) > 0.03 and np.max(np.abs(sound[:, :2])) < 1.0
    assert np.mean(ours[:40] > AUDIBLE) > 0.9, "two seconds of the call"
    assert np.max(theirs[:20]) < AUDIBLE, "fluidsynth plays nothing before the answer"
    assert np.max(theirs[80:]) > 0.003, "fluidsynth plays the answer"
    notes = NoteBook(monitor.text())
    assert notes.ons >= 3 and not notes.sounding and notes.strays == 0, monitor.text()
    assert notes.ons - 2 <= summary["answered"] <= notes.ons  # the last may come between two looks
    assert summary["notes"] >= 9 and summary["meters"]["faults"] == 0
    assert summary["meters"]["dropped_events"] == summary["meters"]["dropped_messages"] == 0


def test_a_keyboard_in_the_patchbay_makes_it_sound(stage):
    antiphon = stage.play()
    recorder, path = stage.record(3)
    time.sleep(1.0)
    stage.keyboard()
    assert recorder.wait(20) == 0
    summary = antiphon.end()
    sound, rate = heard(path)
    level = levels(sound, rate)
    assert np.max(level[:10]) < 1e-4, "silence before the first note, but for the valve amp's own -88 dBFS"
    assert np.max(level) > 0.03
    assert 4 <= summary["notes"] <= 20


def test_a_killed_panel_changes_nothing_in_the_sound(stage):
    port = 20_000 + os.getpid() % 10_000
    antiphon = stage.play("--control-port", port)
    stage.keyboard()
    control = ControlClient(port)
    picture = stage.folder / "panel.png"
    drawing = [sys.executable, "-m", "ui.panel", "--port", str(port), "--screenshot", str(picture), "--seconds", "0.5"]
    assert stage.clients.start(*drawing, name="drawing").wait(30) == 0 and picture.stat().st_size > 10_000
    recorder, path = stage.record(6)
    panel = stage.clients.start(sys.executable, "-m", "ui.panel", "--port", str(port), name="panel")
    time.sleep(3.0)  # it draws by now
    assert panel.alive, panel.text()
    panel.kill()
    assert recorder.wait(20) == 0
    assert control.get("/scene") == "first_light"
    control.close()
    summary = antiphon.end()
    sound, rate = heard(path)
    assert np.min(levels(sound, rate)) > AUDIBLE, "no gap from the first sample to the last"
    assert longest_silence(sound) <= 16
    before, after = np.array_split(np.max(np.abs(np.diff(sound, axis=0)), axis=1), 2)  # it is killed in the second half
    assert np.max(after) <= 1.5 * np.max(before), "no step larger than the phrase's own"
    assert summary["meters"]["faults"] == 0
    assert antiphon.said("panel") == 0  # nothing of it is worth a word


def longest_silence(sound: np.ndarray) -> int:
    """Frames of the longest run of exact zeros on both channels."""
    silent = np.concatenate(([0], np.all(sound == 0.0, axis=1).astype(np.int8), [0]))
    edges = np.flatnonzero(np.diff(silent))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def test_a_killed_player_lets_go_and_comes_back(stage):
    antiphon = stage.play()
    monitor = stage.listen_to_notes("antiphon:midi_out")
    stage.keyboard(rest_beats=12)  # a second of phrase, three of rest
    recorder, path = stage.record(9)
    (player,) = antiphon.children("realtime.players.host players")
    wait_until(lambda: NoteBook(monitor.text()).sounding, "a note of the answer that sounds")
    os.kill(player, signal.SIGKILL)
    antiphon.wait_for("player answer ended (code -9); starting it again")
    assert gone(player)
    wait_until(lambda: not NoteBook(monitor.text()).sounding, "its notes to end", 5)
    before = NoteBook(monitor.text()).ons
    wait_until(lambda: antiphon.children("realtime.players.host players"), "the player's new process", 5)
    assert antiphon.children("realtime.players.host players") != [player]
    wait_until(lambda: NoteBook(monitor.text()).ons >= before + 2, "another answer", 15)
    assert recorder.wait(20) == 0
    children = antiphon.children("realtime.players.host")
    summary = antiphon.end()
    assert all(gone(child) for child in children), "no process is left behind"
    notes = NoteBook(monitor.text())
    assert not notes.sounding, monitor.text()
    assert summary["notes"] >= 8 and summary["meters"]["faults"] == 0
    sound, rate = heard(path)
    assert np.mean(levels(sound, rate) > AUDIBLE) > 0.5


def test_sound_comes_back_with_a_killed_server(stage):
    antiphon = stage.play("--demo")
    wait_until(lambda: "antiphon:out_1" in stage.clients.ports(), "our ports")
    stage.server.kill()
    antiphon.wait_for("sound lost")
    stage.server.start()
    antiphon.wait_for("sound is back")
    assert stage.clients.connections()["antiphon:out_1"] == ["system:playback_1"]
    stage.keyboard()
    recorder, path = stage.record(2)
    assert recorder.wait(20) == 0
    summary = antiphon.end()
    sound, rate = heard(path)
    assert np.max(levels(sound, rate)) > 0.03
    assert summary["meters"]["faults"] == 0 and antiphon.said("sound lost") == antiphon.said("sound is back") == 1


def test_a_server_that_returns_at_another_rate_is_played_on_in_tune(stage):
    antiphon = stage.play()
    stage.wait_for_port("antiphon:out_1")
    stage.server.kill()
    antiphon.wait_for("sound lost")
    stage.server.start(sample_rate=96_000)
    antiphon.wait_for("sound is back")
    note = stage.clients.midi_sequence(6_000_000, (96_000, 69, 5_800_000))  # an A of a minute: nobody answers meanwhile
    stage.connect("midiseq:out", "antiphon:midi_in")
    recorder, path = stage.record(4)
    assert recorder.wait(20) == 0 and note.alive
    antiphon.end()
    sound, rate = heard(path)
    tail = sound[-rate:, 0]
    spectrum = np.abs(np.fft.rfft(tail * np.hanning(len(tail))))
    assert rate == 96_000 and np.sqrt(np.mean(tail**2)) > 0.01
    around = slice(400, 480)  # one bin a hertz
    assert abs(np.argmax(spectrum[around]) + 400 - 440) <= 3, "the A is an A: 12 cents"


def test_scenes_change_while_a_hand_plays(stage):
    """Three scenes by remote control under a running phrase: sound goes on, and only what was asked for happens."""
    port = 20_000 + os.getpid() % 10_000
    antiphon = stage.play("--control-port", port)
    stage.keyboard()
    control = ControlClient(port)
    recorder, path = stage.record(6)
    for name in ("common_ground", "rosewood", "first_light"):
        control.set("/scene", name)
        wait_until(lambda name=name: control.get("/scene") == name, f"the scene {name}")
        time.sleep(0.5)
    control.set("/scene", "no_such_scene")
    antiphon.wait_for("no_such_scene")
    assert control.get("/scene") == "first_light", "a wrong scene leaves what sounds"
    control.close()
    assert recorder.wait(20) == 0
    summary = antiphon.end()
    assert summary["scene"] == "first_light" and summary["meters"]["faults"] == 0
    sound, rate = heard(path)
    assert np.mean(levels(sound, rate) > AUDIBLE) > 0.95 and np.max(np.abs(sound)) <= 1.0
    assert len(antiphon.children("realtime.players.host")) == 0


def test_without_a_sound_card_the_virtual_midi_ports_stand_in_the_patchbay(stage):
    """The null driver plays; `Antiphon in` and `Antiphon out` are rtmidi's ports."""
    antiphon = stage.play(driver="null", alsa=False)  # with a sequencer they would be ALSA's
    stage.wait_for_port(IN)
    stage.wait_for_port(OUT)
    monitor = stage.listen_to_notes(OUT)
    stage.keyboard(rest_beats=12, target=IN)
    wait_until(lambda: NoteBook(monitor.text()).ons >= 3, "three notes of the answer")
    summary = antiphon.end()
    notes = NoteBook(monitor.text())
    assert summary["notes"] >= 3 and 2 <= notes.ons - 1 <= summary["answered"] <= notes.ons
    assert not notes.sounding, monitor.text()
    wait_until(lambda: not any("Antiphon" in port for port in stage.clients.connections()), "the ports to go")
