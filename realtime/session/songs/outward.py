"""Program changes that go out with songs, parts and cues, so that synths outside follow; [main]."""

from __future__ import annotations

from collections.abc import Sequence

from realtime.session.songs.show import Stage
from realtime.session.songs.song_data import Part, ProgramOut, Song


def send_out(stage: Stage, sends: Sequence[ProgramOut]) -> None:
    """Bank select and program change of each, in order, to Antiphon's own MIDI output or to the one it names."""
    for send in sends:
        for data in send.messages():
            stage.send_midi(data, send.port)


class Outward:
    """Sends what a song and its parts say."""

    def __init__(self, stage: Stage):
        self._stage = stage

    def entered(self, song: Song, part: Part, new_song: bool) -> None:
        """A part was entered."""
        send_out(self._stage, (song.sends if new_song else ()) + part.sends)
