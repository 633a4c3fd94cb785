"""Gathers a device's parameters under captions (Osc 1, Filter, Amp) so that knob labels stay short; no Qt."""

from dataclasses import dataclass
from itertools import groupby

from ui.model import Parameter


@dataclass(frozen=True)
class Group:
    """Neighbouring parameters with a caption ("" for none) and a short label for each."""

    caption: str
    members: tuple[tuple[Parameter, str], ...]


def gather(parameters: tuple[Parameter, ...]) -> list[Group]:
    """Groups in the parameters' own order: by `group` where given, else by the words their titles share."""
    groups: list[Group] = []
    loose: list[tuple[Parameter, str]] = []
    for _, members in groupby(parameters, key=_key):
        run = list(members)
        words = 0 if run[0].group else _shared_words(run)
        if run[0].group or words:
            if loose:
                groups.append(Group("", tuple(loose)))
                loose = []
            caption = run[0].group or " ".join(run[0].title.split()[:words])
            groups.append(Group(caption, tuple((one, _short(one.title, words)) for one in run)))
        else:
            loose += [(one, one.title) for one in run]
    if loose:
        groups.append(Group("", tuple(loose)))
    return groups


def _key(parameter: Parameter) -> str:
    """Parameters that may share a caption: those of one group, else of one id prefix (osc1_, filter_)."""
    return f"group {parameter.group}" if parameter.group else parameter.id.split("_", 1)[0]


def _shared_words(run: list[Parameter]) -> int:
    """How many leading words all titles share; 0 if that would say nothing (one title, or all the same)."""
    titles = [one.title.split() for one in run]
    shared = 0
    for words in zip(*titles, strict=False):
        if len(set(words)) > 1:
            break
        shared += 1
    return shared if len({one.title for one in run}) > 1 else 0


def _short(title: str, words: int) -> str:
    """The title without the caption's words; a title that is the caption stays (Unison: unison, detune, spread)."""
    rest = " ".join(title.split()[words:]) or title
    return rest[:1].upper() + rest[1:]
