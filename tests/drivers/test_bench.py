"""The bench's arithmetic, and one short run against a real server."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.bench.callback import bench_callback, describe, even_grid, grid_misses, percentiles
from realtime.native.errors import AntiphonError

PERIOD = 1_000.0


def test_the_grid_counts_blocks_that_end_late_begin_late_or_never_come():
    cycles = np.arange(10) * PERIOD
    log = np.stack([cycles + 100, cycles + 200], axis=1)
    assert grid_misses(cycles, log, PERIOD) == 0
    late_end, late_begin = log.copy(), log.copy()
    late_end[3, 1] = 4_050
    late_begin[3] = 4_010, 4_050
    assert grid_misses(cycles, late_end, PERIOD) == 1
    assert grid_misses(cycles, late_begin, PERIOD) == 1
    assert grid_misses(cycles, np.delete(log, [3, 4], axis=0), PERIOD) == 2
    assert grid_misses(cycles, log[:0], PERIOD) == 10


def test_the_even_grid_sees_through_jitter_and_follows_a_server_that_moves():
    rng = np.random.default_rng(3)
    due = np.arange(1000) * PERIOD
    due[500:] += 2_700  # the server had an xrun of its own
    wakes = due + rng.exponential(30, 1000)
    wakes[200] += 5_000
    grid = even_grid(wakes, PERIOD)
    assert np.max(np.abs(grid - due)) < 100


def test_percentiles_are_of_the_time_inside_the_callback():
    log = np.array([[0, 10_000]] * 99 + [[0, 500_000]])
    found = percentiles(log)
    assert (found["p50_us"], found["max_us"]) == (10.0, 500.0)


def test_what_the_bench_does_not_know_is_said():
    with pytest.raises(AntiphonError, match="no stall 'coffee'"):
        bench_callback(stall="coffee")
    with pytest.raises(AntiphonError, match="no driver 'asio'"):
        bench_callback("asio")


@pytest.mark.parametrize("driver", ["jack", "null"])
def test_a_stalled_interpreter_spoils_python_and_not_us(driver):
    """With the lock held four fifths of the time a Python callback misses most deadlines; ours does not notice."""
    result = bench_callback(driver, frames=256, seconds=1.5, stall="hold", progress=lambda line: None)
    ours, python = result["ours"], result["python"]
    assert python["late"] > 0.4 * python["expected_callbacks"], describe(result)
    assert ours["late"] <= 0.02 * ours["expected_callbacks"], describe(result)
    assert python["late"] > 20 * ours["late"], describe(result)
    assert ours["callbacks"] > 0.98 * ours["expected_callbacks"]
    assert ours["p50_us"] < ours["period_us"]
