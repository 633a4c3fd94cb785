"""A song's bars on the transport's beats, part by part, in the metre and tempo of each; [main]."""

from __future__ import annotations

from realtime.session.songs.song_data import Song


class Timeline:
    """tempo_bpm, signature: of the scene, where neither part nor song says one. Beats are quarter notes from the start."""

    def __init__(self, song: Song, tempo_bpm: float, signature: tuple[int, int]):
        self.starts: list[float] = []
        """Beat at which each part begins; parts without bars take no time."""
        self.tempi: list[tuple[float, float]] = []
        self._rows: list[tuple[int, float, float]] = []  # bar from 0, beat, beats a bar
        bar, beat = 0, 0.0
        for part in song.parts:
            numerator, denominator = part.signature or song.signature or signature
            length = numerator * 4.0 / denominator
            self.starts.append(beat)
            tempo = part.tempo_bpm or song.tempo_bpm or tempo_bpm
            if not self.tempi or (self.tempi[-1][1] != tempo and part.bars):
                self.tempi.append((beat, tempo))
            self._rows.append((bar, beat, length))
            bar, beat = bar + part.bars, beat + part.bars * length
        self.length = beat if all(part.bars for part in song.parts) else 0.0
        """Beats in all; 0 where not every part says its bars."""

    def beat_of(self, bar: float) -> float:
        """The beat at which a bar (from 1, or a part of one) begins."""
        number = bar - 1.0
        first, beat, length = next(row for row in reversed(self._rows) if row[0] <= number + 1e-9 or row[0] == 0)
        return beat + (number - first) * length

    def end_of(self, part: int) -> float:
        """The beat at which a part (from 1) ends; 0 where it says no bars."""
        behind = self.starts[part] if part < len(self.starts) else self.length
        return behind if behind > self.starts[part - 1] else 0.0

    @property
    def seconds(self) -> float:
        """How long it lasts; 0 where it is open."""
        ends = [beat for beat, _ in self.tempi[1:]] + [self.length]
        return sum(
            (end - beat) * 60.0 / tempo for (beat, tempo), end in zip(self.tempi, ends, strict=True) if self.length
        )
