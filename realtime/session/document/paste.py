"""A text that was copied, from this scene or another, and the table of all edits; [main]."""

from __future__ import annotations

from realtime.native.errors import AntiphonError
from realtime.session.document import edits, orders, references, strip_edits
from realtime.session.document.document import Document, as_device_of
from realtime.session.document.load import load
from realtime.session.document.orders import Change
from realtime.session.table import Table, shown
from realtime.session.text_file import read_toml

LARGEST_TEXT = 200_000
"""Characters that a pasted text may have."""


def copied(document: Document, order: Table) -> str:
    """The text of a device, track or bus, as `paste` takes it. Raises AntiphonError."""
    change = Change(document)
    if "uid" in order.table:
        _, devices, at = orders.device_of(change, order)
        return as_device_of(devices[at], None).text.rstrip("\n") + "\n"
    for kind in ("track", "bus"):
        if kind in order.table:
            return orders.named(change, kind, order.text(kind), order.where).text.rstrip("\n") + "\n"
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
            part.put("name", strip_edits.free_name(change.document, former))
            change.document.insert(part, at)
            done.append(part.name)
    for part in change.document.all("track"):
        references.loosen(change.document, part)
    devices = found.all("master")
    if devices:
        owner = orders.chain(change, order.text("chain", "master"), order.where)
        for number, device in enumerate(devices):
            change.document.put_device(owner, device, at if at < 0 else at + number)
            done.append(orders.title_of(device))
    if not done:
        raise AntiphonError("paste: this text holds no [[track]], no [[bus]] and no device ([[master]])")
    change.name = f"Paste {', '.join(done[:3])}{' and more' if len(done) > 3 else ''}"


FROM_OUTSIDE = {"paste": (paste, ("text", "chain", "at")), "load": (load, ("path", "chain", "at"))}
"""As edits.EDITS."""
ALL = edits.EDITS | edits.TOGETHER | FROM_OUTSIDE
"""Every edit by name."""
