"""Program changes that go out with songs, parts and cues, so that synths outside follow; [main]."""

from __future__ import annotations

import time
from collections.abc import Sequence

from realtime.session.songs.show import Show, Stage
from realtime.session.songs.song_data import PROGRAM, Part, ProgramOut, Song

PATIENCE_S = 5.0
"""How long a program change waits for its output."""


def ports_of(songs: Sequence[Song]) -> list[str]:
    """Patterns of the outputs that songs send to by name."""
    sends = [send for song in songs for send in (*song.sends, *(one for part in song.parts for one in part.sends))]
    cues = [cue.value for song in songs if song.backing is not None for cue in song.backing.cues if cue.kind == PROGRAM]
    return sorted({send.port for send in (*sends, *cues) if send.port})


class Outward:
    """Sends what songs, parts and cues say; an output that has just been asked for may take a moment to open."""

    def __init__(self, stage: Stage, show: Show):
        self._stage, self._show = stage, show
        self._owed: list[tuple[float, bytes, str]] = []

    def entered(self, song: Song, part: Part, new_song: bool) -> None:
        """A part was entered."""
        if new_song:
            self._stage.address_midi(ports_of(self._show.opened.songs))
        self.send((song.sends if new_song else ()) + part.sends)

    def send(self, sends: Sequence[ProgramOut]) -> None:
        """Bank select and program change of each, in order, to Antiphon's own MIDI output or to the one it names."""
        for out in sends:
            self._owed = [owed for owed in self._owed if owed[2] != out.port]  # what is late is not wanted any more
        now = time.monotonic()
        self._owed += [(now + PATIENCE_S, data, out.port) for out in sends for data in out.messages()]
        self.tick()

    def tick(self) -> None:
        """Send what waits for its output, in order; say what waited too long. [main]"""
        owed, self._owed = self._owed, []
        closed: set[str] = set()
        for until, data, port in owed:
            if port not in closed and self._stage.send_midi(data, port):
                continue
            closed.add(port)
            if time.monotonic() < until:
                self._owed.append((until, data, port))
        for port in closed - {port for _, _, port in self._owed}:
            self._stage.say(f"there is no MIDI output {port!r} for the program changes of the song; connect it")
