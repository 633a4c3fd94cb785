"""Controls at a port move what they are mapped to, in the callback where it can, through the tree where it must."""

import pytest

from tests.session.mapping import hands


@pytest.fixture
def hand(tmp_path):
    with hands(tmp_path) as found:
        yield found


def test_a_learned_controller_moves_a_device(hand):
    hand.set("/learn/start", "/rack/1/cutoff_hz")
    assert hand.learning()["waiting"] == "/rack/1/cutoff_hz"
    for value in (10, 30, 60, 88):
        hand.cc(21, value)
    assert hand.learning()["heard"] == "CC 21 ch 1 = 88"
    hand.set("/learn/keep")
    (row,) = hand.maps()
    assert (row["text"], row["targets"][0]["address"], row["scope"]) == ("CC 21 ch 1", "/rack/1/cutoff_hz", "song")
    assert row["state"] == "waiting" and hand.learning()["waiting"] == ""
    before = hand.get("/rack/1/cutoff_hz")
    hand.cc(21, 0)
    hand.cc(21, 127)  # it has come by the value
    assert hand.get("/rack/1/cutoff_hz") != before
    assert hand.maps()[0]["state"] == "caught"
    hand.cc(21, 0)
    assert hand.get("/rack/1/cutoff_hz") == pytest.approx(20.0, abs=1.0)
