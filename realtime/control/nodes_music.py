"""What the music is, in the tree: what the follower says, the band's section and intensity by hand, the chart; [main]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from realtime.control.tree import READ, READ_WRITE, WRITE, Node

MUSIC = (
    ("/follower/chord", "s", READ, None, "Chord", "As on a lead sheet; empty: none is known."),
    ("/follower/next", "s", READ, None, "Next chord", "The next one that a chart announces, or empty."),
    ("/follower/next_beat", "f", READ, None, "Beats to the next chord", "Quarter notes until it begins; 0 without one."),
    ("/follower/key", "s", READ, None, "Key", "Like A minor; empty: none is known."),
    ("/follower/section", "s", READ, None, "Section", "intro, verse, chorus, bridge, fill, break, solo, ending, or empty."),
    ("/follower/beat", "f", READ, None, "Beat", "Of the bar, from 1, in quarter notes."),
    ("/follower/intensity", "f", READ, (0.0, 1.0), "Intensity", "How much the music pushes."),
    ("/follower/valence", "f", READ, (-1.0, 1.0), "Valence", "Sad to happy."),
    ("/follower/arousal", "f", READ, (-1.0, 1.0), "Arousal", "Calm to excited."),
    ("/band/section", "s", READ_WRITE, None, "Section by hand", "The section from the next bar on; read: the one that was "
     "called for last."),
    ("/band/intensity", "f", READ_WRITE, (-1.0, 1.0), "Intensity by hand", "0 to 1 for all players; below 0: as it is played."),
    ("/mood/valence", "f", READ_WRITE, (-1.0, 1.0), "Valence by hand", "Sad to happy, beyond what words or cues say."),
    ("/mood/arousal", "f", READ_WRITE, (-1.0, 1.0), "Arousal by hand", "Calm to excited, beyond what words or cues say."),
    ("/mood/text", "s", READ_WRITE, None, "Mood in words", "Like: tender, slightly uneasy; writing it is an edit of the scene."),
    ("/mood/cues", "s", READ_WRITE, None, "Cue list", "0:00 calm | 0:45 rising tension, or bar 9 calm; an edit of the scene."),
    ("/chart/text", "s", READ_WRITE, None, "Chord chart", "The scene's chart, bar by bar; writing it is an edit of the scene."),
    ("/chart/draft", "s", WRITE, None, "Draft of a chart", "A text to be read and not yet played; see /chart/reading."),
    ("/chart/reading", "s", READ, None, "Reading of the draft", "JSON: the text (of), faults with their lines, bars, sections."),
)  # fmt: skip
"""(address, type, access, range, title, description)"""
DEFAULTS = {"/band/intensity": -1.0, "/mood/valence": 0.0, "/mood/arousal": 0.0}
"""Of what a hand moves."""


CALL = "/band/call"
"""Below it a trigger for each section, for pedals and pads: the section from the next bar on."""


def call_nodes(names: Sequence[str], call: Callable[[str], Any]) -> list[Node]:
    """Triggers of all sections; call(name) returns at once."""

    def node(name: str) -> Node:
        return Node(f"{CALL}/{name}", "I", WRITE, set=lambda _value: call(name), title=f"Call {name}",
                    description="This section from the next bar on.")  # fmt: skip

    return [node(name) for name in names]


def music_nodes(getters: Mapping[str, Callable[[], Any]], setters: Mapping[str, Callable[[Any], Any]]) -> list[Node]:
    """The nodes of MUSIC, by the functions of their addresses; a setter returns at once."""
    return [
        Node(
            address, kind, access, limits, title=title, description=text, default=DEFAULTS.get(address),
            get=getters.get(address), set=setters.get(address), poll=address in getters,
        )
        for address, kind, access, limits, title, text in MUSIC
    ]  # fmt: skip
