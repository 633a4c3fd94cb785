"""Memory of the audio thread is freed when its block is over, and never before."""

from __future__ import annotations

from realtime.native.quiesce import Quiesce, enter, leave


def test_nothing_runs_nothing_waits():
    quiesce, freed = Quiesce(), []
    quiesce.retire(free=lambda: freed.append(1))
    assert quiesce.collect() == 0 and freed == [1]


def test_what_a_block_may_have_seen_outlives_it():
    quiesce, freed = Quiesce(), []
    enter(quiesce.address)
    quiesce.retire(free=lambda: freed.append(1))
    assert quiesce.collect() == 1 and not freed
    assert not quiesce.wait(0.01)
    leave(quiesce.address)
    assert quiesce.wait(1.0)
    assert quiesce.collect() == 0 and freed == [1]


def test_a_block_that_begins_later_holds_nothing_back():
    quiesce, freed = Quiesce(), []
    enter(quiesce.address)
    quiesce.retire(free=lambda: freed.append("first"))
    leave(quiesce.address)
    enter(quiesce.address)  # cannot have seen what was unlinked before
    quiesce.retire(free=lambda: freed.append("second"))
    assert quiesce.collect() == 1 and freed == ["first"]
    leave(quiesce.address)
    assert quiesce.collect() == 0 and freed == ["first", "second"]


def test_a_thread_that_died_in_its_block_does_not_hold_the_next_one():
    quiesce = Quiesce()
    enter(quiesce.address)  # never left: its thread was killed
    mark = quiesce.mark()
    assert not quiesce.passed(mark)
    enter(quiesce.address)
    leave(quiesce.address)
    assert quiesce.passed(mark)
