"""Major or minor as the mood that leads wants it: which, from which bar line on, and the chords in it; [player process]."""

from __future__ import annotations

from dataclasses import dataclass

from realtime.music.keyfinding import Key
from realtime.music.mixture import in_mode
from realtime.players.follower.course import Said
from realtime.players.plan import Moment

TURNS_AT, BACK_AT = 0.4, 0.2
"""A valence so far from 0 turns a key that says otherwise; back it turns only when that is this near: no flicker."""
AHEAD_BEATS, LEAST_S = 1.5, 0.15
"""It is told so long before the bar line: who plays plans no later."""
_SAME = 1e-6


@dataclass
class Colour:
    """now: the mode that all is turned to since a beat, "" as it is written; before: the one until then."""

    now: str = ""
    before: str = ""
    since: float = 0.0

    def wanted(self, mode: str, valence: float) -> str:
        """The mode for music that is written in one, "" if it is the same."""
        turned = self.now not in ("", mode)
        dark = -valence if mode == "major" else valence
        if dark >= (BACK_AT if turned else TURNS_AT):
            return "minor" if mode == "major" else "major"
        return ""

    def turn(self, mode: str, now: Moment) -> bool:
        """Another mode from the next bar line on, if there is time before it and it is near; returns whether it turned."""
        if mode == self.now:
            return False
        line = now.next_bar(now.beat + LEAST_S * now.tempo_bpm / 60.0)
        if now.playing and line - now.beat > AHEAD_BEATS:
            return False
        self.before, self.now, self.since = self.at(now.beat), mode, line if now.playing else now.beat
        return True

    def at(self, beat: float) -> str:
        """What holds at a beat."""
        return self.now if beat >= self.since - _SAME else self.before

    def coloured(self, due: list[Said], key: Key) -> list[Said]:
        """What a chart says, in the mode that holds at each beat; a chord that lasts over the turn is said again there."""
        found: list[Said] = []
        last: Said | None = None
        for said in due:
            if said.section is None and last is not None:
                found += self._again(last, said.beat, key)
            last = said if said.section is None else last
            found.append(self._one(said, key))
        if last is not None:
            found += self._again(last, float("inf"), key)
        return sorted(found, key=lambda said: said.beat)

    def _again(self, said: Said, until: float, key: Key) -> list[Said]:
        if not said.beat < self.since - _SAME < until - 2 * _SAME:
            return []
        return [self._one(said._replace(beat=self.since), key)]

    def _one(self, said: Said, key: Key) -> Said:
        mode = self.at(said.beat)
        if said.chord is None or not mode:
            return said
        return said._replace(chord=in_mode(said.chord, key.tonic, key.mode, mode))
