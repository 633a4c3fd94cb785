"""The lead of a player grows with the machine's stalls, and goes back when they are over."""

import pytest

from realtime.players.lead import LEAST_S, MOST_S, REMEMBERED_S, SPARE_S, Lead


def test_a_quiet_machine_needs_the_least():
    lead = Lead()
    assert [lead.turn(0.003 * k) for k in range(100)][-1] == LEAST_S


def test_a_stall_is_reckoned_with_and_forgotten():
    lead, at = Lead(), 0.0
    lead.turn(at)
    at += 0.08
    assert lead.turn(at) == pytest.approx(0.08 + SPARE_S)
    for _ in range(round(REMEMBERED_S / 0.01)):
        at += 0.01
        lead.turn(at)
    assert lead.seconds == pytest.approx(0.08 / 2.718 + SPARE_S, rel=0.02)
    lead.turn(at + 5.0)
    assert lead.seconds == MOST_S
