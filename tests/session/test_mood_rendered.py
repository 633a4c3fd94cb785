"""A whole band under a mood, as it is rendered: denser, louder and higher with arousal, minor or major with valence, along a cue
list; and a running session that is steered by the tree."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import mido
import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.control.client import ControlClient
from realtime.control.tree import ControlError
from realtime.session import render, scene
from realtime.session.session import Options, Session
from tests.session.live import until

RATE = 48000
RACK = '[[track]]\nname = "t"\n[[track.device]]\ndevice = "pluck"\n'
HEAD = 'tempo_bpm = 120\nkey = "C major"\nchart = """\n| C | F | G | C |\n"""\n[follower]\nchords = "chart"\n'
BAND = '[[player]]\nplayer = "arranger"\nstyle = "pop_eighths"\nfills = 0\nseed = 3\n'
BARS = 8


def take(folder: Path, mood: str, bars: int = BARS) -> list[tuple[float, float, int, int, str]]:
    """(beat, length, key, velocity, track) of all that the arranger plays under a mood."""
    path = folder / "scene.toml"
    path.write_text(HEAD + RACK + f'[[player]]\nplayer = "mood"\n{mood}\n' + BAND)
    takes: list = []
    music = render.Music([(0, 0, bytes((0xB0, 20, 0)))])
    for _ in render.render_pieces(scene.load(path), music, bars * 2.0, RATE, players=True, takes=takes):
        pass
    takes[0].write(folder / "o.mid")
    file = mido.MidiFile(folder / "o.mid")
    rows = []
    for track in file.tracks:
        held, now = {}, 0
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                held[message.note] = (now / file.ticks_per_beat, message.velocity)
            elif message.type in ("note_on", "note_off") and message.note in held:
                beat, velocity = held.pop(message.note)
                rows.append((beat, now / file.ticks_per_beat - beat, message.note, velocity, track.name))
    return sorted(rows)


def pitched(rows) -> list:
    return [row for row in rows if "drums" not in row[4]]


def thirds(rows) -> tuple[int, int]:
    """How many E and E flat."""
    return sum(row[2] % 12 == 4 for row in pitched(rows)), sum(row[2] % 12 == 3 for row in pitched(rows))


def test_arousal_makes_the_band_denser_louder_and_higher(tmp_path):
    calm, plain, wild = (take(tmp_path, f"arousal = {arousal}\nmodes = false") for arousal in (-0.9, 0.0, 0.9))
    assert len(calm) < 0.8 * len(plain) and len(plain) < len(wild)
    loud = [mean(row[3] for row in rows) for rows in (calm, plain, wild)]
    assert loud[0] < 0.85 * loud[1] and loud[1] < 0.95 * loud[2]
    height = [mean(row[2] for row in pitched(rows) if "bass" not in row[4]) for rows in (calm, plain, wild)]
    assert height[0] < height[1] - 1 and height[1] < height[2] - 1


def test_valence_makes_it_minor_or_leaves_it_major_and_moves_its_brightness(tmp_path):
    sad, happy = (take(tmp_path, f"valence = {valence}") for valence in (-0.9, 0.9))
    assert thirds(happy)[1] == 0 < thirds(happy)[0]
    late = [row for row in sad if row[0] >= 4.0]
    assert thirds(late)[0] == 0 < thirds(late)[1]
    height = [mean(row[2] for row in pitched(rows) if "bass" not in row[4]) for rows in (sad, happy)]
    assert height[0] < height[1] - 2
    length = [mean(row[1] for row in pitched(rows)) for rows in (sad, happy)]
    assert length[0] > length[1]


def test_switched_off_it_is_as_without_it(tmp_path):
    off = take(tmp_path, "valence = -0.9\narousal = 0.9\nleads = false")
    assert off == take(tmp_path, "mute = true\nvalence = -0.9\narousal = 0.9")
    assert thirds(off)[1] == 0


def test_a_cue_list_turns_the_music_when_it_says(tmp_path):
    cues = 'options = { cues = "0:00 -0.9 -0.9 | 0:08 0.9 0.9" }'
    rows = take(tmp_path, cues)
    before, after = ([row for row in rows if a <= row[0] < b] for a, b in ((4.0, 15.5), (20.0, 32.0)))
    assert thirds(before)[0] == 0 < thirds(before)[1] and thirds(after)[1] == 0 < thirds(after)[0]
    assert len(after) / 12.0 > 1.4 * len(before) / 11.5
    assert mean(row[3] for row in after) > 1.3 * mean(row[3] for row in before)


def test_the_tempo_goes_along_if_it_may(tmp_path):
    free, led = take(tmp_path, "arousal = 1.0"), take(tmp_path, "arousal = 1.0\ntempo_reach = 20.0")
    assert max(row[0] for row in led) > 1.12 * max(row[0] for row in free)


@pytest.fixture
def stage(tmp_path):
    path = tmp_path / "scene.toml"
    path.write_text(HEAD + RACK + '[[player]]\nplayer = "mood"\nglide_s = 0.0\n')
    options = Options(scene=str(path), driver="null", midi=False)
    with Session(options) as session, ControlClient(session.control.server.port) as client:
        yield session, client


def told(session) -> np.void | None:
    rows = [row for row in session.engine.players.told()[0] if row["kind"] == wire.MOOD]
    return rows[0] if rows else None


def test_it_is_led_by_the_tree(stage):
    session, client = stage
    client.set("/mood/arousal", 0.75)
    client.set("/mood/valence", -0.5)

    def leads() -> bool:
        row = told(session)
        return row is not None and abs(row["value2"] - 0.75) < 0.01 and abs(row["value"] + 0.5) < 0.01

    assert until(session, leads, 60), session.messages
    assert told(session)["number"] == wire.MOOD_LEADS | wire.MOOD_MODES
    assert until(session, lambda: abs(client.get("/follower/arousal") - 0.75) < 0.01)
    assert client.get("/mood/arousal") == pytest.approx(0.75) and client.get("/player/1/arousal") == pytest.approx(0.75)


def test_words_and_cues_are_written_by_the_tree_and_what_is_wrong_is_said(stage):
    session, client = stage
    client.set("/mood/text", "very sad")
    assert until(session, lambda: session.links[0].slot.options.get("text") == "very sad"), session.messages
    assert client.get("/mood/text") == "very sad"
    assert until(session, lambda: told(session) is not None and told(session)["value"] < -0.9, 60)
    client.set("/mood/cues", "0:00 calm | 0:45 triumph")
    assert until(session, lambda: client.get("/mood/cues").endswith("triumph"))
    for address, wrong in (("/mood/text", "xyzzy"), ("/mood/cues", "0:99 calm")):
        node = session.control.tree.node(address)
        with pytest.raises((ControlError, Exception), match=r"words like|a minute has 60"):
            node.set(wrong)
    assert client.get("/mood/text") == "very sad"


def test_without_one_who_leads_it_reads_neutral_and_says_so(tmp_path):
    path = tmp_path / "scene.toml"
    path.write_text(RACK)
    with Session(Options(scene=str(path), driver="null", midi=False)) as session:
        tree = session.control.tree
        assert tree.node("/mood/arousal").get() == 0.0 and tree.node("/mood/text").get() == ""
        with pytest.raises(Exception, match="add the player mood"):
            tree.node("/mood/valence").set(0.5)


def test_the_night_has_a_folder_of_its_own_that_goes_with_the_session(stage):
    session, _ = stage
    assert until(session, lambda: bool(session.hosts.pids))
    folder = Path(session.hosts._night)
    assert folder.is_dir() and folder.stat().st_mode & 0o077 == 0
    session.hosts.close()
    assert not folder.exists()
