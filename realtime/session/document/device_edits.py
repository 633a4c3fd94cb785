"""Edits of devices: each checks its order and changes the text, and nothing else; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime.devices.registry import find
from realtime.engine.rack import fresh_uid
from realtime.native.errors import AntiphonError
from realtime.session.document import rows
from realtime.session.document.blocks import Block
from realtime.session.document.document import Part, device_path
from realtime.session.document.orders import Change, Edit, as_order, chain, device_of, place_of, title_of, where_of
from realtime.session.scene import SLOT_KEYS
from realtime.session.table import Table, shown

DEVICE_KEYS = ("device", "title", "bypass", "sidechain", "options", "values")


def new_device(order: Mapping[str, Any], what: str, owner: Part | None) -> Part:
    """A device from an order's device, title, bypass, sidechain, options and values. Raises AntiphonError."""
    table = as_order(order, what, (*DEVICE_KEYS, "chain", "at", "uid"))
    name = table.text("device")
    if not name:
        raise AntiphonError(f'{what}: say which device, for example "device": "chorus"')
    find(name)
    row = {"device": name}
    for key in ("title", "bypass", "sidechain", "options"):
        if table.table.get(key):
            row[key] = table.table[key]
    values = table.inner("values").table
    for key in values:
        if key in SLOT_KEYS:
            raise AntiphonError(f"{what}: values: {shown(key)} is no parameter")
    path = device_path(owner)
    block = Block(path, "", f"[[{'.'.join(path)}]]\n", rows.rows({**row, **values}))
    return Part("master" if owner is None else "device", fresh_uid(), [block])


def add_device(change: Change, order: Table) -> None:
    """{"chain","at","device","values","options","title"}"""
    owner = chain(change, order.text("chain", "master"), order.where)
    device = new_device(order.table, order.where, owner)
    change.document.put_device(owner, device, place_of(order))
    change.name = f"Add {title_of(device)} to {where_of(change, owner)}"


def remove_device(change: Change, order: Table) -> None:
    """{"uid"}"""
    owner, devices, at = device_of(change, order)
    change.name = f"Remove {title_of(devices[at])} from {where_of(change, owner)}"
    if owner is not None and len(devices) == 1:
        kind = owner.kind
        raise AntiphonError(
            f"{order.where}: it is the last device of {kind} {where_of(change, owner)}; remove the {kind}, or replace it"
        )
    change.document.take_device(devices[at].uid)


def replace_device(change: Change, order: Table) -> None:
    """{"uid","device","values","options"}"""
    owner, devices, at = device_of(change, order)
    former = devices[at]
    device = new_device(order.table, order.where, owner)
    # a lone device cannot leave its chain, so the new one comes first
    change.document.put_device(owner, device, at)
    change.document.take_device(former.uid)
    change.instead[former.uid] = device.uid
    change.name = f"Replace {title_of(former)} by {title_of(device)}"


def move_device(change: Change, order: Table) -> None:
    """{"uid","chain","at"}: at counts without the device itself"""
    owner, devices, at = device_of(change, order)
    goal = chain(change, order.text("chain"), order.where) if "chain" in order.table else owner
    device = devices[at]
    if owner is not None and goal is not owner and len(devices) == 1:
        raise AntiphonError(
            f"{order.where}: it is the last device of {owner.kind} {where_of(change, owner)}, which cannot be left empty"
        )
    change.document.put_device(goal, change.document.take_device(device.uid), place_of(order))
    change.name = f"Move {title_of(device)}" + ("" if goal is owner else f" to {where_of(change, goal)}")


def duplicate_device(change: Change, order: Table) -> None:
    """{"uid"}"""
    owner, devices, at = device_of(change, order)
    change.document.put_device(owner, devices[at].anew(), at + 1)
    change.name = f"Duplicate {title_of(devices[at])}"


def set_device(change: Change, order: Table) -> None:
    """{"uid", any of title, bypass, sidechain, options}"""
    _, devices, at = device_of(change, order)
    device, done = devices[at], []
    for key, empty in (("title", ""), ("sidechain", ""), ("options", {}), ("bypass", False)):
        if key in order.table:
            device.put(key, None if order.table[key] in (empty, None) else order.table[key])
            done.append(key)
    if "bypass" in done:
        change.values["bypass", device.uid] = order.flag("bypass")
    if not done:
        raise AntiphonError(f"{order.where}: say what to set: title, bypass, sidechain or options")
    change.name = f"Set {' and '.join(done)} of {title_of(device)}"


DEVICE_EDITS: dict[str, Edit] = {
    "add_device": (add_device, (*DEVICE_KEYS, "chain", "at")),
    "remove_device": (remove_device, ("uid",)),
    "replace_device": (replace_device, (*DEVICE_KEYS, "uid")),
    "move_device": (move_device, ("uid", "chain", "at")),
    "duplicate_device": (duplicate_device, ("uid",)),
    "set_device": (set_device, ("uid", "title", "bypass", "sidechain", "options")),
}
