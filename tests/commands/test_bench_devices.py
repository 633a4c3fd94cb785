"""`antiphon bench devices`: both sides in the same run, in turns; [main]."""

from __future__ import annotations

import pytest

from realtime.bench import devices as bench
from realtime.bench.peer_effects import Peer, peer
from realtime.native.errors import AntiphonError


def test_the_sides_take_turns_so_that_a_drift_falls_on_both():
    order: list[str] = []
    ours, theirs = bench.in_turns(lambda: order.append("a"), lambda: order.append("b"), rounds=2)
    assert "".join(order) == "ab" + "abba" * 2
    assert len(ours) == len(theirs) == 4


def test_a_peer_is_asked_for_the_same_sound_in_the_same_blocks(monkeypatch):
    monkeypatch.setattr(bench, "SECONDS", 0.05)
    asked: list[tuple[tuple[int, ...], int]] = []

    def make(rate: float):
        return lambda sound, frames: asked.append((sound.shape, frames))

    rows = bench.bench_devices(["chorus", "poly"], Peer("other", "1.0", {"chorus": make}))
    assert [(row["device"], row["block"]) for row in rows] == [
        ("chorus", 64),
        ("chorus", 1024),
        ("poly", 64),
        ("poly", 1024),
    ]
    assert {frames for _, frames in asked} == {64, 1024} and {shape for shape, _ in asked} == {(2, 2400)}
    for row in rows:
        assert row["ns_per_frame"] > 0
        assert ("ratio" in row) == (row["device"] == "chorus")
    assert rows[0]["ratio"] == pytest.approx(rows[0]["ns_per_frame"] / rows[0]["peer_ns_per_frame"])
    assert "other 1.0" in bench.describe(rows[0]) and "voices" in bench.describe(rows[2])


@pytest.mark.parametrize("names, words", [(["nosuch"], "no device"), (["nam"], "bench models")])
def test_what_cannot_be_measured_is_told_first(names, words):
    with pytest.raises(AntiphonError, match=words):
        bench.check(names)
    with pytest.raises(AntiphonError, match="did you mean 'pedalboard'"):
        peer("pedalbord")


def test_pedalboards_effects_change_the_sound():
    """Every one that the bench names exists in the installed version, and does something."""
    import numpy as np

    found = peer("pedalboard")
    assert found is not None
    sound = (np.random.default_rng(2).standard_normal((2, 4800)) * 0.3).astype(np.float32)
    for name, make in found.effects.items():
        out = make(48000)(sound, 64)
        assert out.shape == sound.shape and np.isfinite(out).all() and not np.array_equal(out, sound), name
