"""Stamps of polled messages: a busy interpreter reads late, the stamps stay where the fingers were."""

import numpy as np

from realtime.midi.arrival import ArrivalClock

MS = 1_000_000


def stamps(true_ns, read_ns):
    clock = ArrivalClock()
    return np.array(
        [clock.stamp((t - p) / 1e9, r) for t, p, r in zip(true_ns, [true_ns[0], *true_ns[:-1]], read_ns, strict=True)]
    )


def test_late_reading_does_not_shake_the_notes():
    random = np.random.default_rng(2)
    true = (np.cumsum(random.uniform(1, 40, 500)) * MS).astype(np.int64)
    read = np.maximum.accumulate(true + (random.exponential(7, 500) * MS).astype(np.int64))
    errors = (stamps(list(map(int, true)), list(map(int, read))) - true)[100:] / MS
    assert np.std(errors) < 0.3 < 3 < np.std((read - true)[100:] / MS)
    assert errors.max() < 2.0


def test_never_in_the_future_never_backwards():
    random = np.random.default_rng(3)
    true = (np.cumsum(random.uniform(0, 5, 300)) * MS).astype(np.int64)
    read = np.maximum.accumulate(true + (random.uniform(0, 30, 300) * MS).astype(np.int64))
    found = stamps(list(map(int, true)), list(map(int, read)))
    assert (np.diff(found) >= 0).all() and (found <= read).all()


def test_after_lost_messages_the_clock_finds_itself():
    clock = ArrivalClock()
    now = 0
    for _ in range(10):
        now += 10 * MS
        clock.stamp(0.01, now)
    now += 2000 * MS  # the port overflowed: two seconds are missing from its own times
    assert clock.stamp(0.01, now) == now
    assert clock.stamp(0.01, now + 10 * MS) == now + 10 * MS


def test_clock_drift_of_fifty_parts_per_million_stays_unheard():
    true = [int(n * 10 * MS) for n in range(60_000)]  # ten minutes
    clock, errors = ArrivalClock(), []
    for n, t in enumerate(true):
        errors.append(clock.stamp(0.010 * (1 - 50e-6) if n else 0.0, t) - t)
    assert max(map(abs, errors)) < 0.1 * MS
