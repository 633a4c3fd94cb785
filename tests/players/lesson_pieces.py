"""A piece to be played in lessons: eight bars for two hands in C, no two bars alike."""

from __future__ import annotations

from realtime.models.grade import Grade
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.players.rehearsal import MODELS

GRADE = Grade.load(MODELS / "grade.onnx")
BAR, TEMPO_BPM = 4.0, 96.0
LINE = (
    (72, 74, 76, 77, 79, 77, 76, 74), (76, 72, 67, 72, 76, 79, 84, 79), (81, 79, 77, 76, 77, 81, 84, 81),
    (83, 81, 79, 77, 74, 77, 79, 83), (84, 79, 76, 79, 84, 83, 81, 79), (77, 81, 84, 81, 77, 74, 72, 74),
    (79, 76, 74, 71, 67, 71, 74, 77), (76,),
)  # fmt: skip
BASS = ((48, 55), (52, 48), (53, 57), (55, 50), (48, 52), (53, 50), (55, 43), (48,))


def _notes() -> list[Note]:
    found = []
    for bar, (line, bass) in enumerate(zip(LINE, BASS, strict=True)):
        for channel, keys, velocity in ((0, line, 0.72), (1, bass, 0.55)):
            step = BAR / len(keys)
            found += [Note(bar * BAR + i * step, 0.95 * step, key, velocity, channel) for i, key in enumerate(keys)]
    return found


PIECE = NoteSequence(_notes(), TempoMap([(0.0, TEMPO_BPM)]), [Metre(0.0, 4, 4)], "piece")


def moved(notes: list[Note], beats: float) -> list[Note]:
    """Notes at another time."""
    return [note._replace(beat=note.beat + beats) for note in notes]


def at_bar(bar: int, hand: int) -> int:
    """Index of a note of a hand in a bar (from 1): its second one, where it has two."""
    mine = [i for i, n in enumerate(PIECE.notes) if n.channel == hand and (bar - 1) * BAR <= n.beat < bar * BAR - 1e-6]
    return mine[min(1, len(mine) - 1)]
