"""`answer` without its model: the phrase varied by old means (sequence, inversion, new ending), within the key;
[player process]."""

from __future__ import annotations

from random import Random

import realtime.models.phrase.code as code
from realtime.models.phrase import Composer, Line, Taste, Written
from realtime.music.scale import key_classes, move_in, nearest_in
from realtime.music.sequence import fold_pitch

MEANS = ("sequence up", "sequence down", "inversion", "new ending")


class RulesComposer(Composer):
    """Writes variations of the last call."""

    def __init__(self) -> None:
        super().__init__()
        self._void()

    def _void(self) -> None:
        self._plan: list[tuple[int, int, int]] | None = None

    def begin(self, *arguments, **named) -> Line:
        self._void()
        return super().begin(*arguments, **named)

    def write(
        self,
        taste: Taste,
        random: Random,
        length_ticks: int = 0,
        earliest_tick: int = 0,
        latest_first_tick: int | None = None,
    ) -> Written | None:
        line = self.lines[-1]
        if self._plan is None:
            calls = [x for x in self.lines[:-1] if x.role in (code.CALL, code.PREFIX) and x.notes]
            length = line.length_ticks or length_ticks
            call = [n[:3] for n in calls[-1].notes] if calls else [[12 * i, 12, 60 + taste.tonic] for i in range(8)]
            start = calls[-1].start_tick if calls else 0
            moved = [(t - start + line.start_tick, d, p) for t, d, p in call if t - start < length]
            self._plan = closed(vary(moved, taste, random), line.start_tick + length, taste.cadence)
        if not self._plan:
            return None
        note = Written(*self._plan.pop(0))
        line.notes.append([*note, 0])
        return note


def vary(notes: list[tuple[int, int, int]], taste: Taste, random: Random) -> list[tuple[int, int, int]]:
    """The phrase by one of MEANS, its last note on the tonic."""
    if not notes:
        return []
    classes = key_classes(taste.tonic, taste.mode or "major")
    means = random.choice(MEANS)
    first = notes[0][2]
    varied = []
    for i, (tick, duration, pitch) in enumerate(notes):
        if means == "inversion":
            pitch = nearest_in(2 * first - pitch, classes)
        elif means == "new ending":
            pitch = move_in(pitch, random.choice((-1, 1)), classes) if i >= len(notes) * 2 // 3 else pitch
        else:
            pitch = move_in(pitch, 2 if means == "sequence up" else -1, classes)
        varied.append((tick, max(1, duration), fold_pitch(pitch, taste.lowest, taste.highest)))
    tick, duration, pitch = varied[-1]
    varied[-1] = (tick, duration, fold_pitch(nearest_in(pitch, frozenset({taste.tonic % 12})), 0, 127))
    return varied


def closed(notes: list[tuple[int, int, int]], end: int, cadence: int) -> list[tuple[int, int, int]]:
    """Notes that end by their last one, held to `end`, from `cadence` ticks before it on at the latest."""
    if not notes or cadence <= 0:
        return notes
    final = notes[-1][2]
    kept = [n for n in notes if n[0] <= end - cadence] or notes[:1]
    tick = kept[-1][0]
    return [*kept[:-1], (tick, max(1, end - tick), final)]
