"""The grid of melodies: steps, bars and beats, performances that land where a listener hears them, the copy guard."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.music import melody_code as code
from realtime.music.rhythm import pulse_period, quantise
from realtime.sampling.copyguard import CopyGuard


@given(st.integers(0, 192))
def test_the_nearest_step_is_chosen(ticks):
    chosen = code.STEPS[code.step_class(ticks)]
    assert abs(chosen - ticks) == min(abs(s - ticks) for s in code.STEPS)


def test_runs_are_compared_on_steps_and_never_stand_still():
    assert [code.on_step(t) for t in (0, 1, 12, 13, 23, 500)] == [1, 1, 12, 12, 24, 192]


@pytest.mark.parametrize(
    ("metre", "bar", "beat"),
    [((4, 4), 96, 24), ((2, 2), 96, 24), ((3, 4), 72, 24), ((6, 8), 72, 36), ((12, 8), 144, 36), ((7, 8), 84, 84),
     ((3, 8), 36, 36)],
)  # fmt: skip
def test_bars_and_the_beats_one_feels(metre, bar, beat):
    assert (code.bar_ticks(*metre), code.beat_ticks(*metre)) == (bar, beat)


@pytest.mark.parametrize("ticks", [0, 6, 8, 12, 16, 18, 24, 36])
def test_a_human_onset_lands_where_it_was_meant(ticks):
    random = Random(ticks)
    hits = sum(quantise((ticks + random.gauss(0, 0.35)) / 24) == ticks for _ in range(200))  # 7 ms at 120
    assert hits >= 195


@given(st.lists(st.floats(0, 30), min_size=2, max_size=40))
def test_onsets_stay_in_order_on_the_grid(beats):
    last = None
    for beat in sorted(beats):
        tick = quantise(beat, last)
        assert last is None or tick > last
        last = tick


@pytest.mark.parametrize("period", [0.7, 0.83, 1.0, 1.2])
def test_the_performers_own_beat_is_found_within_two_percent(period):
    pattern = [0, 1, 1.5, 2, 3, 4, 4.5, 5, 6, 6.5, 7, 8]
    found = pulse_period([0.2 + period * t for t in pattern])
    assert min(abs(found / period - k) / k for k in (1.0, 0.5)) < 0.02


def test_the_copy_guard_knows_what_it_was_told_and_little_else():
    random = Random(1)
    guard = CopyGuard.for_count(6, 3000)
    tunes = [[(random.randint(-5, 5), random.choice((6, 12, 24))) for _ in range(40)] for _ in range(80)]
    for tune in tunes:
        guard.add_melody(tune)
    assert all(guard.knows(t[i : i + 5]) for t in tunes for i in range(36))
    strangers = [[(random.randint(-5, 5), random.choice((6, 12, 24))) for _ in range(5)] for _ in range(2000)]
    assert sum(guard.knows(s) for s in strangers) < 40
    assert not guard.knows(tunes[0][:4])
    again = CopyGuard.from_json(guard.to_json())
    assert again.knows(tunes[3][10:15])
    with pytest.raises(ValueError):
        CopyGuard.from_json({**guard.to_json(), "bits": 99})
