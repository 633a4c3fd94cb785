"""Lock-free ring for one producer and one consumer, in one flat block of memory that processes can share; [any].

Lamport's queue (CACM 1977) with acquire/release indices on cache lines of their own. Records have a fixed size and are
copied whole; a full ring refuses (and counts), an empty one says so; neither side ever waits.
"""

from __future__ import annotations

import numpy as np

from realtime.native.atomics import load_acquire, store_release
from realtime.native.jit import audio
from realtime.native.memory import aligned, copy_memory, load_i64, store_i64

HEAD, TAIL, CAPACITY, ITEM_BYTES, REFUSED, DATA = 0, 64, 128, 136, 144, 192
"""Byte offsets: the producer's and the consumer's index, the constants, the refusals, the first record."""


@audio
def ring_push(ring, record):
    """Copy the record at address `record` into the ring at address `ring`; True if there was room. [producer]"""
    head = load_i64(ring + HEAD)
    capacity = load_i64(ring + CAPACITY)
    if head - load_acquire(ring + TAIL) >= capacity:
        store_i64(ring + REFUSED, load_i64(ring + REFUSED) + 1)
        return False
    size = load_i64(ring + ITEM_BYTES)
    copy_memory(ring + DATA + (head & (capacity - 1)) * size, record, size)
    store_release(ring + HEAD, head + 1)
    return True


@audio
def ring_pop(ring, record):
    """Copy the oldest record to address `record`; True if there was one. [consumer]"""
    tail = load_i64(ring + TAIL)
    if load_acquire(ring + HEAD) == tail:
        return False
    capacity = load_i64(ring + CAPACITY)
    size = load_i64(ring + ITEM_BYTES)
    copy_memory(record, ring + DATA + (tail & (capacity - 1)) * size, size)
    store_release(ring + TAIL, tail + 1)
    return True


@audio
def ring_peek(ring, record):
    """Copy the oldest record to address `record` and leave it there; True if there was one. [consumer]"""
    tail = load_i64(ring + TAIL)
    if load_acquire(ring + HEAD) == tail:
        return False
    capacity = load_i64(ring + CAPACITY)
    size = load_i64(ring + ITEM_BYTES)
    copy_memory(record, ring + DATA + (tail & (capacity - 1)) * size, size)
    return True


@audio
def ring_count(ring):
    """Records waiting. [any]"""
    return load_acquire(ring + HEAD) - load_acquire(ring + TAIL)


class Ring:
    """A ring seen from Python.

    dtype: structured dtype of the records; its size is rounded up to 8 bytes.
    capacity: records, rounded up to a power of two.
    buffer: writable memory of `Ring.bytes_needed(...)` to live in (shared memory); own memory if None.
    attach: the buffer already holds a ring (made by another process): keep its content.
    """

    def __init__(self, dtype, capacity: int = 1024, buffer=None, attach: bool = False):
        self.dtype = np.dtype(dtype)
        self.item_bytes = -(-self.dtype.itemsize // 8) * 8
        self.capacity = 1 << max(1, int(capacity) - 1).bit_length()
        size = self.bytes_needed(self.dtype, self.capacity)
        self._memory = aligned(size, np.uint8) if buffer is None else np.frombuffer(buffer, np.uint8, size)
        self.address = self._memory.ctypes.data
        words = self._memory[:DATA].view(np.int64)
        if attach:
            found = (int(words[CAPACITY // 8]), int(words[ITEM_BYTES // 8]))
            if found != (self.capacity, self.item_bytes):
                raise ValueError(f"the shared memory holds a ring of {found}, not {(self.capacity, self.item_bytes)}")
        else:
            words[:] = 0
            words[CAPACITY // 8] = self.capacity
            words[ITEM_BYTES // 8] = self.item_bytes
        self._out = np.zeros(self.item_bytes, np.uint8)
        self._in = np.zeros(self.item_bytes, np.uint8)

    @staticmethod
    def bytes_needed(dtype, capacity: int) -> int:
        """Size of the block for a ring of `capacity` records."""
        capacity = 1 << max(1, int(capacity) - 1).bit_length()
        return DATA + capacity * (-(-np.dtype(dtype).itemsize // 8) * 8)

    def push(self, **fields) -> bool:
        """Append a record with these fields (others zero); False when full."""
        self._in[:] = 0
        record = self._in[: self.dtype.itemsize].view(self.dtype)[0]
        for name, value in fields.items():
            record[name] = value
        return ring_push(self.address, self._in.ctypes.data)

    def push_record(self, record: np.ndarray) -> bool:
        """Append one record (array of shape (1,) or 0-d of the ring's dtype); False when full."""
        self._in[: self.dtype.itemsize] = np.frombuffer(np.asarray(record, self.dtype).tobytes(), np.uint8)
        return ring_push(self.address, self._in.ctypes.data)

    def pop(self) -> np.void | None:
        """Take the oldest record (a copy), or None."""
        if not ring_pop(self.address, self._out.ctypes.data):
            return None
        return self._out[: self.dtype.itemsize].view(self.dtype)[0].copy()

    def pop_all(self, limit: int = 1 << 30) -> list[np.void]:
        """Take up to `limit` waiting records."""
        taken = []
        while len(taken) < limit and (record := self.pop()) is not None:
            taken.append(record)
        return taken

    def __len__(self) -> int:
        return ring_count(self.address)

    @property
    def refused(self) -> int:
        """Records refused because the ring was full."""
        return int(self._memory[:DATA].view(np.int64)[REFUSED // 8])
