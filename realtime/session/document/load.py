"""A file that was dropped into a scene: a model, a recording or a MIDI file, and where it goes; [main]."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from realtime.devices.registry import find
from realtime.devices.sampler import recording
from realtime.engine.rack import Keys, fresh_uid
from realtime.music.midifile import read_midi
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError
from realtime.session.document import device_edits, orders, rows, strip_edits
from realtime.session.document.blocks import Block
from realtime.session.document.document import Part
from realtime.session.document.orders import Change
from realtime.session.scene import key_number
from realtime.session.table import Table

MODELS = {".nam": "nam", ".onnx": "onnx"}
SOUNDS = (".wav", ".flac", ".aif", ".aiff", ".ogg", ".w64")
NOTES = (".mid", ".midi")
ENDINGS = (*MODELS, *SOUNDS, *NOTES)
LONGEST_TITLE = 40
_ROOT = re.compile(r"(?:^|[^A-Za-z])([A-Ga-g][#b]?-?[0-9])$")
_PROBE_HZ = 48000.0
DRUMS = 9
FAMILIES = (
    ("piano", "fm"), ("chimes", "fm"), ("organ", "fm"), ("guitar", "pluck"), ("bass", "poly"), ("strings", "poly"),
    ("ensemble", "poly"), ("brass", "poly"), ("reed", "poly"), ("pipe", "poly"), ("lead", "poly"), ("pad", "poly"),
    ("effect", "poly"), ("folk", "pluck"), ("percussion", "fm"), ("noises", "poly"),
)  # fmt: skip
"""What a family of eight General MIDI programs is called, and which instrument here sounds it."""


def load(change: Change, order: Table) -> None:
    """{"path","chain","at"}: a model as a device of a chain, a recording as an instrument, a MIDI file as a player"""
    path = Path(order.text("path"))
    kind = path.suffix.lower()
    if kind in MODELS:
        _model(change, order, path)
    elif kind in SOUNDS:
        _sound(change, order, path)
    elif kind in NOTES:
        _notes(change, order, path)
    else:
        names = ", ".join([*ENDINGS, ".toml"])
        raise AntiphonError(f"load: {path.name[:80]!r} is nothing that a device here plays; it can be {names}")
    change.name = f"Load {path.stem}"


def _title(path: Path) -> str:
    return " ".join(path.stem.split())[:LONGEST_TITLE].strip() or "file"


def _model(change: Change, order: Table, path: Path) -> None:
    tracks = change.document.all("track")
    default = f"track:{change.document.name_of(tracks[0])}"
    owner = orders.chain(change, order.text("chain", default), order.where)
    row = {"device": MODELS[path.suffix.lower()], "title": _title(path), "options": {"file": str(path)}}
    change.document.put_device(owner, device_edits.new_device(row, order.where, owner), order.whole("at", -1, -1, 1000))


# -- a recording ------------------------------------------------------------------------------------------------------


def _sound(change: Change, order: Table, path: Path) -> None:
    """In place of the instrument of the track that it was dropped on, else on a track of its own."""
    recording(path, _PROBE_HZ)  # says what is wrong with it before anything is touched
    row: dict[str, Any] = {"device": "sampler", "title": _title(path), "options": {"file": str(path)}}
    if (root := root_key(path)) is not None:
        row["values"] = {"root_key": root}
    chain = order.text("chain")
    owner = orders.chain(change, chain, order.where) if chain else None
    former = _instrument(owner)
    if owner is None or former is None:
        _add_track(change, _title(path), row, {})
        return
    device = device_edits.new_device(row, order.where, owner)
    change.document.put_device(owner, device, owner.devices.index(former))
    change.document.take_device(former.uid)
    change.instead[former.uid] = device.uid


def _instrument(owner: Part | None) -> Part | None:
    """The instrument of a track; None where there is none."""
    for device in owner.devices if owner is not None else ():
        if find(str(device.table["device"])).kind == "instrument":
            return device
    return None


def root_key(path: Path) -> int | None:
    """The key that a file's name ends with ("Cello C#3.wav"), None without."""
    found = _ROOT.search(path.stem)
    try:
        return key_number(found[1], "") if found else None
    except AntiphonError:
        return None


# -- a MIDI file ------------------------------------------------------------------------------------------------------


def _notes(change: Change, order: Table, path: Path) -> None:
    """A player of it. It sounds on the track that it was dropped on, else on new ones, one for each of its channels."""
    music = read_midi(path)
    channels = sorted({note.channel for note in music.notes})
    if not channels:
        raise AntiphonError(f"MIDI file {path}: there is no note in it; name one with music.")
    document = change.document
    _hear_only_those_there(change)
    number = len(document.all("player")) + 1
    row = {"player": "clip", "hears": [], "options": {"file": str(path)}}
    document.insert(Part("player", fresh_uid(), [Block(("player",), "", "[[player]]\n", rows.rows(row))]), -1)
    chain = order.text("chain")
    owner = orders.chain(change, chain, order.where) if chain else None
    if owner is not None and owner.kind == "track" and _instrument(owner) is not None:
        owner.put("hears", [*_hears(owner), f"player {number}"])
        return
    for channel in channels:
        name, device = instrument_of(music, channel)
        hears = [f"player {number} channel_{channel + 1}"]
        _add_track(change, name, {"device": device}, {"hears": hears})


def instrument_of(music: NoteSequence, channel: int) -> tuple[str, str]:
    """(name, device) for a channel of a file, by its program."""
    if channel == DRUMS:
        return "drums", "drums"
    return FAMILIES[music.programs.get(channel, 0) // 8]


def differs(path: str, metre: tuple[int, int]) -> list[str]:
    """What is to be told of a MIDI file that is played in another metre than it was written in."""
    if Path(path).suffix.lower() not in NOTES:
        return []
    music = read_midi(path)
    written = list(dict.fromkeys((one.numerator, one.denominator) for one in music.metres))
    if written == [metre]:
        return []
    names = " and ".join(f"{upper}/{lower}" for upper, lower in written)
    return [
        f"{Path(path).name} is in {names}, the transport in {metre[0]}/{metre[1]}: it begins on a bar line and comes round "
        "on its own; set the metre to bring the two together"
    ]


def _hears(track: Part) -> list[str]:
    said = track.table.get("hears", list(Keys().sources))
    return [said] if isinstance(said, str) else list(said)


def _hear_only_those_there(change: Change) -> None:
    """Tracks that hear "players" go on hearing those that there are, and not the new one, which has tracks of its own."""
    there = [f"player {number}" for number in range(1, len(change.document.all("player")) + 1)]
    for track in change.document.all("track"):
        names = _hears(track)
        if "players" in names:
            at = names.index("players")
            track.put("hears", [*names[:at], *(one for one in there if one not in names), *names[at + 1 :]])


def _add_track(change: Change, name: str, device: dict[str, Any], more: dict[str, Any]) -> None:
    row = {"name": strip_edits.free_name(change.document, name), **more}
    part = Part("track", fresh_uid(), [Block(("track",), "", "[[track]]\n", rows.rows(row))])
    part.devices = [device_edits.new_device(device, "load", part)]
    change.document.insert(part, -1)
