"""Program changes choose songs and parts on a real session: in the block where they can, always the right place."""

import time

import pytest

from realtime.engine.layout import PORT_SOURCE
from tests.session.live import settled, stage, until, wrote
from tests.session.test_show import SYNTH, at, evening, press


def programs(session, *numbers, channel=0):
    """What a pedalboard sends."""
    for number in numbers:
        session.engine.midi_in(PORT_SOURCE, bytes((0xC0 | channel, number)), 0)


def bank(session, msb, lsb=0, channel=0):
    session.engine.midi_in(PORT_SOURCE, bytes((0xB0 | channel, 0, msb)), 0)
    session.engine.midi_in(PORT_SOURCE, bytes((0xB0 | channel, 32, lsb)), 0)


def ready(session, *places):
    return until(session, lambda: all(session.show.preload.is_ready(place) for place in places))


def goes_to(session, client, *place):
    return until(session, lambda: at(client) == place)


@pytest.fixture
def show(tmp_path):
    with stage(evening(tmp_path, 4)) as found:
        settled(found[0])
        yield found


def test_a_program_calls_the_song_of_its_number_ready_or_not(show):
    session, client = show
    assert ready(session, (2, 1))
    programs(session, 1)
    assert goes_to(session, client, 2, 1) and client.get("/transport/tempo_bpm") == pytest.approx(100)
    programs(session, 3)  # not a neighbour
    assert goes_to(session, client, 4, 1) and client.get("/song/title") == "Song 4"
    programs(session, 77)
    settled(session)
    assert at(client) == (4, 1)


def test_the_callback_switches_by_itself_in_the_block_of_the_message(show):
    session, client = show
    assert ready(session, (2, 1))
    plan = next(one.prepared.plan for one in session.show.preload.all if one.place == (2, 1))
    programs(session, 1)
    deadline = time.monotonic() + 30.0
    while int(session.engine.record["accepted"][0]) != plan.serial:  # nobody runs the main loop meanwhile
        assert time.monotonic() < deadline
    assert goes_to(session, client, 2, 1) and session.plan.serial == plan.serial


def test_a_stale_bank_does_not_kill_later_programs(show):
    session, client = show
    bank(session, 5, 3)
    programs(session, 2)
    assert goes_to(session, client, 3, 1)
    programs(session, 0)
    assert goes_to(session, client, 1, 1)


def test_programs_that_come_at_once_end_at_the_last(show):
    session, client = show
    assert ready(session, (2, 1))
    programs(session, 1, 2, 3, 0, 2, 1, 3, 2)
    assert goes_to(session, client, 3, 1)
    settled(session)
    assert at(client) == (3, 1) and session.scene.name == "a" and len(session.engine.switches.ringing()) <= 3


def test_relative_programs_step_from_where_it_stands(tmp_path):
    path = evening(tmp_path, 4)
    path.write_text("relative = true\n" + path.read_text())
    with stage(path) as (session, client):
        settled(session)
        for place in ((1, 2), (1, 3), (2, 1)):
            programs(session, 1)
            assert goes_to(session, client, *place)
        client.set("/setlist/song", 4)
        assert goes_to(session, client, 4, 1)
        programs(session, 0)
        assert goes_to(session, client, 3, 3)
        programs(session, 1, 1)
        assert goes_to(session, client, 4, 2)


def test_numbers_that_songs_and_parts_say_count_before_their_order(tmp_path):
    path = evening(tmp_path, 2)
    for number in (1, 2):
        song = tmp_path / f"song{number}.toml"
        song.write_text(song.read_text().replace('name = "Chorus"', 'name = "Chorus"\nprogram = 40'))
    (tmp_path / "song2.toml").write_text("program = 7\n" + (tmp_path / "song2.toml").read_text())
    with stage(path) as (session, client):
        settled(session)
        programs(session, 40)
        assert goes_to(session, client, 1, 2)
        programs(session, 7)
        assert goes_to(session, client, 2, 1)
        programs(session, 40)  # of this song, not of the first
        assert goes_to(session, client, 2, 2)
        programs(session, 0)
        settled(session)
        assert at(client) == (2, 2)


def test_only_the_channel_of_the_setlist_is_heard(tmp_path):
    path = evening(tmp_path, 3)
    path.write_text("channel = 5\n" + path.read_text())
    with stage(path) as (session, client):
        settled(session)
        assert ready(session, (2, 1))
        programs(session, 1, channel=0)
        programs(session, 2, channel=4)
        assert goes_to(session, client, 3, 1)


def test_programs_work_while_panel_and_pedal_press_too(show):
    session, client = show
    for number in range(12):
        press(session, client, "next")
        programs(session, number % 4)
        assert goes_to(session, client, number % 4 + 1, 1)


def test_program_changes_go_out_with_songs_and_parts(tmp_path):
    wrote(tmp_path, SYNTH.format(cutoff=700), "a.toml")
    song = f"""
sends = [{{ channel = 2, bank_msb = 1, bank_lsb = 0, program = 9 }}]
[[part]]
name = "A"
scene = "{tmp_path}/a.toml"
sends = [{{ channel = 3, program = 1 }}]
[[part]]
name = "B"
scene = "{tmp_path}/a.toml"
sends = [{{ channel = 3, program = 2 }}]
"""
    heard = []
    with stage(wrote(tmp_path, song, "one.toml")) as (session, client):

        def out():
            heard.extend(data for _, _, data in session.engine.midi_out())
            return heard

        first = [b"\xb1\x00\x01", b"\xb1\x20\x00", b"\xc1\x09", b"\xc2\x01"]
        assert until(session, lambda: len(out()) >= 4) and heard == first
        heard.clear()
        press(session, client, "next")
        assert until(session, out) and heard == [b"\xc2\x02"]


def test_an_output_that_is_not_there_is_said_once(tmp_path, monkeypatch):
    monkeypatch.setattr("realtime.session.songs.outward.PATIENCE_S", 0.1)
    wrote(tmp_path, SYNTH.format(cutoff=700), "a.toml")
    song = f'sends = [{{ channel = 1, program = 1, port = "nosuch" }}]\n[[part]]\nname = "A"\nscene = "{tmp_path}/a.toml"\n'
    with stage(wrote(tmp_path, song, "one.toml")) as (session, _):
        assert until(session, lambda: any("no MIDI output 'nosuch'" in text for text in session.messages))
        settled(session)
        assert sum("nosuch" in text for text in session.messages) == 1


def test_songs_without_a_program_answer_to_the_free_numbers_and_a_call_of_nothing_is_said_once(tmp_path):
    path = evening(tmp_path, 4)
    second = tmp_path / "song2.toml"
    second.write_text("program = 0\n" + second.read_text())  # it has taken the number of the first
    with stage(path) as (session, client):
        settled(session)

        for program, song in ((2, 3), (0, 2), (3, 4)):
            programs(session, program)
            assert goes_to(session, client, song, 1), program
        programs(session, 77, 77, 1)  # 1 would be the second, which has a number of its own
        assert until(session, lambda: sum("calls no song" in line for line in session.messages) >= 2)
        settled(session)
        assert at(client) == (4, 1)
        said = [line for line in session.messages if "calls no song" in line]
        assert len(said) == 2 and "program change 77 calls no song or part of evening; give one program = 77" in said[0]
