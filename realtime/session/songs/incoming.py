"""Program changes from outside choose songs and parts: armed in the callback for what is ready, else by a press; [any but audio].

A bank that no song answers to counts as none, so that one that was sent long ago cannot silence the pedal.
"""

from __future__ import annotations

from collections.abc import Iterable

from realtime.engine.layout import PLAYER_SOURCE
from realtime.engine.switching import Cue, Prepared
from realtime.session.songs.position import Place
from realtime.session.songs.show import Opened, Show, Stage

PROGRAMS = 128
NEXT, PREVIOUS = 1, 0
"""What relative program changes mean."""


def place_of(opened: Opened, at: Place, program: int, bank: int = 0) -> Place | None:
    """The place that a program change calls: a part of this song that says so, any song or part that does, else the song of
    that number, 128 to a bank; where some songs say their own, the number of one that does not, if nobody else has it."""
    if opened.setlist.relative:
        step = {NEXT: opened.order.next, PREVIOUS: opened.order.previous}.get(program)
        return step(at) if step is not None else None
    said = _said(opened)
    if said:
        known = said.get(program, [])
        here = [place for place in known if place.song == at.song]
        return next(iter(here or known), None) or _by_its_number(opened, program)
    number = bank * PROGRAMS + program + 1
    if number > len(opened.songs):
        number = program + 1
    return Place(number, 1) if number <= len(opened.songs) else None


def _by_its_number(opened: Opened, program: int) -> Place | None:
    """The song of a number, if it says no program of its own anywhere."""
    if program >= len(opened.songs):
        return None
    song = opened.songs[program]
    silent = song.program is None and all(part.program is None for part in song.parts)
    return Place(program + 1, 1) if silent and song.parts else None


def _said(opened: Opened) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = {}
    for number, song in enumerate(opened.songs, 1):
        if song.program is not None:
            found.setdefault(song.program, []).append(Place(number, 1))
        for row, part in enumerate(song.parts, 1):
            if part.program is not None:
                found.setdefault(part.program, []).append(Place(number, row))
    return found


class Programs:
    """Listens to raw messages of all ports. unready: program changes that the callback could not answer by itself, since
    what they call was not made ready."""

    def __init__(self, stage: Stage, show: Show):
        self._stage, self._show = stage, show
        self.unready = 0
        self._banks: dict[tuple[int, int], list[int]] = {}
        self._told: set[tuple[int, int]] = set()
        """What has called nothing, each said once."""

    def heard(self, sample: int, source: int, data: bytes, used: bool) -> None:
        """One raw message that no cue has answered; used: the map has taken it. [any thread, one at a time]"""
        if used or source >= PLAYER_SOURCE or len(data) < 2:
            return
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        bank = self._banks.setdefault((source, channel), [0, 0])
        if kind == 0xB0 and data[1] in (0, 32) and len(data) > 2:
            bank[data[1] // 32] = data[2]
        elif kind == 0xC0 and self._hears(channel):
            self._called(data[1], bank[0] * 128 + bank[1])

    def _hears(self, channel: int) -> bool:
        return self._show.opened.setlist.channel in (0, channel + 1)

    def _called(self, program: int, bank: int) -> None:
        # on [main], where it is known by then what the callback has switched to by itself before this one came
        self._stage.do(lambda: self._follow(program, bank), "a program change")

    def _follow(self, program: int, bank: int) -> None:
        self._stage.switched()
        show = self._show
        if not show.opened.songs:
            return
        if show.opened.setlist.relative:
            step = {NEXT: show.next, PREVIOUS: show.previous}.get(program)
            if step is not None:
                step()
            return
        place = place_of(show.opened, show.aim, program, bank)
        if place is not None:
            self.unready += 1
            show.go(place.song, place.part)
        elif (program, bank) not in self._told:
            self._told.add((program, bank))
            what = f"{program} of bank {bank}" if bank else str(program)
            self._stage.say(
                f"program change {what} calls no song or part of {show.opened.setlist.name}; give one program = {program}"
            )

    def cues(self) -> list[Cue]:
        """What the callback shall answer to by itself: the program changes that call what is ready."""
        show = self._show
        opened = show.opened
        if len(opened.songs) > PROGRAMS and not _said(opened):
            return []  # banks count: they are read here
        channel = opened.setlist.channel
        channels = 0xFFFF if channel == 0 else 1 << (channel - 1)
        ready = {one.place: one.prepared for one in show.preload.all if one.prepared is not None}
        return list(_cues(opened, show.place, ready, channels))


def _cues(opened: Opened, at: Place, ready: dict[Place, Prepared], channels: int) -> Iterable[Cue]:
    for program in range(PROGRAMS):
        place = place_of(opened, at, program)
        prepared = ready.get(place) if place is not None else None
        if place is not None and prepared is not None:
            tail_s = opened.songs[place.song - 1].tail_s
            yield Cue(prepared, "program", program, channels=channels, tail_s=tail_s)
