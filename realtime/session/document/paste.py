"""Parts of scenes that come from outside: a text that was copied, a file that was dropped; [main]."""

from __future__ import annotations

from pathlib import Path

from realtime.engine.rack import fresh_uid
from realtime.native.errors import AntiphonError
from realtime.session.document import edits, references, rows
from realtime.session.document.blocks import Block
from realtime.session.document.document import Document, Part, as_device_of, device_path
from realtime.session.document.edits import Change
from realtime.session.table import Table, shown
from realtime.session.text_file import read_toml

LARGEST_TEXT = 200_000
"""Characters that a pasted text may have."""
_BY_FILE = {".nam": "nam", ".onnx": "onnx"}


def copied(document: Document, order: Table) -> str:
    """The text of a device, track or bus, as `paste` takes it. Raises AntiphonError."""
    change = Change(document)
    if "uid" in order.table:
        _, devices, at = edits.device_of(change, order)
        return as_device_of(devices[at], None).text.rstrip("\n") + "\n"
    for kind in ("track", "bus"):
        if kind in order.table:
            return edits.named(change, kind, order.text(kind), order.where).text.rstrip("\n") + "\n"
    raise AntiphonError(f"{order.where}: say what: a uid, a track or a bus")


def paste(change: Change, order: Table) -> None:
    """{"text","chain","at"}: tracks, buses and devices ([[master]]) of a TOML text"""
    text = order.text("text")
    if not text.strip():
        raise AntiphonError("paste: nothing was copied; copy a device, a track or a bus first")
    if len(text) > LARGEST_TEXT:
        raise AntiphonError(f"paste: this text has {len(text)} characters; {LARGEST_TEXT} are the most")
    read_toml(text, "paste", "text")
    found = Document.parse(text if text.endswith("\n") else text + "\n")
    done = []
    at = order.whole("at", -1, -1, 1000)
    for kind in ("bus", "track"):
        for part in found.all(kind):
            former = found.name_of(part)
            if not part.devices:
                raise AntiphonError(f"paste: {kind} {shown(former)} has no device; a {kind} needs one")
            part.put("name", edits.free_name(change.document, former))
            change.document.insert(part, at)
            done.append(part.name)
    for part in change.document.all("track"):
        references.loosen(change.document, part)
    devices = found.all("master")
    if devices:
        owner = edits.chain(change, order.text("chain", "master"), order.where)
        for number, device in enumerate(devices):
            change.document.put_device(owner, device, at if at < 0 else at + number)
            done.append(edits.title_of(device))
    if not done:
        raise AntiphonError("paste: this text holds no [[track]], no [[bus]] and no device ([[master]])")
    change.name = f"Paste {', '.join(done[:3])}{' and more' if len(done) > 3 else ''}"


def load(change: Change, order: Table) -> None:
    """{"path","chain","at"}: a model as a device of a chain"""
    path = Path(order.text("path"))
    kind = path.suffix.lower()
    if kind not in _BY_FILE:
        names = ", ".join([*_BY_FILE, ".toml"])
        raise AntiphonError(f"load: {path.name[:80]!r} is nothing that a device here plays; it can be {names}")
    tracks = change.document.all("track")
    default = f"track:{change.document.name_of(tracks[0])}"
    owner = edits.chain(change, order.text("chain", default), order.where)
    row = {"device": _BY_FILE[kind], "title": path.stem[:40], "options": {"file": str(path)}}
    block = Block(device_path(owner), "", f"[[{'.'.join(device_path(owner))}]]\n", rows.rows(row))
    part = Part("master" if owner is None else "device", fresh_uid(), [block])
    change.document.put_device(owner, part, order.whole("at", -1, -1, 1000))
    change.name = f"Load {path.stem}"


FROM_OUTSIDE = {"paste": (paste, ("text", "chain", "at")), "load": (load, ("path", "chain", "at"))}
"""As edits.EDITS."""
ALL = edits.EDITS | FROM_OUTSIDE
"""Every edit by name."""
