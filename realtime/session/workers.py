"""Does named jobs in processes side by side and tells twice a second how far they are; [main].

A worker that dies is told in a sentence (a pool of the library would wait for its job for ever), an interrupted run leaves
no process behind, and the estimate of what is left is learnt from what is done.
"""

from __future__ import annotations

import math
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from realtime.native.errors import AntiphonError

TELL_S = 0.5
HASTE = 1.5
"""How fast a job that runs is thought to near its end: four fifths of it are done in the time expected, never all."""
OVERDUE = 0.25
"""What takes longer than expected is thought to take by so much of its time longer."""

THERE_SHARE = 0.1
"""A job done in so small a share of its time had nothing to do: it says nothing of how slow the machine is."""

Progress = Callable[[float, str, float], object]
"""Told the share of the work done, what is at work, and about how many seconds it will take yet; 0: nobody knows."""


def _serve(job: Callable[[str], object], orders: Connection) -> None:
    """Does what it is sent until it is sent nothing. [worker]"""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
    while (name := orders.recv()) is not None:
        try:
            job(name)
            orders.send(("", ""))
        except AntiphonError as error:
            orders.send((str(error), ""))
        except Exception:
            orders.send(("failed", traceback.format_exc()))


@dataclass
class _Worker:
    process: BaseProcess
    orders: Any
    name: str = ""
    since: float = 0.0


class Workers:
    """So many processes for jobs by name; `job` is a function at the top of a module."""

    def __init__(self, job: Callable[[str], object], count: int):
        self._job, self._count = job, count
        self._context = multiprocessing.get_context("spawn")

    def run(
        self, names: Sequence[str], expected_s: Mapping[str, float], progress: Progress | None = None
    ) -> dict[str, float]:
        """Does all, in this order; returns the seconds each took. Raises AntiphonError, or RuntimeError for a job's fault."""
        todo, took = list(names), dict[str, float]()
        workers = [self._start() for _ in range(min(self._count, len(names)))]
        furthest = 0.0
        try:
            for worker in workers:
                self._give(worker, todo)
            while busy := [worker for worker in workers if worker.name]:
                ready = wait([worker.orders for worker in busy], TELL_S)
                for worker in busy:
                    if worker.orders in ready:
                        took[worker.name] = time.monotonic() - worker.since
                        self._take(worker)
                        self._give(worker, todo)
                if progress is not None:
                    share, line, left_s = _how_far(workers, took, todo, expected_s)
                    furthest = max(furthest, share)  # a bar that goes back says nothing
                    progress(furthest, line, left_s)
        finally:
            for worker in workers:
                worker.process.terminate()
            for worker in workers:
                worker.process.join()
                worker.orders.close()
        return took

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(self._job, theirs), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    @staticmethod
    def _give(worker: _Worker, todo: list[str]) -> None:
        worker.name, worker.since = todo.pop(0) if todo else "", time.monotonic()
        if worker.name:
            worker.orders.send(worker.name)

    @staticmethod
    def _take(worker: _Worker) -> None:
        try:
            sentence, trace = worker.orders.recv()
        except (EOFError, OSError):
            worker.process.join()
            raise AntiphonError(
                f"{worker.name!r} has ended its process (status {worker.process.exitcode}); perhaps there was not enough "
                "memory: end other programs and try again"
            ) from None
        if trace:
            raise RuntimeError(f"{worker.name}: {trace}")
        if sentence:
            raise AntiphonError(sentence)


def _how_far(
    workers: Sequence[_Worker], took: Mapping[str, float], todo: Sequence[str], expected_s: Mapping[str, float]
) -> tuple[float, str, float]:
    """Share of the work done, a line (how many of how many, what is at work), about how many seconds are left."""
    done = sum(expected_s[name] for name in took)
    told = {name: spent for name, spent in took.items() if spent > THERE_SHARE * expected_s[name]}
    slowness = sum(told.values()) / sum(expected_s[name] for name in told) if told else 1.0
    now = time.monotonic()
    busy = [(worker.name, now - worker.since) for worker in workers if worker.name]
    running = sum(
        -expected_s[name] * math.expm1(-HASTE * spent / (slowness * expected_s[name])) for name, spent in busy
    )
    share = (done + running) / sum(expected_s[name] for name in (*took, *todo, *(name for name, _ in busy)))
    pace = max([slowness, *(spent / expected_s[name] for name, spent in busy)])  # what is overdue tells of it, too
    rests = [max(pace * expected_s[name] - spent, OVERDUE * spent) for name, spent in busy]
    waiting = pace * sum(expected_s[name] for name in todo)
    left_s = max([*rests, (sum(rests) + waiting) / max(1, len(workers))])
    at_work = ", ".join(f"{name} {spent:.0f} s" for name, spent in busy)
    total = len(took) + len(todo) + len(busy)
    return share, f"{len(took)}/{total} {at_work}".rstrip(), left_s
