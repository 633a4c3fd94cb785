"""Standard MIDI Files as bytes to tracks of timed messages, as they come: what is damaged is left out; [main].

Source: Standard MIDI Files 1.0 (RP-001); RIFF MIDI (RP-029). Counts and lengths are hints here, the messages themselves
tell where a track ends: many writers get the former wrong and hardly any the latter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from realtime.native.errors import AntiphonError

LARGEST_BYTES = 1 << 26
MOST_MESSAGES = 2_000_000
META, END_OF_TRACK, MIDI_PORT, SET_TEMPO = 0xFF, 0x2F, 0x21, 0x51
MICROSECONDS_A_BEAT = 500_000
# data bytes of the messages that no file should hold, but some do: they are stepped over
STRAY = {0xF1: 1, 0xF2: 2, 0xF3: 1}
SMPTE_RATES = {24: 24.0, 25: 25.0, 29: 30000 / 1001, 30: 30.0}


class Message(NamedTuple):
    """tick from the start of the piece; port (MIDI port meta, 0 first); data: a channel message of two or three bytes, or
    0xFF, the type and the content of a meta message."""

    tick: int
    port: int
    data: bytes


@dataclass
class MidiFile:
    """tracks in their order, each sorted by tick. timed_in_frames: SMPTE time, in which 120 beats a minute pass whatever
    tempo the file tells. damage: what was left out, a sentence each."""

    ticks_per_beat: float
    tracks: list[list[Message]]
    timed_in_frames: bool = False
    damage: list[str] = field(default_factory=list)

    @property
    def end_ticks(self) -> list[int]:
        """The last tick of each track."""
        return [track[-1].tick if track else 0 for track in self.tracks]


class _Damage(Exception):
    """Where the bytes make no sense any more."""


def load(path: str | Path) -> MidiFile:
    """The file's tracks. Raises AntiphonError if it is missing, no MIDI file, too large, or holds nothing that can be
    read."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise AntiphonError(f"MIDI file {path}: there is no such file.") from None
    except PermissionError:
        raise AntiphonError(f"MIDI file {path}: may not be read; check its permissions.") from None
    except IsADirectoryError:
        raise AntiphonError(f"MIDI file {path}: is a folder; name a file in it.") from None
    except (OSError, ValueError) as error:
        raise AntiphonError(f"MIDI file {path}: cannot be read ({error}).") from None
    if len(data) > LARGEST_BYTES:
        raise AntiphonError(
            f"MIDI file {path}: larger than {LARGEST_BYTES >> 20} MB, more than any piece of music; cut it into parts."
        )
    try:
        return parse(data)
    except _Damage as damage:
        raise AntiphonError(f"MIDI file {path}: damaged or not a MIDI file ({damage}); export it again.") from None


def parse(data: bytes) -> MidiFile:
    """Tracks of the bytes of a file. Raises an exception of this module, told by `load`, if there is no header or time."""
    if data[:4] == b"RIFF" and (inside := data.find(b"data", 12, 4096)) >= 0:
        data = data[inside + 8 : inside + 8 + int.from_bytes(data[inside + 4 : inside + 8], "little")]
    head = data.find(b"MThd")
    if head < 0:
        raise _Damage("it has no MIDI header")
    if len(data) < head + 14:
        raise _Damage("it ends in the middle of its header")
    kind, division = int.from_bytes(data[head + 8 : head + 10], "big"), data[head + 12 : head + 14]
    file = MidiFile(_ticks_per_beat(division), [], division[0] >= 0x80)
    at = _next_chunk(data, head + 14, head + 8 + _length(data, head))
    left = MOST_MESSAGES
    while at >= 0 and data[at : at + 4] != b"MThd":
        length = _length(data, at)
        body = at + 8
        if data[at : at + 4] == b"MTrk":
            reader = _TrackReader(data, body, _limit(data, body, length), left)
            reader.read()
            file.tracks.append(reader.messages)
            if reader.fault:
                file.damage.append(f"track {len(file.tracks)} {reader.fault}; what comes before is read.")
            left -= len(reader.messages)
            if left <= 0:
                raise _Damage(f"it holds more than {MOST_MESSAGES:,} messages")
            at = _next_chunk(data, reader.at, body + length, reader.ended)
        else:
            at = _next_chunk(data, body, body + length)
    if kind == 2:
        _one_after_another(file)
    if not file.tracks and not file.damage:
        file.damage.append("it has no track.")
    return file


def _ticks_per_beat(division: bytes) -> float:
    """From the header's last two bytes; frames of SMPTE time pass as at 120 beats a minute. Raises _Damage."""
    number = int.from_bytes(division, "big")
    if division[0] < 0x80:
        if number == 0:
            raise _Damage("its beat has 0 ticks, so it has no time")
        return float(number)
    rate = SMPTE_RATES.get(256 - division[0])
    if rate is None or division[1] == 0:
        raise _Damage(f"its time is {256 - division[0]} frames of {division[1]} ticks; there are 24, 25, 29 or 30")
    return rate * division[1] * MICROSECONDS_A_BEAT / 1e6


def _length(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 4 : at + 8], "big")


def _is_chunk(data: bytes, at: int) -> bool:
    """Whether a chunk may begin here: a track, or four letters and a length that fits."""
    name = data[at : at + 4]
    if name in (b"MTrk", b"MThd"):
        return True
    return len(name) == 4 and name.rstrip(b" ").isalnum() and at + 8 + _length(data, at) <= len(data)


def _limit(data: bytes, body: int, length: int) -> int:
    """Where a track ends at the latest: at the length told, if that is the end of a chunk, else at the next track."""
    end = body + length
    if end == len(data) or _is_chunk(data, end):
        return end
    following = data.find(b"MTrk", body)
    return following if following >= 0 else len(data)


def _next_chunk(data: bytes, at: int, told: int, ended: bool = False) -> int:
    """Where the next chunk begins, -1: nowhere. at: the end of what was read; told: the end by the chunk's length; ended:
    what was read is known to be all."""
    if ended and _is_chunk(data, at):
        return at
    if told == len(data):
        return -1 if not ended else data.find(b"MTrk", at)
    if told >= at and _is_chunk(data, told):
        return told
    return data.find(b"MTrk", at)


def _one_after_another(file: MidiFile) -> None:
    """Format 2: the tracks are patterns of their own, not voices of one piece."""
    start = 0
    for number, track in enumerate(file.tracks):
        end = track[-1].tick if track else 0
        file.tracks[number] = [m._replace(tick=m.tick + start) for m in track]
        start += end


class _TrackReader:
    """Reads messages from `at` up to `limit` or the end of the track; `fault` tells what stopped it before."""

    def __init__(self, data: bytes, at: int, limit: int, most: int):
        self.data, self.at, self.limit, self.most = data, at, limit, most
        self.messages: list[Message] = []
        self.fault = ""
        self.ended = False

    def read(self) -> None:
        tick = port = status = 0
        data, limit, messages = self.data, self.limit, self.messages
        try:
            while self.at < limit and len(messages) < self.most:
                tick += self._number()
                if self.at >= limit:
                    raise _Damage("ends in the middle")
                byte = data[self.at]
                if byte < 0xF0:
                    if byte >= 0x80:
                        status = byte
                        self.at += 1
                    elif not status:
                        raise _Damage("has data that belong to no message")
                    size = 1 if status & 0xE0 == 0xC0 else 2
                    content = data[self.at : self.at + size]
                    self.at += size
                    if self.at > limit:
                        raise _Damage("ends in the middle")
                    if max(content) > 127:  # no data byte; nearest to what was meant, as others read it
                        content = bytes(min(127, b) for b in content)
                    messages.append(Message(tick, port, bytes((status,)) + content))
                    continue
                self.at += 1
                # the status in force stays so: some writers rely on it across exclusive and meta messages
                if byte == META:
                    kind = data[self.at] if self.at < limit else 0
                    self.at += 1
                    content = self._bytes()
                    messages.append(Message(tick, port, bytes((META, kind)) + content))
                    if kind == END_OF_TRACK:
                        self.ended = True
                        return
                    if kind == MIDI_PORT and content:
                        port = content[0]
                elif byte in (0xF0, 0xF7):
                    self._bytes()
                else:
                    self.at += STRAY.get(byte, 0)
        except _Damage as damage:
            self.fault = str(damage)

    def _number(self) -> int:
        """A number of variable length, four bytes at most."""
        value = 0
        for _ in range(4):
            if self.at >= self.limit:
                raise _Damage("ends in the middle")
            byte = self.data[self.at]
            self.at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise _Damage("has a number of more than four bytes")

    def _bytes(self) -> bytes:
        length = self._number()
        start = self.at
        if start + length > self.limit:
            raise _Damage("has a message longer than itself")
        self.at += length
        return self.data[start : self.at]
