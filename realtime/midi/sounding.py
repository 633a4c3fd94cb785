"""Which notes sound at a MIDI output, by the bytes sent there, so that leaving can end them; [MIDI thread]."""

from __future__ import annotations

PEDALS = (64, 66, 69)
"""Sustain, sostenuto, hold 2: what keeps a note that has been released."""


class Sounding:
    """Watches what is sent; `release()` and `silence()` return the messages that end it."""

    def __init__(self) -> None:
        self._notes: set[tuple[int, int]] = set()
        self._pedals: set[tuple[int, int]] = set()

    def heard(self, data: bytes) -> None:
        """Take note of a message that was sent."""
        if len(data) != 3 or data[0] >= 0xF0:
            return
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if kind == 0x90 and data[2]:
            self._notes.add((channel, data[1]))
        elif kind in (0x80, 0x90):
            self._notes.discard((channel, data[1]))
        elif kind == 0xB0 and data[1] in PEDALS:
            (self._pedals.add if data[2] >= 64 else self._pedals.discard)((channel, data[1]))
        elif kind == 0xB0 and data[1] == 120:
            self._notes = {note for note in self._notes if note[0] != channel}

    def release(self) -> list[bytes]:
        """One note-off for each sounding note, then the pedals up."""
        messages = [bytes((0x80 | channel, key, 64)) for channel, key in sorted(self._notes)]
        messages += [bytes((0xB0 | channel, pedal, 0)) for channel, pedal in sorted(self._pedals)]
        self._notes.clear()
        self._pedals.clear()
        return messages

    def silence(self) -> list[bytes]:
        """Panic: `release()`, then on every channel the pedals up, Reset All Controllers, All Notes and All Sound Off."""
        mode = [bytes((0xB0 | channel, number, 0)) for channel in range(16) for number in (*PEDALS, 121, 123, 120)]
        return self.release() + mode
