"""What hands did since the last look, as steps that can be undone: knobs that moved, assignments that changed; [main]."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace

from realtime.midi.map.assignment import OF_RIG, OF_SCENES, Assignment
from realtime.session.document import macros, mapping
from realtime.session.editing import naming
from realtime.session.editing.history import History, Place, Step
from realtime.session.editing.live import Live
from realtime.session.editing.morph import Morph

MANY = 12
"""So many controls that move between two looks were moved by one hand: one step."""
Assignments = tuple[Assignment, ...]


def assigned(mapped: deque[tuple[Assignments, Assignments]], history: History, place: Place) -> Place:
    """Note assignments that were made, changed or removed; the place with those of the scene in its text."""
    count = len(mapped)
    changes = [mapped.popleft() for _ in range(count)]
    if count > MANY:  # one hand, a script's, made them all: one step
        changes = [(changes[0][0], changes[-1][1])]
    for was, is_now in changes:
        before, after = ([one.to_dict() for one in all_] for all_ in (was, is_now))
        former = place
        document = former.document.copied()
        mapping.put(document, [one for one in after if one["scope"] in OF_SCENES])
        if document.text != former.document.text:
            place = replace(former, document=document)
        rig = tuple([one for one in dicts if one["scope"] in OF_RIG] for dicts in (before, after))
        history.add(
            Step(
                naming.assigning(before, after) if count <= MANY else f"Map {count} controls",
                places=(former, place) if place is not former else None,
                rig=(rig[0], rig[1]) if rig[0] != rig[1] else None,
            )
        )
    return place


def moved(live: Live, history: History, morph: Morph) -> set[str]:
    """Note what was moved; the kinds of values that were."""
    moves, now = live.moves(), time.monotonic()
    kinds = {key[0] for key in moves}
    morphed = {key: pair for key, pair in moves.items() if morph.owns(key, pair[1])}
    if morphed:
        history.moved(morph.title, morphed, now)
    moves = {key: pair for key, pair in moves.items() if key not in morphed}
    for title, keys in macros.keys(live.document) if len(moves) > 1 else ():
        if moves.keys() <= keys:
            history.moved(f"Turn {title}", moves, now)
            return kinds
    if len(moves) > MANY:
        history.moved(f"Move {len(moves)} controls", moves, now)
        return kinds
    for key, (before, after) in moves.items():
        history.move(key, before, after, now, naming.mover(live, key))
    return kinds
