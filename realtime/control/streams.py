"""What the session publishes for eyes (scope, meters, notes, spectrum), until the next push; never audio thread.

Messages:
    /stream/meters   s f s f ...        pairs of name and value (dB, %, counts), the latest of each
    /stream/scope    i f h b            channels, sample rate, index of the first sample, float32 LE (channels, n)
    /stream/notes    s i i f d s ...    sixes: source, on (1/0), key, velocity 0..1, beat, the player's lane ("" for you)
    /stream/plan     i s s i d d i f ...  eights: player from 1, lane, "note", "cancel" or "release", serial, beat,
                                        duration in beats, key, velocity 0..1: what players plan, before it sounds. Of the
                                        player's notes of this serial or a lower one, cancel takes back those at or after
                                        its beat, release all that have not ended
    /stream/music    s s d ...          threes: chord, key or section; its name as a musician writes it, "" for none; the song's
                                        beat from which it was told: the journal of what the follower says
    /stream/spectrum f f b              lowest and highest Hz, float32 LE (little-endian) dBFS of log-spaced bands
"""

import threading
from collections import deque
from collections.abc import Iterable, Mapping

import numpy as np

from realtime.control import wire
from realtime.control.spectrum import FLOOR_DB, spectrum_db

SCOPE, METERS, NOTES, SPECTRUM = "/stream/scope", "/stream/meters", "/stream/notes", "/stream/spectrum"
PLAN, MUSIC = "/stream/plan", "/stream/music"
MAX_PENDING_FRAMES = 24000  # half a second at 48 kHz; a longer pause drops the oldest
FRAMES_PER_PACKET = 2048
NOTES_PER_PACKET = 64
BANDS = 96
SPECTRUM_FRAMES = 4096

NoteEvent = tuple[str, bool, int, float, float, str]
PlanEvent = tuple[int, str, str, int, float, float, int, float]
MusicEvent = tuple[str, str, float]


class Streams:
    """Holds what has been published until `take_*` turns it into messages (control thread)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scope: deque[np.ndarray] = deque()
        self._pending_frames = 0
        self._frames_seen = 0
        self._notes: deque[NoteEvent] = deque(maxlen=4096)
        self._plans: deque[PlanEvent] = deque(maxlen=4096)
        self._music: deque[MusicEvent] = deque(maxlen=256)
        self._meters: dict[str, float] = {}
        self._recent = np.zeros(SPECTRUM_FRAMES, np.float32)
        self.sample_rate = 48000.0

    def publish_scope(self, samples: np.ndarray, sample_rate: float | None = None) -> None:
        """Appends audio (channels, n), float32, -1..1."""
        block = np.ascontiguousarray(np.atleast_2d(samples), dtype="<f4")
        if block.size == 0:
            return
        with self._lock:
            if sample_rate is not None:
                self.sample_rate = float(sample_rate)
            if self._scope and self._scope[0].shape[0] != block.shape[0]:
                self._scope.clear()
                self._pending_frames = 0
            self._scope.append(block)
            self._pending_frames += block.shape[1]
            while self._pending_frames > MAX_PENDING_FRAMES and len(self._scope) > 1:
                self._pending_frames -= self._scope.popleft().shape[1]

    def publish_meters(self, values: Mapping[str, float]) -> None:
        """Sets the latest meter readings by name."""
        clean = {str(name): float(value) for name, value in values.items() if np.isfinite(value)}
        with self._lock:
            self._meters.update(clean)

    def publish_notes(self, events: Iterable[NoteEvent]) -> None:
        """Appends notes (source, on, key, velocity 0..1, beat, lane); source "you" or a player's name."""
        with self._lock:
            self._notes.extend(events)

    def publish_plans(self, events: Iterable[PlanEvent]) -> None:
        """Appends what players plan: (player, lane, kind, serial, beat, duration, key, velocity)."""
        with self._lock:
            self._plans.extend(events)

    def publish_music(self, events: Iterable[MusicEvent]) -> None:
        """Appends what the music is: (chord, key or section, its name, beat)."""
        with self._lock:
            self._music.extend(events)

    def take_scope(self) -> list[bytes]:
        """The audio since the last call as messages, and remembers its end for the spectrum."""
        with self._lock:
            if not self._scope:
                return []
            audio = np.concatenate(self._scope, axis=1)
            self._scope.clear()
            self._pending_frames = 0
            rate = self.sample_rate
        start = self._frames_seen
        self._frames_seen += audio.shape[1]
        mono = audio.mean(axis=0)[-SPECTRUM_FRAMES:]
        self._recent = np.concatenate([self._recent[mono.size :], mono])
        return [
            wire.message(
                SCOPE, "ifhb", audio.shape[0], rate, start + at, audio[:, at : at + FRAMES_PER_PACKET].tobytes()
            )
            for at in range(0, audio.shape[1], FRAMES_PER_PACKET)
        ]

    def take_notes(self) -> list[bytes]:
        """The notes since the last call as messages."""
        with self._lock:
            events = list(self._notes)
            self._notes.clear()
        packets = []
        for at in range(0, len(events), NOTES_PER_PACKET):
            group = events[at : at + NOTES_PER_PACKET]
            flat = [
                part
                for source, on, key, velocity, beat, lane in group
                for part in (source, int(on), int(key), velocity, beat, lane)
            ]
            packets.append(wire.message(NOTES, "siifds" * len(group), *flat))
        return packets

    def take_plans(self) -> list[bytes]:
        """The plans since the last call as messages."""
        with self._lock:
            events = list(self._plans)
            self._plans.clear()
        groups = [events[at : at + NOTES_PER_PACKET] for at in range(0, len(events), NOTES_PER_PACKET)]
        return [
            wire.message(PLAN, "issiddif" * len(group), *[part for event in group for part in event])
            for group in groups
        ]  # fmt: skip

    def take_music(self) -> list[bytes]:
        """What was said of the music since the last call, as messages."""
        with self._lock:
            events = list(self._music)
            self._music.clear()
        flat = [part for event in events for part in event]
        return [wire.message(MUSIC, "ssd" * len(events), *flat)] if events else []

    def meters_messages(self) -> list[bytes]:
        """The latest readings; nothing before the first."""
        with self._lock:
            pairs = list(self._meters.items())
        return [wire.message(METERS, "sf" * len(pairs), *[part for pair in pairs for part in pair])] if pairs else []

    def spectrum_message(self) -> bytes:
        """The spectrum of the audio taken last."""
        levels = np.maximum(spectrum_db(self._recent, self.sample_rate, BANDS), FLOOR_DB)
        return wire.message(SPECTRUM, "ffb", 20.0, 20000.0, levels.astype("<f4").tobytes())
