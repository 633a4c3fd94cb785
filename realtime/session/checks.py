"""What a scene asks for that this engine or this machine has not: told, or refused before anything is touched; [main]."""

from __future__ import annotations

import mmap

from realtime.engine.rack import Rack
from realtime.native.errors import AntiphonError

ROOM_BYTES = 96 << 20
"""Free memory that the loading of a scene may need: compiled code of its devices, their delay lines, its players."""


def _numbers(channels: list[int]) -> str:
    word = "" if len(channels) == 1 else "s"
    return f"{word} {', '.join(map(str, channels))}"


def _remedy(live: bool, option: str, count: int) -> str:
    return f"; start with --{option} {count}" if live else ""


def lost_inputs(rack: Rack, inputs: int, live: bool = True) -> list[str]:
    """A sentence for each track that hears audio inputs beyond the last; live: more can be asked for."""
    said: list[str] = []
    for track in rack.tracks:
        gone = sorted({channel for channel in track.audio_input if channel > inputs})
        if gone:
            said.append(
                f"track {track.name!r} hears audio input{_numbers(gone)}, but there are {inputs}; those are silent"
                + _remedy(live, "inputs", gone[-1])
            )
    return said


def lost_outputs(rack: Rack, outputs: int, live: bool = True) -> list[str]:
    """A sentence for each track that goes to outputs beyond the last, and for a right side that nobody hears."""
    if outputs == 1 and all(track.output <= 2 and track.channels <= 2 for track in rack.tracks):
        return ["there is one output: only the left side of the scene is heard" + _remedy(live, "outputs", 2)]
    said: list[str] = []
    for track in rack.tracks:
        first = 1 + (track.output - 1) // 2 * 2  # tracks leave by pairs
        gone = [channel for channel in range(first, first + max(2, track.channels)) if channel > outputs]
        if gone:
            said.append(
                f"track {track.name!r} goes to output{_numbers(gone)}, but there are {outputs} outputs; what goes there "
                "is not heard" + _remedy(live, "outputs", gone[-1])
            )
    return said


def require_memory(size: int = ROOM_BYTES) -> None:
    """Raises AntiphonError if so much memory is not to be had: compiled code that finds none would end the process."""
    try:
        mmap.mmap(-1, size).close()
    except (OSError, MemoryError):
        raise AntiphonError(
            f"there are not {size >> 20} MiB of memory free to load a scene; end other programs; what sounds goes on"
        ) from None
