"""Macros: named in the scene or found by a rule, turned through the tree and by the callback, kept right through edits."""

import json

import pytest

from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.macros.macro import COUNT
from realtime.session.scene_write import dumps
from tests.session.editing_rig import order, uid_of
from tests.session.live import stage, until, wrote
from tests.session.mapping import SCENE, Hand, hands

OWN = (
    SCENE
    + """
[[macro]]   # the hand that opens everything
name = "Bloom"
targets = [
    { address = "/rack/1/cutoff_hz", low = 200, high = 3200 },
    { address = "/mix/keys/send_hall", low = -22, high = -2 },
]

[[macro]]
name = "Clean"
targets = [{ address = "/rack/2/drive_db", low = 24, high = 0 }]
"""
)


@pytest.fixture
def hand(tmp_path):
    with hands(tmp_path, OWN) as found:
        yield found


def names(hand):
    return [row["name"] for row in json.loads(hand.get("/macro/list"))]


def test_a_macro_moves_all_that_it_names_along_their_ranges_and_stands_where_the_first_stands(hand):
    assert [hand.get(f"/macro/{n}/name") for n in range(1, 4)] == ["Bloom", "Clean", ""]
    hand.set("/macro/1", 0.5)
    assert hand.get("/rack/1/cutoff_hz") == pytest.approx(800.0, rel=1e-4), "half way along octaves"
    assert hand.get("/mix/keys/send_hall") == pytest.approx(-12.0, abs=1e-3)
    hand.set("/rack/1/cutoff_hz", 3200.0)
    assert hand.get("/macro/1") == pytest.approx(1.0), "another hand turned what it moves"
    hand.set("/macro/2", 1.0)
    assert hand.get("/rack/2/drive_db") == 0.0, "backwards"
    hand.set("/macro/8", 1.0)
    assert hand.get("/macro/8") == 0.0, "one that the scene has not, moves nothing"


def test_one_turn_of_two_things_is_one_step_of_the_history(hand):
    before = hand.get("/rack/1/cutoff_hz"), hand.get("/mix/keys/send_hall")
    for x in (0.1, 0.2, 0.3):
        hand.set("/macro/1", x)
        hand.session.editor.observe()
    assert json.loads(hand.get("/history")) == ["Turn Bloom"]
    order(hand.session, hand.client, "/undo")
    assert (hand.get("/rack/1/cutoff_hz"), hand.get("/mix/keys/send_hall")) == pytest.approx(before)


def test_a_control_learned_for_a_macro_moves_its_targets_in_the_callback_and_keeps_its_macro_in_every_scene(
    hand, tmp_path
):
    hand.map(source={"number": 21}, targets=[{"address": "/macro/1"}], takeover="jump")
    hand.cc(21, 127)
    assert hand.get("/rack/1/cutoff_hz") == pytest.approx(3200.0) and hand.get("/macro/1") == pytest.approx(1.0)
    assert hand.get("/mix/keys/send_hall") == pytest.approx(-2.0, abs=1e-3)
    assert all(all(live.natively) for live in hand.session.maps._lives), "no Python between the knob and the sound"
    assert [t["address"] for row in hand.maps() for t in row["targets"]] == ["/macro/1"]
    hand.session.load_scene(
        wrote(
            tmp_path,
            OWN.replace("/rack/1/cutoff_hz", "/rack/1/resonance").replace("3200", "0.9").replace("200", "0.1"),
            "other.toml",
        )
    )
    hand.turned()
    hand.cc(21, 0)
    assert hand.get("/rack/1/resonance") == pytest.approx(0.1), "the same knob, the other scene's first macro"


def test_macros_follow_what_they_move_through_edits_and_go_with_it(hand):
    def ask(address, what=None):
        order(hand.session, hand.client, address, what)

    ask("/edit/move_device", {"uid": uid_of(hand.client, "keys", 0), "at": 1})
    targets = [one["address"] for row in json.loads(hand.get("/macro/list")) for one in row["targets"]]
    assert targets == ["/rack/2/cutoff_hz", "/mix/keys/send_hall", "/rack/1/drive_db"]
    ask("/edit/set_track", {"track": "keys", "name": "organ"})
    ask("/edit/remove_device", {"uid": uid_of(hand.client, "organ", 0)})
    assert names(hand) == ["Bloom"], "a macro that has nothing left to move goes"
    hand.set("/macro/1", 0.0)
    assert hand.get("/rack/1/cutoff_hz") == pytest.approx(200.0) and hand.get("/mix/organ/send_hall") == pytest.approx(
        -22.0
    )
    assert "# the hand that opens everything" in hand.session.editor.text()
    hand.session.editor.observe()
    for _ in range(len(json.loads(hand.get("/history")))):
        ask("/undo")
    assert hand.session.editor.text() == OWN and names(hand) == ["Bloom", "Clean"]


def test_macros_are_edited_as_steps_and_a_scene_without_any_writes_those_of_the_rule_beside(tmp_path):
    with stage(wrote(tmp_path, SCENE, "plain.toml")) as (session, client):
        hand = Hand(session, client)
        ruled = names(hand)
        assert ruled[:3] == ["Lead cutoff", "Keys drive", "Keys cutoff"], ruled
        assert len(set(ruled)) == COUNT and not any(row["own"] for row in json.loads(hand.get("/macro/list")))
        made = {"name": "Mine", "targets": [{"address": "/rack/3/resonance"}]}
        order(session, client, "/edit/set_macro", {"number": 2, **made})
        assert names(hand) == [ruled[0], "Mine", *ruled[2:]], session.messages
        written = scenes.parse(session.editor.text())
        assert [one.name for one in written.macros] == names(hand) and scenes.parse(dumps(written)) == written
        order(session, client, "/undo")
        assert names(hand) == ruled and session.editor.text() == SCENE
        order(session, client, "/edit/set_macro", {"number": 2, "name": "Mine", "targets": [{"address": "rack"}]})
        assert "say what it moves" in session.messages[-1] and names(hand) == ruled
        client.set("/lock", True)
        client.set("/edit/set_macro", json.dumps({"number": 2, **made}))
        client.get("/log")
        assert until(session, lambda: names(hand) == ruled)


WRONG = {
    'name = "X"': "targets must be a list",
    'targets = [{ address = "/rack/1/mix" }]': "give it a name",
    'name = "X"\ntargets = [{ address = "/macro/2" }]': "cannot move a macro",
    'name = "X"\ntargets = [{ address = "/rack/1/mix", value = 3 }]': "belong to buttons",
    'name = "X"\ncolour = "red"\ntargets = [{ address = "/rack/1/mix" }]': "'colour' is unknown here",
}


@pytest.mark.parametrize("body", WRONG)
def test_a_wrong_macro_is_told_with_its_place(body):
    with pytest.raises(AntiphonError, match="odd, macro 1") as told:
        scenes.parse(f"{SCENE}\n[[macro]]\n{body}\n", "odd")
    assert WRONG[body] in str(told.value)


def test_nine_are_too_many_and_one_that_leads_nowhere_is_said_and_harmless(tmp_path):
    one = '\n[[macro]]\nname = "X"\ntargets = [{ address = "/rack/9/mix" }]\n'
    with pytest.raises(AntiphonError, match="at most 8 macros"):
        scenes.parse(SCENE + one * 9, "odd")
    with stage(wrote(tmp_path, SCENE + one, "lost.toml")) as (session, client):
        assert any("macro 'X' moves /rack/9/mix, which is not there" in line for line in session.messages)
        client.set("/macro/1", 0.7)
        assert client.get("/macro/1") == 0.0
