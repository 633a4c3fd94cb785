"""Hearing before choosing: several panels at one instrument, and whoever goes back while something is still coming."""

import json

import pytest

from realtime.control.client import ControlClient
from tests.session.editing_rig import HAND
from tests.session.live import settled, stage, until, wrote


class Panel:
    """One client among several."""

    def __init__(self, session, client):
        self.session, self.client = session, client

    def hear(self, title, wait=True, **way):
        self.client.set("/audition/hear", json.dumps({"title": title, **way}))
        if wait:
            self.done()

    def press(self, name):
        self.client.set(f"/audition/{name}")
        self.done()

    def edit(self, which, **order):
        self.client.set(f"/edit/{which}", json.dumps(order))
        self.done()

    def done(self):
        self.client.get("/log", 20.0)  # answered in order: what was set before has arrived
        settled(self.session)

    @property
    def heard(self):
        return self.client.get("/audition/heard")

    def devices(self, number=1):
        layout = json.loads(self.client.get("/rack/layout"))
        return [(one["uid"], one["device"]) for one in layout["tracks"][number]["devices"]]

    def names(self, number=1):
        return [device for _, device in self.devices(number)]

    def history(self):
        return json.loads(self.client.get("/history"))

    def said(self):
        return [*self.session.messages][-1]


@pytest.fixture
def two(tmp_path):
    with (
        stage(wrote(tmp_path, HAND, "house.toml"), inputs=1) as (session, client),
        ControlClient(session.control.server.port) as other,
    ):
        yield Panel(session, client), Panel(session, other)


def test_a_device_is_heard_in_place_of_another_and_left(two):
    one, other = two
    ((uid, _),) = one.devices()
    before = one.history()
    one.hear("Chorus", replace_device={"uid": uid, "device": "chorus"})
    assert one.names() == ["chorus"] and one.heard == other.heard == "Chorus"
    one.hear("Delay", replace_device={"uid": uid, "device": "delay"})
    assert one.names() == ["delay"] and len(one.history()) == len(before) + 1
    one.press("back")
    assert one.devices() == [(uid, "compressor")] and one.heard == "" and one.history() == before
    one.press("back")
    assert one.history() == before


def test_two_who_hear_at_once_take_each_others_place_and_either_goes_back(two):
    one, other = two
    one.edit("set_track", track="high", name="High")
    ((uid, _),) = one.devices()
    before = one.history()
    one.hear("Chorus", replace_device={"uid": uid, "device": "chorus"})
    ((heard, _),) = other.devices()  # what the other sees is what is heard
    other.hear("Delay", replace_device={"uid": heard, "device": "delay"})
    assert one.names() == ["delay"] and one.heard == "Delay"
    one.press("back")
    other.press("back")
    assert one.devices() == [(uid, "compressor")] and one.history() == before


def test_orders_of_both_in_one_burst_leave_what_was_before(two):
    one, other = two
    ((uid, _),) = one.devices()
    before = one.history()
    for _ in range(5):
        one.hear("Chorus", wait=False, replace_device={"uid": uid, "device": "chorus"})
        other.hear("Tide", wait=False, scene="tide")
        other.client.set("/audition/back")
        one.client.set("/audition/back")
    one.done()
    other.done()
    one.press("back")
    assert one.devices() == [(uid, "compressor")] and one.history() == before


def test_leaving_while_a_scene_is_still_coming_goes_back_from_that_scene(two):
    one, _ = two
    before, devices = one.history(), one.devices()
    one.hear("Tide", wait=False, scene="tide")
    one.press("back")
    assert one.client.get("/scene") == "house" and one.devices() == devices and one.history() == before


def test_scene_after_scene_is_one_step_with_its_edits(two):
    one, _ = two
    before, devices = one.history(), one.devices()
    for scene in ("tide", "first_light", "tide"):
        one.hear(scene, scene=scene)
    assert one.history() == [*before, "Load Tide"]
    one.edit("set_track", track=json.loads(one.client.get("/rack/layout"))["tracks"][0]["name"], name="Mine")
    one.press("back")
    assert "Set name" in one.said() and "redo" in one.said()
    assert one.client.get("/scene") == "house" and one.devices() == devices and one.history() == before


def test_an_edit_of_somebody_else_is_not_lost_to_hearing_something_else(two):
    one, other = two
    ((uid, _),) = one.devices()
    one.hear("Chorus", replace_device={"uid": uid, "device": "chorus"})
    other.edit("set_track", track="low", name="Bass")
    one.hear("Delay", replace_device={"uid": uid, "device": "delay"})
    assert "keep it or go back" in one.said() and one.names() == ["chorus"]
    one.press("keep")
    assert one.heard == "" and one.names() == ["chorus"]
    assert [track["name"] for track in json.loads(one.client.get("/rack/layout"))["tracks"]] == ["Bass", "high"]
    one.press("back")
    assert one.names() == ["chorus"], "it was kept"


def test_what_was_undone_by_hand_is_heard_no_more_and_back_undoes_nothing_else(two):
    one, _ = two
    ((uid, _),) = one.devices()
    one.edit("set_track", track="high", name="High")
    before = one.history()
    one.hear("Chorus", replace_device={"uid": uid, "device": "chorus"})
    one.client.set("/undo")
    one.done()
    assert one.heard == ""
    one.press("back")
    assert one.history() == before


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("{}", "say one of scene, load, replace_device"),
        ('{"scene": "tide", "load": {}}', "say one of"),
        ('{"scene": "no such scene"}', "no such scene"),
        ('{"replace_device": {"uid": 999999, "device": "chorus"}}', "999999"),
        ('{"replace_device": 3}', "replace device"),
        ('{"hear": 1}', "hear"),
    ],
)
def test_what_cannot_be_heard_is_a_sentence_and_changes_nothing(two, order, said):
    one, _ = two
    before, devices = one.history(), one.devices()
    one.client.set("/audition/hear", order)
    assert until(one.session, lambda: any(said in line for line in one.session.messages))
    assert not any("Traceback" in line for line in one.session.messages)
    assert one.history() == before and one.devices() == devices and one.heard == ""


def test_nothing_is_heard_in_perform_mode(two):
    one, _ = two
    one.client.set("/lock", True)
    one.done()
    one.hear("Tide", scene="tide")
    assert one.client.get("/scene") == "house" and one.heard == ""
