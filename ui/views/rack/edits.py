"""Every edit of the rack as one message to the tree; what comes of it is shown when the tree says so; Qt thread."""

from typing import Any

from ui.state.drops import Drop, free_name
from ui.state.layout import BUS, TRACK, Chain, Layout, Slot
from ui.state.reading import dumps
from ui.store import Store


class Edits:
    """Sends /edit/… . Nothing is shown before the tree tells of it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def send(self, address: str, **body: Any) -> None:
        """One edit."""
        self.store.send(address, dumps(body))

    def drop(self, drop: Drop) -> None:
        """What was let go somewhere."""
        self.store.send(drop.address, drop.argument)

    # devices

    def add_device(self, chain: str, at: int, device: str) -> None:
        """A new device in the gap `at` of a chain."""
        self.send("/edit/add_device", chain=chain, at=at, device=device)

    def set_device(self, slot: Slot, **parts: Any) -> None:
        """title, bypass, sidechain or options of a device."""
        self.send("/edit/set_device", uid=slot.ref, **parts)

    def replace_device(self, slot: Slot, device: str, **parts: Any) -> None:
        """Another device in its place."""
        self.send("/edit/replace_device", uid=slot.ref, device=device, **parts)

    def move_device(self, slot: Slot, chain: str, at: int) -> None:
        """To stand at `at` of a chain."""
        self.send("/edit/move_device", uid=slot.ref, chain=chain, at=at)

    def remove_device(self, slot: Slot) -> None:
        """Out of its chain."""
        self.send("/edit/remove_device", uid=slot.ref)

    def duplicate_device(self, slot: Slot) -> None:
        """A second one behind it."""
        self.send("/edit/duplicate_device", uid=slot.ref)

    # chains

    def set_chain(self, chain: Chain, **parts: Any) -> None:
        """Parts of a track or bus; name: its new name."""
        if chain.kind == TRACK:
            self.send("/edit/set_track", track=chain.name, **parts)
        elif chain.kind == BUS:
            self.send("/edit/set_bus", bus=chain.name, **parts)

    def add_track(self, layout: Layout, title: str, **parts: Any) -> None:
        """A new track at the end."""
        self.send("/edit/add_track", name=free_name(title, layout), at=-1, **parts)

    def add_bus(self, layout: Layout, title: str, **parts: Any) -> None:
        """A new bus at the end."""
        self.send("/edit/add_bus", name=free_name(title, layout), at=-1, **parts)

    def remove_chain(self, chain: Chain) -> None:
        """A track or bus with all that is in it."""
        self.send(f"/edit/remove_{chain.kind}", name=chain.name)

    def duplicate_chain(self, chain: Chain) -> None:
        """A second track like it."""
        self.send(f"/edit/duplicate_{chain.kind}", name=chain.name)

    # clipboard

    def copy(self, what: Slot | Chain) -> None:
        """A device or a chain into the tree's clipboard."""
        if isinstance(what, Slot):
            self.send("/edit/copy", uid=what.ref)
        elif what.kind in (TRACK, BUS):
            self.send("/edit/copy", **{what.kind: what.name})

    def paste(self, chain: str = "", at: int = -1) -> None:
        """What was copied, into a chain, or as a track or bus of its own."""
        self.send("/edit/paste", **({"chain": chain, "at": at} if chain else {"at": at}))
