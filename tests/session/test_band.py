"""Click, count-in, backing track, cues and what follows by itself, on a real session."""

import json

import numpy as np
import pytest

from realtime.music.sound_file import write_sound
from realtime.session.songs.loader import LONGEST_S, Loader, read_backing
from tests.session.live import settled, stage, until, wrote

SYNTH = '[[track]]\nname = "keys"\n[[track.device]]\ndevice = "poly"\n'
HEAD = 'title = "One"\ntempo_bpm = 600\ncount_in = 1\nclick = { level_db = -20, output = 3 }\n'
BACKING = 'backing = { file = "band.wav", gain_db = -3, output = 3, cues = [\n%s] }\n'
PARTS = '[[part]]\nname = "A"\nscene = "{0}/s.toml"\nbars = 4\n[[part]]\nname = "B"\nscene = "{0}/s.toml"\nbars = 4\n'


def song(folder, head=HEAD, parts=PARTS, seconds=3.0, rate=44100, name="one.toml"):
    """A song with a backing track beside it."""
    wrote(folder, SYNTH, "s.toml")
    tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * rate)) / rate)
    write_sound(folder / "band.wav", np.tile(tone.astype(np.float32), (2, 1)), rate)
    return wrote(folder, head + parts.format(folder), name)


def state(client):
    return json.loads(client.get("/backing/state"))


def peaks(session):
    return np.array(session.engine.record[0]["peaks"])


def test_a_song_with_count_in_waits_for_its_start_and_counts(tmp_path):
    with stage(song(tmp_path), outputs=4) as (session, client):
        settled(session)
        assert client.get("/transport/playing") is False and client.get("/transport/beat") == 0.0
        assert client.get("/click/on") is True and client.get("/click/output") == 3
        assert client.get("/click/count_in") == 1 and client.get("/click/level_db") == pytest.approx(-20)
        client.set("/transport/tempo_bpm", 240.0)
        client.set("/transport/playing", True)
        assert until(session, lambda: session.engine.beside.counting)
        assert until(session, lambda: client.get("/transport/playing"))
        assert until(session, lambda: peaks(session)[2] > 0.02) and peaks(session)[0] == 0.0


def test_the_backing_track_is_read_aside_and_runs_with_the_transport(tmp_path):
    with stage(song(tmp_path, HEAD.replace("count_in = 1\n", "") + BACKING % ""), outputs=4) as (session, client):
        assert until(session, lambda: state(client)["state"] == "ready")
        found = state(client)
        assert found["file"] == "band.wav" and found["seconds"] == pytest.approx(3.0, abs=0.01) and found["output"] == 3
        assert client.get("/backing/level_db") == pytest.approx(-3)
        client.set("/transport/playing", True)
        assert until(session, lambda: state(client)["state"] == "playing" and state(client)["position_s"] > 0)
        assert until(session, lambda: peaks(session)[2] > 0.1)
        client.set("/click/on", False)
        client.set("/backing/level_db", -90.0)
        assert until(session, lambda: peaks(session)[2] < 0.1 * 0.2)
        assert until(session, lambda: state(client)["state"] == "ended")


def test_cues_change_the_part_and_set_marks(tmp_path):
    cues = """
        { bar = 1, marker = "In" }, { bar = 3, part = "b" }, { bar = 4, marker = "Solo" },
        { bar = 4, program = { channel = 3, program = 7 } },"""
    sent = []
    with stage(song(tmp_path, HEAD.replace("count_in = 1\n", "") + BACKING % cues)) as (session, client):
        session.send_midi = lambda data, port="": sent.append(data) or True
        assert until(session, lambda: state(client)["state"] == "ready")
        client.set("/transport/playing", True)
        assert until(session, lambda: state(client)["marker"] == "In")
        assert until(session, lambda: client.get("/setlist/part") == 2)
        assert until(session, lambda: state(client)["marker"] == "Solo")
        assert until(session, lambda: sent == [bytes((0xC2, 7))])


def test_parts_follow_one_another_by_their_bars_and_the_next_song_behind_them(tmp_path):
    song(tmp_path, 'title = "One"\ntempo_bpm = 900\nauto_advance = true\n')
    song(tmp_path, 'title = "Two"\ntempo_bpm = 120\n', name="two.toml")
    text = f'auto_advance = true\n[[song]]\nname = "{tmp_path}/one.toml"\n[[song]]\nname = "{tmp_path}/two.toml"\n'
    with stage(wrote(tmp_path, text, "set.toml")) as (session, client):
        assert until(session, lambda: client.get("/setlist/part") == 2)
        assert client.get("/setlist/song") == 1 and client.get("/transport/beat") >= 16.0
        assert until(session, lambda: client.get("/setlist/song") == 2)
        assert client.get("/setlist/part") == 1 and until(session, lambda: client.get("/transport/beat") < 16.0)
        assert client.get("/transport/playing") and client.get("/transport/tempo_bpm") == pytest.approx(120)


def test_the_end_of_a_backing_track_brings_the_next_song_which_starts_by_itself(tmp_path):
    song(tmp_path, HEAD.replace("count_in = 1\n", "") + BACKING % "", seconds=0.5)
    song(tmp_path, 'title = "Two"\ntempo_bpm = 900\ncount_in = 1\n', name="two.toml")
    text = f'[[song]]\nname = "{tmp_path}/one.toml"\nauto_advance = true\n[[song]]\nname = "{tmp_path}/two.toml"\n'
    with stage(wrote(tmp_path, text, "set.toml")) as (session, client):
        assert until(session, lambda: state(client)["state"] == "ready")
        client.set("/transport/playing", True)
        assert until(session, lambda: client.get("/setlist/song") == 2)
        assert until(session, lambda: client.get("/transport/playing") and client.get("/transport/beat") > 1)


def test_outputs_that_are_not_there_are_said(tmp_path):
    with stage(song(tmp_path, HEAD + BACKING % "")) as (session, _):
        settled(session)
        said = "\n".join(session.messages)
        assert "the click goes to outputs 3 and 4, but there are 2; it is not heard: start with --outputs 4" in said
        assert "the backing track goes to outputs 3 and 4" in said


def test_words_scroll_with_the_part_that_was_called_by_hand(tmp_path):
    words = "{sov: A}\n[C]one [F]two\n[G]three\n{eov}\n{sov: B}\n[Am]four\n{eov}\n"
    head = f'title = "One"\ntempo_bpm = 300\nlyrics = """\n{words}"""\n'
    with stage(song(tmp_path, head)) as (session, client):
        settled(session)
        rows = json.loads(client.get("/song/lyrics"))
        assert [row["text"] for row in rows] == ["one two", "three", "four"]
        assert [row["beat"] for row in rows] == pytest.approx([0.0, 4.0 * 4 * 2 / 3, 16.0], abs=1e-3)
        assert rows[0]["chords"] == [[0, "C"], [4, "F"]] and rows[2]["section"] == "B" and rows[2]["bar"] == 5
        assert until(session, lambda: client.get("/transport/beat") > 4)
        client.send("/setlist/next_part")
        assert until(session, lambda: client.get("/setlist/part") == 2)
        beat = client.get("/transport/beat")
        assert json.loads(client.get("/song/lyrics"))[2]["beat"] == pytest.approx(beat, abs=3.0)


def test_another_sample_rate_keeps_click_and_backing(tmp_path):
    with stage(song(tmp_path, HEAD + BACKING % ""), outputs=4) as (session, client):
        assert until(session, lambda: state(client)["state"] == "ready")
        client.set("/click/level_db", -7.0)
        session.do(lambda: session.driver.attach(session.renewal.rebuild(96000)))
        assert until(session, lambda: session.engine.sample_rate == 96000 and state(client)["state"] == "ready")
        assert float(session.engine.beside._side["click_gain"][0]) == pytest.approx(10 ** (-7 / 20))
        assert int(session.engine.record["count_in"][0]) == 1


def test_no_more_than_two_tracks_are_kept_and_what_cannot_be_read_is_said(tmp_path):
    said = []
    loader = Loader(said.append)
    for name in "abc":
        write_sound(tmp_path / f"{name}.wav", np.ones((1, 480), np.float32) * 0.1, 48000)
    files = [(str(tmp_path / f"{name}.wav"), 48000.0) for name in "abc"]
    loader.want(files[:2])
    settle = lambda wanted: [loader.get(one) for one in wanted]  # noqa: E731
    assert _waited(lambda: all(done for done, _ in settle(files[:2])))
    loader.want(files[1:])
    assert _waited(lambda: all(done for done, _ in settle(files[1:]))) and loader.get(files[0]) == (False, None)
    sound = loader.get(files[2])[1]
    assert sound.shape == (2, 480)
    (tmp_path / "d.wav").write_bytes(b"RIFF")
    loader.want([(str(tmp_path / "d.wav"), 48000.0)])
    assert _waited(lambda: loader.get((str(tmp_path / "d.wav"), 48000.0))[0])
    assert len(said) == 1 and "not an audio file" in said[0] and LONGEST_S == 1800
    assert read_backing(str(tmp_path / "a.wav"), 24000.0)[0].shape == (2, 240)


def _waited(condition, seconds=10.0):
    import time

    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


OTHER = SYNTH.replace('"poly"', '"fm"')
TWO_SOUNDS = (
    '[[part]]\nname = "A"\nscene = "{0}/s.toml"\nbars = 2\n[[part]]\nname = "B"\nscene = "{0}/other.toml"\nbars = 2\n'
)


def switches(session):
    """What the callback has switched to, told with its beat on the running clock."""
    found, attend = [], session.engine.switches.attend

    def told():
        news = attend()
        found.extend(item for item in news if item.kind == "taken")
        return news

    session.engine.switches.attend = told
    return found


@pytest.mark.parametrize("by", ["bars", "cue"])
def test_a_part_begins_in_the_sample_of_its_bar(tmp_path, by):
    wrote(tmp_path, OTHER, "other.toml")
    head = 'title = "One"\ntempo_bpm = 240\n'
    head += "auto_advance = true\n" if by == "bars" else BACKING % '{ bar = 3, part = "B" },'
    with stage(song(tmp_path, head, TWO_SOUNDS, seconds=8.0)) as (session, client):
        client.set("/transport/playing", False)
        assert until(session, lambda: session.show.preload.is_ready((1, 2)))
        if by == "cue":
            assert until(session, lambda: state(client)["state"] == "ready")
        settled(session)
        session.engine.locate(0.0)
        taken = switches(session)
        client.set("/transport/playing", True)
        assert until(session, lambda: client.get("/setlist/part") == 2)
        record = session.engine.record[0]
        until(session, lambda: taken)
        apart = float(record["clock_beat"]) - float(record["transport"]["beat"])
        a_sample = float(record["transport"]["beats_per_sample"])
        assert taken[0].beat - apart == pytest.approx(8.0, abs=70 * a_sample), "it waits for a turn of the main loop"
        assert session.scene.name == "other" and session.plan is session.engine.sounding()


def test_the_next_song_is_in_time_with_the_one_before(tmp_path):
    wrote(tmp_path, OTHER, "other.toml")
    song(tmp_path, 'title = "One"\ntempo_bpm = 480\n')
    wrote(
        tmp_path,
        'title = "Two"\ntempo_bpm = 480\n' + TWO_SOUNDS.replace("s.toml", "other.toml").format(tmp_path),
        "two.toml",
    )
    text = f'auto_advance = true\n[[song]]\nname = "{tmp_path}/one.toml"\n[[song]]\nname = "{tmp_path}/two.toml"\n'
    with stage(wrote(tmp_path, text, "set.toml")) as (session, client):
        assert until(session, lambda: session.show.preload.is_ready((2, 1)))
        client.set("/transport/playing", False)
        settled(session)
        session.engine.locate(24.0)
        client.set("/setlist/part", 2)
        settled(session)
        taken = switches(session)
        client.set("/transport/playing", True)
        assert until(session, lambda: client.get("/setlist/song") == 2)
        settled(session)
        record = session.engine.record[0]
        apart = float(record["clock_beat"]) - float(record["transport"]["beat"])
        assert taken and taken[-1].beat == pytest.approx(apart, abs=0.02), "its bar one is where its sound began"


def test_a_jump_or_a_stop_takes_back_what_waits(tmp_path):
    wrote(tmp_path, OTHER, "other.toml")
    head = 'title = "One"\ntempo_bpm = 120\nauto_advance = true\n'
    with stage(song(tmp_path, head, TWO_SOUNDS)) as (session, client):
        assert until(session, lambda: session.show.preload.is_ready((1, 2)))
        session.engine.locate(7.0)
        assert until(session, lambda: session.band._ahead.waits_for((1, 2)))
        session.engine.locate(1.0)
        assert until(session, lambda: not session.band._ahead.waits_for((1, 2)))
        assert int(session.engine.record[0]["due_plan"]) == 0
        session.engine.locate(7.0)
        assert until(session, lambda: session.band._ahead.waits_for((1, 2)))
        client.set("/transport/playing", False)
        assert until(session, lambda: int(session.engine.record[0]["due_plan"]) == 0)
        assert client.get("/setlist/part") == 1
