"""Bytes in any order to whole MIDI messages: running status, real-time bytes, sysex over packets; [MIDI thread].

Source: MIDI 1.0 Detailed Specification (4.2.1), "Running Status" and appendix "Receiver flow". What a port delivers is
not always one whole message: JACK's clients write what they like, and rtmidi glues notes to a dump that was cut off.
"""

from __future__ import annotations

from collections.abc import Iterator

SYSEX, END_OF_SYSEX, FIRST_REALTIME = 0xF0, 0xF7, 0xF8
UNDEFINED = frozenset((0xF4, 0xF5, 0xF9, 0xFD))
SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0}


def data_bytes(status: int) -> int:
    """Data bytes that follow a status byte; -1 for sysex (any number) and undefined ones."""
    if status < 0xF0:
        return 1 if status & 0xE0 == 0xC0 else 2
    if status >= FIRST_REALTIME:
        return -1 if status in UNDEFINED else 0
    return SYSTEM_DATA_BYTES.get(status, -1)


def _is_whole(packet: bytes) -> bool:
    """One channel message and nothing else: nearly all that comes."""
    return (
        len(packet) > 1
        and 0x80 <= packet[0] < SYSEX
        and len(packet) == 1 + data_bytes(packet[0])
        and max(packet[1:]) < 0x80
    )


class ByteStream:
    """Feed it packets as they come; it yields complete messages, status byte first.

    longest_sysex: bytes; a longer one is dropped whole. `malformed` counts bytes and unfinished messages thrown away.
    """

    def __init__(self, longest_sysex: int = 1 << 16):
        self.longest_sysex = longest_sysex
        self.malformed = 0
        self._status = 0  # running status, or that of the message in progress; 0 = none
        self._data = bytearray()
        self._sysex: bytearray | None = None

    def feed(self, packet: bytes) -> Iterator[bytes]:
        """The messages that these bytes complete."""
        if self._sysex is None and not self._data and _is_whole(packet):
            self._status = packet[0]
            yield packet
            return
        for byte in packet:
            message = self._byte(byte)
            if message is not None:
                yield message

    def reset(self) -> None:
        """Forget unfinished messages and the running status (the cable was pulled)."""
        self._status, self._sysex = 0, None
        self._data.clear()

    def _byte(self, byte: int) -> bytes | None:
        if byte >= FIRST_REALTIME:
            if byte in UNDEFINED:
                self.malformed += 1
                return None
            return bytes((byte,))  # may stand inside any other message
        if byte >= 0x80:
            return self._status_byte(byte)
        if self._sysex is not None:
            self._sysex.append(byte)
            if len(self._sysex) >= self.longest_sysex:
                self.malformed += 1
                self._sysex = None
            return None
        return self._data_byte(byte)

    def _status_byte(self, byte: int) -> bytes | None:
        finished = None
        if self._sysex is not None:
            if byte == END_OF_SYSEX:
                finished = bytes(self._sysex) + b"\xf7"
            else:
                self.malformed += 1  # any other status ends it unfinished
            self._sysex = None
            if finished:
                return finished
        elif byte == END_OF_SYSEX:
            self.malformed += 1
        if self._data:
            self.malformed += 1
            self._data.clear()
        self._status = 0
        if byte == SYSEX:
            self._sysex = bytearray((byte,))
        elif byte in UNDEFINED:
            self.malformed += 1
        elif byte != END_OF_SYSEX:
            if data_bytes(byte) == 0:
                return bytes((byte,))
            self._status = byte
        return None

    def _data_byte(self, byte: int) -> bytes | None:
        if self._status == 0:
            self.malformed += 1
            return None
        self._data.append(byte)
        if len(self._data) < data_bytes(self._status):
            return None
        message = bytes((self._status,)) + bytes(self._data)
        self._data.clear()
        if self._status >= SYSEX:
            self._status = 0  # system common messages have no running status
        return message
