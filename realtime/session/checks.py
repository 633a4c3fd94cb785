"""What a scene asks for that this engine or this machine has not: told, or refused before anything is touched; [main]."""

from __future__ import annotations

import mmap

from realtime.engine.engine import Engine
from realtime.engine.rack import Rack
from realtime.native.errors import AntiphonError

ROOM_BYTES = 96 << 20
"""Free memory that the loading of a scene may need: compiled code of its devices, their delay lines, its players."""


def _numbers(channels: list[int]) -> str:
    word = "" if len(channels) == 1 else "s"
    return f"{word} {', '.join(map(str, channels))}"


def lost_channels(rack: Rack, engine: Engine, live: bool = True) -> list[str]:
    """A sentence for each track whose sound would come from or go where nothing is; live: more ports can be asked for."""
    said: list[str] = []

    def remedy(option: str, count: int) -> str:
        return f"; start with --{option} {count}" if live else ""

    for track in rack.tracks:
        gone = sorted({channel for channel in track.audio_input if channel > engine.inputs})
        if gone:
            said.append(
                f"track {track.name!r} hears audio input{_numbers(gone)}, but the engine has {engine.inputs}; those are "
                f"silent{remedy('inputs', gone[-1])}"
            )
        first = 1 + (track.output - 1) // 2 * 2  # tracks leave by pairs
        wide = [channel for channel in range(first, first + max(2, track.channels)) if channel > engine.outputs]
        if wide and not (engine.outputs == 1 and first == 1 and track.channels <= 2):
            said.append(
                f"track {track.name!r} goes to output{_numbers(wide)}, but the engine has {engine.outputs} outputs; what "
                f"goes there is not heard{remedy('outputs', wide[-1])}"
            )
    if engine.outputs == 1 and rack.tracks:
        said.append(f"the engine has one output: only the left side of the scene is heard{remedy('outputs', 2)}")
    return said


def require_memory(size: int = ROOM_BYTES) -> None:
    """Raises AntiphonError if so much memory is not to be had: compiled code that finds none would end the process."""
    try:
        mmap.mmap(-1, size).close()
    except (OSError, MemoryError):
        raise AntiphonError(
            f"there are not {size >> 20} MiB of memory free to load a scene; end other programs; what sounds goes on"
        ) from None
