"""Whose clock leads and whether ours is sent, set while the instrument runs; the lists from which a panel chooses."""

import json

from realtime.engine.layout import PORT_SOURCE
from realtime.players.registry import player_names
from tests.session.live import put, settled, stage, until


def leader(session, source):
    """Who leads once a source has sent some ticks."""
    for _ in range(3):
        session.engine.midi_in(source, b"\xf8", 0)
    settled(session)
    return int(session.engine.record["clock_leader"][0])


def test_whoever_sends_a_clock_leads_once_any_is_followed_and_nobody_after_that():
    with stage() as (session, client):
        assert client.get("/clock/follow") == "" and leader(session, PORT_SOURCE) == 0
        put(session, client, "/clock/follow", "any")
        assert client.get("/clock/follow") == "any" and leader(session, PORT_SOURCE) == PORT_SOURCE + 1
        put(session, client, "/clock/follow", "")
        assert leader(session, PORT_SOURCE) == 0


def test_another_sample_rate_goes_on_with_the_same_clock():
    with stage(follow_clock=True) as (session, client):
        session.do(lambda: session.driver.attach(session.renewal.rebuild(48000)))
        settled(session)
        assert session.engine.sample_rate == 48000 and leader(session, PORT_SOURCE) == PORT_SOURCE + 1


def test_our_clock_is_sent_while_it_is_on():
    with stage() as (session, client):

        def ticks():
            return any(data == b"\xf8" for _, _, data in session.engine.midi_out())

        assert client.get("/clock/send") is False
        put(session, client, "/clock/send", True)
        assert until(session, ticks) and client.get("/clock/send") is True
        put(session, client, "/clock/send", False)
        session.engine.midi_out()
        settled(session)
        assert not ticks()


def test_a_wrong_pattern_is_refused_and_changes_nothing():
    with stage(follow_clock=True) as (session, client):
        client.set("/clock/follow", "/(/")
        heard = []
        assert until(
            session, lambda: heard.extend(client.poll()) or [m for m in heard if m.address == "/antiphon/error"]
        )
        assert "MIDI port pattern" in heard[-1].args[2]
        assert client.get("/clock/follow") == "any"


def test_players_and_profiles_are_listed_for_a_panel():
    with stage() as (session, client):
        players = json.loads(client.get("/players/list", 20.0))
        assert [one["player"] for one in players] == list(player_names())
        assert all(one["title"] and one["doc"] for one in players)
        assert [one["player"] for one in players if not one["lanes"]] == ["mood"], "all but this one play notes"
        profiles = {one["profile"]: one for one in json.loads(client.get("/controllers/profiles"))}
        assert len(profiles) >= 16 and profiles["nanokontrol2"]["title"] and profiles["nanokontrol2"]["ports"]
