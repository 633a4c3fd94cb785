"""Jobs in processes side by side: all done, told how far, and what a failing or dying one says; [main]."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time

import pytest

from realtime.native.errors import AntiphonError
from realtime.session.workers import Workers, _how_far, _Worker


def job(name: str) -> None:
    if name == "wrong":
        raise AntiphonError("the file [x] is wrong")
    if name == "fault":
        raise ValueError("unforeseen")
    if name == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "slow":
        time.sleep(1.5)


def _none_left() -> bool:
    return not multiprocessing.active_children()


def test_all_jobs_are_done_and_the_share_only_grows():
    told: list[tuple[float, str, float]] = []
    names = [f"job {i}" for i in range(5)]
    took = Workers(job, 2).run(names, dict.fromkeys(names, 1.0), lambda *how_far: told.append(how_far))
    assert set(took) == set(names) and all(seconds >= 0 for seconds in took.values())
    assert told[-1][0] == pytest.approx(1.0) and told[-1][1].startswith("5/5")
    assert _none_left()


def test_a_job_that_takes_long_is_told_while_it_lasts():
    told: list[tuple[float, str, float]] = []
    Workers(job, 1).run(["slow"], {"slow": 0.1}, lambda *how_far: told.append(how_far))
    waiting = [(share, line) for share, line, _ in told if share < 1]
    assert len(waiting) > 1 and all(line.startswith("0/1 slow") for _, line in waiting)
    shares = [share for share, _ in waiting]
    assert shares == sorted(set(shares)), "it stood still"
    assert all(left_s > 0 for share, _, left_s in told if share < 1), "what is overdue takes longer yet"


def test_the_time_that_is_left_is_that_of_the_longest_and_heeds_how_slow_the_machine_is():
    expected_s = {"short": 1.0, "long": 60.0, "next": 10.0, "there": 8.0}
    now = time.monotonic()
    busy = [_Worker(None, None, "long", now - 10.0), _Worker(None, None, "", now)]  # type: ignore[arg-type]
    _, line, left_s = _how_far(busy, {"short": 2.0, "there": 0.01}, ["next"], expected_s)
    assert line == "2/4 long 10 s" and left_s == pytest.approx(2.0 * 60.0 - 10.0, abs=0.5)
    late = [_Worker(None, None, "short", now - 5.0), _Worker(None, None, "long", now - 5.0)]  # type: ignore[arg-type]
    _, _, left_s = _how_far(late, {}, [], expected_s)
    assert left_s == pytest.approx(5.0 * 60.0 - 5.0, abs=2.0), "what is overdue tells how slow it is"
    _, _, left_s = _how_far(busy, {"there": 0.01}, [], expected_s)
    assert left_s == pytest.approx(50.0, abs=0.5), "what was compiled before tells nothing of the machine"


@pytest.mark.parametrize(
    "name, words", [("wrong", r"the file \[x\] is wrong"), ("dies", "'dies' has ended its process")]
)
def test_what_goes_wrong_is_one_sentence_and_leaves_no_process(name, words):
    with pytest.raises(AntiphonError, match=words):
        Workers(job, 2).run(["slow", name], {"slow": 1.0, name: 1.0})
    assert _none_left()


def test_a_fault_keeps_the_place_where_it_happened():
    with pytest.raises(RuntimeError, match=r"test_workers\.py"):
        Workers(job, 1).run(["fault"], {"fault": 1.0})
    assert _none_left()
