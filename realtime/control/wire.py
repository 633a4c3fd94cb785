"""OSC 1.0 packets as bytes, any thread; source: M. Wright, "The Open Sound Control 1.0 Specification", CNMAT 2002.

Strict on reading: every length is checked against the datagram before it is believed, nesting is bounded, and anything
else raises WireError. (python-osc reads a bundle element of negative size for ever, so it is our test oracle for good
packets and not our parser.)
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

IMMEDIATELY = b"\0\0\0\0\0\0\0\1"
MAX_DATAGRAM = 65507
MAX_NESTING = 8
MAX_ARGUMENTS = 4096

_BUNDLE = b"#bundle\0"
_NUMBERS = {"i": ">i", "f": ">f", "h": ">q", "d": ">d", "t": ">Q", "c": ">i", "r": ">I", "m": ">4s"}
_PLAIN: dict[str, Any] = {"T": True, "F": False, "N": None, "I": float("inf")}


class WireError(ValueError):
    """The datagram is not OSC 1.0."""


class Message(NamedTuple):
    """One OSC message: `address`, its type tags without the comma, and its arguments."""

    address: str
    tags: str
    args: tuple


def message(address: str, tags: str = "", *args: Any) -> bytes:
    """The bytes of one message; `tags` as in OSC ("iffs"), T, F, N and I take no argument. Raises WireError."""
    parts = [_padded(address.encode()), _padded(b"," + tags.encode())]
    values = iter(args)
    try:
        for tag in tags:
            if tag in _PLAIN:
                continue
            value = next(values)
            if tag == "s":
                parts.append(_padded(str(value).encode("utf-8", "replace").replace(b"\0", b"")))
            elif tag == "b":
                blob = bytes(value)
                parts.append(struct.pack(">i", len(blob)) + blob + b"\0" * (-len(blob) % 4))
            else:
                parts.append(struct.pack(_NUMBERS[tag], value))
    except (StopIteration, KeyError, struct.error, TypeError, OverflowError) as error:
        raise WireError(f"cannot write {address} ,{tags} with {args!r}") from error
    return b"".join(parts)


def bundle(elements: Sequence[bytes]) -> bytes:
    """One immediate bundle of already written messages or bundles."""
    return b"".join([_BUNDLE, IMMEDIATELY, *(struct.pack(">i", len(element)) + element for element in elements)])


def bundles(elements: Sequence[bytes], limit_bytes: int = 8192) -> Iterator[bytes]:
    """The elements as few datagrams of at most about `limit_bytes`; a lone element travels without a bundle."""
    group: list[bytes] = []
    size = 0
    for element in elements:
        if group and size + len(element) > limit_bytes:
            yield bundle(group) if len(group) > 1 else group[0]
            group, size = [], 0
        group.append(element)
        size += len(element) + 4
    if group:
        yield bundle(group) if len(group) > 1 else group[0]


def tags_for(args: Sequence[Any]) -> str:
    """The natural type tags of Python values: bool T/F, int i (h when wide), float f, str s, bytes b, None N."""
    return "".join(_tag_for(value) for value in args)


def parse(datagram: bytes) -> list[Message]:
    """All messages of a datagram in order, bundles flattened (their time tags are not awaited). Raises WireError."""
    found: list[Message] = []
    _parse_into(datagram, 0, len(datagram), 0, found)
    return found


def _tag_for(value: Any) -> str:
    if value is None:
        return "N"
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int):
        return "i" if -(2**31) <= value < 2**31 else "h"
    if isinstance(value, float):
        return "f"
    if isinstance(value, str):
        return "s"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "b"
    return _tag_for(value.item())  # numpy scalars


def _padded(text: bytes) -> bytes:
    return text + b"\0" * (4 - len(text) % 4)


def _parse_into(data: bytes, start: int, end: int, depth: int, found: list[Message]) -> None:
    if end - start < 4 or (end - start) % 4:
        raise WireError(f"a packet of {end - start} bytes is not a whole number of 4-byte words")
    if data[start : start + 1] == b"/":
        found.append(_parse_message(data, start, end))
    elif data[start : start + 8] == _BUNDLE:
        if depth >= MAX_NESTING:
            raise WireError(f"bundles nested deeper than {MAX_NESTING}")
        at = start + 16
        if at > end:
            raise WireError("a bundle without its time tag")
        while at < end:
            if at + 4 > end:
                raise WireError("a bundle element without its size")
            (size,) = struct.unpack_from(">i", data, at)
            at += 4
            if size < 4 or at + size > end:
                raise WireError(f"a bundle element of {size} bytes does not fit its bundle")
            _parse_into(data, at, at + size, depth + 1, found)
            at += size
    else:
        raise WireError("neither a message nor a bundle")


def _parse_message(data: bytes, start: int, end: int) -> Message:
    address, at = _string(data, start, end)
    if at == end:
        return Message(address, "", ())  # old senders leave the type tag string out
    tags, at = _string(data, at, end)
    if not tags.startswith(","):
        raise WireError(f"the type tags of {address} do not start with a comma")
    if len(tags) > MAX_ARGUMENTS:
        raise WireError(f"more than {MAX_ARGUMENTS} arguments")
    args = []
    for tag in tags[1:]:
        if tag in _NUMBERS:
            form = _NUMBERS[tag]
            size = struct.calcsize(form)
            if at + size > end:
                raise WireError(f"{address} ends inside an argument")
            args.append(struct.unpack_from(form, data, at)[0])
            at += size
        elif tag in "sS":
            text, at = _string(data, at, end)
            args.append(text)
        elif tag == "b":
            if at + 4 > end:
                raise WireError(f"{address} ends inside a blob")
            (size,) = struct.unpack_from(">i", data, at)
            at += 4
            if size < 0 or at + size > end:
                raise WireError(f"{address} holds a blob of {size} bytes")
            args.append(data[at : at + size])
            at += size + -size % 4
            if at > end:
                raise WireError(f"{address} ends inside a blob")
        elif tag in _PLAIN:
            args.append(_PLAIN[tag])
        else:
            raise WireError(f"unknown type tag {tag!r} in {address}")
    return Message(address, tags[1:], tuple(args))


def _string(data: bytes, at: int, end: int) -> tuple[str, int]:
    stop = data.find(b"\0", at, end)
    if stop < 0:
        raise WireError("a string without its end")
    after = stop + 4 - (stop - at) % 4
    if after > end:
        raise WireError("a string without its padding")
    try:
        return data[at:stop].decode("utf-8"), after
    except UnicodeDecodeError as error:
        raise WireError("a string that is not text") from error
