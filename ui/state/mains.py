"""Which eight parameters of a device stand large: those that a control moves, then those that hands reach for; no Qt."""

from collections import Counter
from collections.abc import Container, Sequence

from ui import strings
from ui.groups import Group, gather
from ui.model import Parameter

COUNT, LEAST = 8, 3
REACHED_FOR = (
    "cutoff_hz", "resonance", "filter_cutoff_hz", "filter_resonance", "brightness", "drive_db", "drive", "input_db",
    "amp_attack_s", "attack_s", "amp_release_s", "release_s", "decay_s", "size", "time_s", "sync", "feedback", "rate_hz",
    "depth", "depth_ms", "detune_cents", "vibrato_cents", "threshold_db", "ratio", "tone", "mix", "output_db", "level_db",
    "gain_db",
)  # fmt: skip
"""What is turned while one plays, in the order of a signal: tone, drive, envelope, time, movement, level."""


def mains(parameters: Sequence[Parameter], mapped: Container[str] = ()) -> list[Parameter]:
    """Up to COUNT parameters: mapped ones first, then those hands reach for, then the first ones; in the table's order
    within each."""
    if len(parameters) <= COUNT:
        return list(parameters)
    chosen = [one for one in parameters if one.address in mapped]
    by_id = {one.id: one for one in parameters}
    chosen += [by_id[name] for name in REACHED_FOR if name in by_id and by_id[name] not in chosen]
    chosen += [one for one in parameters if one not in chosen]
    return chosen[:COUNT]


def pages(parameters: Sequence[Parameter], mapped: Container[str] = ()) -> list[Group]:
    """The tabs of a device: the main eight, then its groups; Osc 1 and Osc 2 share one, what stands alone shares General."""
    first = Group(strings.MAIN, tuple((one, one.title) for one in mains(parameters, mapped)))
    if len(parameters) <= COUNT:
        return [first]
    found: dict[str, list[tuple[Parameter, str]]] = {}
    heads = Counter(_head(group.caption) for group in gather(tuple(parameters)))
    for group in gather(tuple(parameters)):
        head = _head(group.caption)
        shared = heads[head] > 1
        if not group.caption or len(group.members) < LEAST:
            caption, members = strings.GENERAL, [(one, one.title) for one, _ in group.members]
        else:
            caption = head if shared else group.caption
            members = [(one, one.title if shared else label) for one, label in group.members]
        found.setdefault(caption, []).extend(members)
    rest = found.pop(strings.GENERAL, [])
    pages = [first, *(Group(caption, tuple(members)) for caption, members in found.items())]
    return [*pages, Group(strings.GENERAL, tuple(rest))] if rest else pages


def _head(caption: str) -> str:
    """A caption without its number: Osc 1 is Osc."""
    return caption.rstrip("0123456789 ") or caption
