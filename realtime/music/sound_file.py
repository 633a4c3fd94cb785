"""Sound files as they come, and written whole or not at all; [main].

Whatever libsndfile reads is read to its end: a length in a header is a hint, as recorders that were killed and pipes
leave it wrong (WAV of length 0 or above 4 GiB, FLAC of unknown length).
"""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from realtime.native.errors import AntiphonError
from realtime.native.whole_file import whole_file

BLOCK_FRAMES = 1 << 16
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1000, 768_000
SHARE_OF_MEMORY = 0.2
"""Of the machine's memory, for one file's samples: what works on them makes copies."""
LOUDEST = 1e6
"""+120 dBFS: above, a sample is a damaged number and no sound."""
KINDS = {".wav": ("WAV", "FLOAT"), ".flac": ("FLAC", "PCM_24"), ".w64": ("W64", "FLOAT"), ".rf64": ("RF64", "FLOAT")}
CHUNKS_BEHIND = (b"LIST", b"PEAK", b"fact", b"cue ", b"id3 ", b"bext")  # what may follow data that are empty in truth
LONGEST_WAV_BYTES = (1 << 32) - (1 << 20)
_ADD_PEAK_CHUNK = 0x1050  # SFC_SET_ADD_PEAK_CHUNK of libsndfile
_ffi, _sndfile = soundfile._ffi, soundfile._snd


@dataclass(frozen=True)
class SoundFile:
    """samples: float32 (channels, frames), finite; rate_hz; damage: a sentence on what could not be read, or empty."""

    samples: np.ndarray
    rate_hz: int
    damage: str = ""


def read_sound(path: str | Path) -> SoundFile:
    """The whole of a sound file, up to where it is damaged. Raises AntiphonError if it is missing, no sound file, empty,
    holds what is no sound, or more than memory can."""
    if not Path(path).exists():
        raise AntiphonError(f"Sound file {path}: there is no such file.")
    if Path(path).is_dir():
        raise AntiphonError(f"Sound file {path}: is a folder; name a file in it.")
    try:
        with ExitStack() as stack:
            file = stack.enter_context(_opened(path, stack))
            rate, channels = int(file.samplerate), int(file.channels)
            if not LOWEST_RATE_HZ <= rate <= HIGHEST_RATE_HZ:
                raise AntiphonError(
                    f"Sound file {path}: a sample rate of {rate} Hz is damage; "
                    f"from {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz can be read."
                )
            blocks, fault = _blocks(file, channels, path)
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        reason = str(getattr(error, "strerror", None) or error).split(": ")[-1].rstrip(".")
        raise AntiphonError(
            f"Sound file {path}: not an audio file that can be read ({reason}); convert it to WAV or FLAC."
        ) from None
    if not blocks:
        raise AntiphonError(
            f"Sound file {path}: it holds no sound{fault and f' ({fault})'}; record or export it again."
        )
    samples = np.ascontiguousarray(np.concatenate(blocks).T)
    _check_samples(samples, rate, path)
    seconds = samples.shape[1] / rate
    damage = f"{path}: damaged after {seconds:.2f} s ({fault}); what comes before is read." if fault else ""
    return SoundFile(samples, rate, damage)


def _blocks(file: soundfile.SoundFile, channels: int, path: str | Path) -> tuple[list[np.ndarray], str]:
    """Blocks (frames, channels) up to the end or the first damage, and what the damage is."""
    room = SHARE_OF_MEMORY * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    blocks: list[np.ndarray] = []
    held = 0
    while True:
        block = np.empty((BLOCK_FRAMES, channels), np.float32)
        # soundfile's own `read` seeks, which fails where the length is unknown
        count = _sndfile.sf_readf_float(file._file, _ffi.cast("float *", block.ctypes.data), BLOCK_FRAMES)
        if count > 0:
            blocks.append(block if count == BLOCK_FRAMES else block[:count].copy())
            held += blocks[-1].nbytes
        if held > room:
            raise AntiphonError(
                f"Sound file {path}: longer than {held / file.samplerate / channels / 4 / 60:.0f} minutes, more than this "
                "machine's memory is good for; cut it into parts."
            )
        if count < BLOCK_FRAMES:
            code = _sndfile.sf_error(file._file)
            fault = _ffi.string(_sndfile.sf_error_number(code)).decode("utf-8", "replace").rstrip(".") if code else ""
            return blocks, fault


def _check_samples(samples: np.ndarray, rate: int, path: str | Path) -> None:
    for start in range(0, samples.shape[1], BLOCK_FRAMES):
        part = samples[:, start : start + BLOCK_FRAMES]
        wrong = ~(np.abs(part) <= LOUDEST).all(axis=0)
        if wrong.any():
            at = start + int(np.argmax(wrong))
            value = next(v for v in part[:, at - start] if not abs(v) <= LOUDEST)
            what = (
                "numbers that are not finite"
                if not np.isfinite(value)
                else f"a level of {20 * np.log10(abs(value)):+.0f} dBFS"
            )
            raise AntiphonError(f"Sound file {path}: the audio holds {what} at {at / rate:.3f} s; export it again.")


def _opened(path: str | Path, stack: ExitStack) -> soundfile.SoundFile:
    """The file; one with a WAV header that tells too short a length is read to its end."""
    file = soundfile.SoundFile(str(path))
    start = _start_of_longer(path)
    if start is None or not soundfile.check_format("RAW", file.subtype):
        return file
    file.close()
    rest = stack.enter_context(_From(path, start))
    return soundfile.SoundFile(rest, "r", file.samplerate, file.channels, file.subtype, endian="LITTLE", format="RAW")


def _start_of_longer(path: str | Path) -> int | None:
    """Where the data of a WAV file begin if their length is told as 0 with sound behind it, or lies above 4 GiB."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if file.read(4) != b"RIFF" or file.read(8)[4:] != b"WAVE":
            return None
        at = 12
        for _ in range(64):
            file.seek(at)
            head = file.read(8)
            if len(head) < 8:
                return None
            length = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                rest = size - at - 8
                empty = length == 0 and rest > 0 and file.read(4) not in CHUNKS_BEHIND
                return at + 8 if empty or (rest >= 1 << 32 and length < rest) else None
            at += 8 + length + length % 2
    return None


class _From:
    """A file's bytes from a place on, as a file."""

    def __init__(self, path: str | Path, start: int):
        self._file, self._start = open(path, "rb"), start  # noqa: SIM115 (closed by __exit__)
        self._file.seek(start)
        self.read = self._file.read

    def __enter__(self) -> _From:
        return self

    def __exit__(self, *_) -> None:
        self._file.close()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset + (self._start if whence == 0 else 0), whence) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start

    def write(self, data) -> int:
        raise OSError(errno.EROFS, "read only")


def resample(sound: np.ndarray, source_rate: float, target_rate: float) -> np.ndarray:
    """Audio (channels, n) at another rate."""
    if source_rate == target_rate:
        return sound
    import soxr

    return np.ascontiguousarray(soxr.resample(sound.T, source_rate, target_rate, "VHQ").T, np.float32)


class SoundWriter:
    """A sound file that grows block by block and takes its name when it is whole; a context manager.

    WAV and W64 hold floats, FLAC 24 bits; a WAV that may grow beyond 4 GiB is written as RF64. peak: the highest level so
    far. clipped: samples above full scale in a file that cannot hold them.
    """

    def __init__(self, path: str | Path, rate_hz: float, channels: int, most_frames: int = 0):
        self.path = Path(path)
        kind = KINDS.get(self.path.suffix.lower())
        if kind is None:
            raise AntiphonError(
                f"cannot write {self.path.name!r}: end the name in .wav or .flac, or in .w64 for more than 4 GB"
            )
        if kind[0] == "WAV" and most_frames * channels * 4 > LONGEST_WAV_BYTES:
            kind = ("RF64", kind[1])
        self.rate_hz, self.channels, self.frames, self.clipped, self.peak = round(rate_hz), channels, 0, 0, 0.0
        self._kind = kind
        self._stack = ExitStack()

    def __enter__(self) -> SoundWriter:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._part = self._stack.enter_context(whole_file(self.path))
            self._file = soundfile.SoundFile(
                str(self._part), "w", self.rate_hz, self.channels, self._kind[1], format=self._kind[0]
            )
            # libsndfile stamps the time of writing into float files: the same sound would not be the same bytes
            _sndfile.sf_command(self._file._file, _ADD_PEAK_CHUNK, _ffi.NULL, 0)
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            self._stack.__exit__(type(error), error, None)
            raise self._refusal(error) from None
        return self

    def write(self, sound: np.ndarray) -> None:
        """Append float32 (channels, frames). Raises AntiphonError if it is not finite, or there is no room."""
        finite = np.isfinite(sound).all(axis=0)
        if not finite.all():
            at = (self.frames + int(np.argmin(finite))) / self.rate_hz
            raise AntiphonError(
                f"cannot write {self.path}: from {at:.3f} s on the sound is no number any more, so far it grew; "
                "lower the level of what goes in, or the gain."
            )
        level = np.abs(sound)
        self.peak = max(self.peak, float(level.max(initial=0.0)))
        if self._kind[1] != "FLOAT":
            self.clipped += int((level > 1.0).sum())
        _ffi.errno = 0
        try:
            self._file.write(sound.T)
        except (OSError, RuntimeError, AssertionError) as error:
            raise self._refusal(error) from None
        self.frames += sound.shape[1]

    def __exit__(self, kind, error, trace) -> None:
        _ffi.errno = 0
        self._file.close()
        try:
            if error is None and Path(self._part).is_file() and soundfile.info(str(self._part)).frames != self.frames:
                raise OSError(_ffi.errno or errno.ENOSPC, "")
        except (OSError, RuntimeError) as short:
            self._stack.__exit__(type(short), short, None)
            raise self._refusal(short) from None
        try:
            self._stack.__exit__(kind, error, trace)
        except OSError as late:
            raise self._refusal(late) from None

    def _refusal(self, error: BaseException) -> AntiphonError:
        number = getattr(error, "errno", None) or _ffi.errno
        reason = os.strerror(number) if number else str(error).split(": ")[-1].rstrip(".") or type(error).__name__
        return AntiphonError(
            f"cannot write {self.path} ({reason}); free some space or choose another place. Nothing was written, an "
            "earlier file of this name is whole."
        )


def write_sound(path: str | Path, sound: np.ndarray, rate_hz: float) -> SoundWriter:
    """Write float32 (channels, frames) whole or not at all; returns what tells its peak and clipping. Raises
    AntiphonError."""
    with SoundWriter(path, rate_hz, *sound.shape) as writer:
        for start in range(0, sound.shape[1], BLOCK_FRAMES):
            writer.write(sound[:, start : start + BLOCK_FRAMES])
    return writer
