"""A sound file that can be read at any moment while it grows, whatever ends the program; [recorder].

WAV, W64 and RF64: the header is written anew as the file grows. A WAV is laid out as RF64 with room for its sizes (EBU
Tech 3306): below 4 GiB its header says RIFF and every reader knows it, above it says RF64. FLAC (RFC 9639): the encoder
writes whole frames and leaves the length in STREAMINFO unknown until it ends; here it is written in as frames reach
the file.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import numpy as np
import soundfile

from realtime.engine.takes import claim, kind_of

_UPDATE_HEADER_NOW = 0x1060  # SFC_UPDATE_HEADER_NOW of libsndfile
_RF64_AUTO_DOWNGRADE = 0x1210  # SFC_RF64_AUTO_DOWNGRADE
_STREAMINFO = 8
"""Byte offset of STREAMINFO's body: after "fLaC" and the block's header."""
_LENGTH_MASK = (1 << 36) - 1


class GrowingFile:
    """A new file at `path`, or at NAME-2 … when there is one. Raises OSError and RuntimeError, as all methods."""

    def __init__(self, path: Path, sample_rate: int, channels: int):
        self._format, subtype = kind_of(path)
        descriptor, self.path = claim(path)
        self.frames = 0
        self._whole = (0, 0)
        try:
            self._sound = soundfile.SoundFile(
                descriptor, "w", sample_rate, channels, subtype, format=self._format, closefd=True
            )
            self._bytes = open(self.path, "r+b", buffering=0)  # noqa: SIM115
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise
        if self._format == "RF64" and self.path.suffix.lower() == ".wav":
            self._command(_RF64_AUTO_DOWNGRADE, 1)

    def write(self, sound: np.ndarray) -> None:
        """Append float32 (frames, channels)."""
        try:
            self._sound.write(sound)
        except AssertionError:  # soundfile's word for a short write
            raise OSError("the disk took a part only") from None
        self.frames += len(sound)
        if self._format == "FLAC":
            self._whole = (self._encoded(), self._bytes.seek(0, os.SEEK_END))

    def secure(self, to_disk: bool = True) -> None:
        """Make all that was written readable; to_disk: also after a loss of power."""
        if self._format == "FLAC":
            self._write_length(self._whole[0])
        else:
            self._command(_UPDATE_HEADER_NOW, 0)
        if to_disk:
            self._sound.flush()

    def close(self) -> None:
        """End the file."""
        try:
            self._sound.close()
        finally:
            self._bytes.close()

    def rescue(self) -> None:
        """End a file that could not be written any more, so that what it holds can be read."""
        frames, size = self._whole
        with contextlib.suppress(OSError, RuntimeError):  # then the header of the last `secure` stands
            self._sound.close()
        if self._format == "FLAC" and size:
            self._bytes.truncate(size)  # half a frame at the end is an error to a reader
            self._write_length(frames)
        self._bytes.close()

    def why(self, error: Exception) -> str:
        """A write's error in words."""
        free = shutil.disk_usage(self.path.parent).free
        return "the disk is full" if free < 1 << 16 else (getattr(error, "strerror", None) or str(error))

    def _command(self, number: int, argument: int) -> None:
        soundfile._snd.sf_command(self._sound._file, number, soundfile._ffi.NULL, argument)

    def _encoded(self) -> int:
        """Frames in whole FLAC blocks: the encoder writes one when it has seen the first frame of the next."""
        block = int.from_bytes(self._read(_STREAMINFO, 2), "big")
        return 0 if block == 0 or self.frames == 0 else (self.frames - 1) // block * block

    def _write_length(self, frames: int) -> None:
        """Put the length into STREAMINFO: the last 36 of its bits 80 to 143."""
        found = self._read(_STREAMINFO + 10, 8)
        if len(found) == 8:
            word = int.from_bytes(found, "big") & ~_LENGTH_MASK | frames & _LENGTH_MASK
            self._bytes.seek(_STREAMINFO + 10)
            self._bytes.write(word.to_bytes(8, "big"))

    def _read(self, at: int, count: int) -> bytes:
        self._bytes.seek(at)
        return self._bytes.read(count)
