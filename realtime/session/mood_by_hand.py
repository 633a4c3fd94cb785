"""The mood by the tree's own addresses, whichever number its player has: /mood/valence, arousal, text, cues; [any but audio]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from realtime.music.cue_list import read_cues
from realtime.music.mood_words import mood_of
from realtime.native.errors import AntiphonError
from realtime.session.editing.editor import Editor
from realtime.session.player_link import PlayerLink

PLAYER = "mood"
NUMBERS, TEXTS = ("valence", "arousal"), ("text", "cues")


class Moody(Protocol):
    """What is asked of the session."""

    @property
    def links(self) -> Sequence[PlayerLink]: ...
    @property
    def editor(self) -> Editor: ...
    def do(self, job: Callable[[], Any], what: str = ...) -> None: ...


class MoodByHand:
    """The first player `mood` of the scene; without one all reads as neutral, and nothing can be written."""

    def __init__(self, session: Moody):
        self._session = session

    def getters(self) -> dict[str, Callable[[], Any]]:
        """By address."""
        found: dict[str, Callable[[], Any]] = {f"/mood/{name}": partial(self._number, name) for name in NUMBERS}
        return found | {f"/mood/{name}": partial(self._text, name) for name in TEXTS}

    def setters(self) -> dict[str, Callable[[Any], Any]]:
        """By address; each returns at once. They raise AntiphonError without a player, and for words that say nothing."""
        found: dict[str, Callable[[Any], Any]] = {f"/mood/{name}": partial(self._move, name) for name in NUMBERS}
        return found | {f"/mood/{name}": partial(self._write, name) for name in TEXTS}

    def _find(self) -> PlayerLink | None:
        return next((link for link in list(self._session.links) if link.name == PLAYER), None)

    def _need(self) -> PlayerLink:
        found = self._find()
        if found is None:
            raise AntiphonError("nobody leads the mood in this scene: add the player mood to it")
        return found

    def _number(self, name: str) -> float:
        link = self._find()
        return 0.0 if link is None else link.values[name]

    def _text(self, name: str) -> str:
        link = self._find()
        return "" if link is None else str(link.slot.options.get(name, ""))

    def _move(self, name: str, value: float) -> None:
        link = self._need()
        link.set(next(row for row, param in enumerate(link.params) if param.id == name), float(value))

    def _write(self, name: str, text: str) -> None:
        """Other words or cues: an edit of the scene, checked here, so that who wrote them is told what is wrong."""
        link = self._need()
        if text.strip():
            mood_of(text, "/mood/text") if name == "text" else read_cues(text, "/mood/cues")
        session, options = self._session, {**link.slot.options, name: text}
        session.do(
            lambda: session.editor.edit("set_player", {"number": link.number + 1, "options": options}),
            f"the mood's {name}",
        )
