"""The rack's menus: what to add, and what can be done with a device, a track, a bus; Qt thread."""

from collections.abc import Callable

from PyQt6.QtWidgets import QInputDialog, QLineEdit, QMenu, QWidget

from ui import strings
from ui.state import browse
from ui.state.browse import Entry
from ui.state.layout import MASTER, TRACK, Chain, Layout, Slot
from ui.style.draw import menu_text
from ui.views.rack.chain_header import source_title
from ui.views.rack.edits import Edits
from ui.views.rack.option_menu import fill_options

KIND_ORDER = ("instrument", "effect", "neural", "midi", "plugin")


def filled_by_kind(menu: QMenu, entries: list[Entry], chosen: Callable[[str], None]) -> None:
    """Devices in a menu of a part a kind; chosen(device)."""
    kinds = sorted(
        {entry.tags[0] for entry in entries if entry.tags},
        key=lambda kind: (KIND_ORDER.index(kind) if kind in KIND_ORDER else 99, kind),
    )
    if not kinds:
        menu.addAction(strings.NOTHING_TO_ADD).setEnabled(False)
    for kind in kinds:
        part = _part(menu, menu_text(strings.KINDS.get(kind, kind).capitalize()))
        for entry in entries:
            if entry.tags[:1] == (kind,):
                act = part.addAction(menu_text(entry.title), lambda name=entry.name: chosen(name))
                act.setToolTip(entry.about)


def add_menu(parent: QWidget, edits: Edits, chain: Chain, at: int) -> QMenu:
    """Devices for a gap of a chain, and pasting into it."""
    menu = _menu(parent)
    filled_by_kind(menu, devices(edits), lambda name: edits.add_device(chain.key, at, name))
    menu.addSeparator()
    _paste(menu, edits, lambda: edits.paste(chain.key, at))
    return menu


def add_track_menu(parent: QWidget, edits: Edits, layout: Layout) -> QMenu:
    """Instruments for a new track; an empty one; an audio input."""
    menu = _menu(parent)
    titles = {entry.name: entry.title for entry in devices(edits)}

    def with_instrument(name: str) -> None:
        edits.add_track(layout, titles.get(name, name), devices=[{"device": name}])

    found = [entry for entry in devices(edits) if entry.tags[:1] == ("instrument",)]
    for entry in found:
        menu.addAction(menu_text(entry.title), lambda name=entry.name: with_instrument(name))
    menu.addSeparator()
    inputs = _part(menu, strings.FROM_AUDIO)
    for number in range(1, 9):
        inputs.addAction(
            strings.AUDIO_IN.format(number),
            lambda n=number: edits.add_track(
                layout, strings.AUDIO_IN.format(n), audio_input=[n], devices=[{"device": "eq"}]
            ),
        )
    menu.addSeparator()
    _paste(menu, edits, edits.paste)
    return menu


def add_bus_menu(parent: QWidget, edits: Edits, layout: Layout) -> QMenu:
    """Effects for a new bus."""
    menu = _menu(parent)
    for entry in devices(edits):
        if entry.tags[:1] == ("effect",):
            menu.addAction(
                menu_text(entry.title),
                lambda entry=entry: edits.add_bus(layout, entry.title.lower(), devices=[{"device": entry.name}]),
            )
    return menu


def add_player_menu(parent: QWidget, edits: Edits) -> QMenu:
    """Players for the scene."""
    menu = _menu(parent)
    found = players(edits)
    if not found:
        menu.addAction(strings.NOTHING_TO_ADD).setEnabled(False)
    for entry in found:
        menu.addAction(menu_text(entry.title), lambda name=entry.name: edits.send("/edit/add_player", player=name))
    return menu


def slot_menu(parent: QWidget, edits: Edits, layout: Layout, slot: Slot, opened: Callable[[], None]) -> QMenu:
    """What can be done with a device."""
    menu = _menu(parent)
    chain, at = layout.place(slot.uid) or (None, 0)
    if chain is None:
        return menu
    menu.addAction(strings.OPEN, opened)
    bypass = menu.addAction(strings.BYPASS, lambda: edits.set_device(slot, bypass=not slot.bypass))
    bypass.setCheckable(True)
    bypass.setChecked(slot.bypass)
    _learn(menu, edits, f"{slot.root}/bypass", strings.LEARN_BYPASS)
    menu.addAction(
        strings.RENAME, lambda: _renamed(parent, slot.title, lambda name: edits.set_device(slot, title=name))
    )
    filled_by_kind(_part(menu, strings.REPLACE_BY), devices(edits), lambda name: edits.replace_device(slot, name))
    _sidechain(menu, edits, layout, chain, slot)
    fill_options(menu, parent, edits, slot)
    menu.addSeparator()
    menu.addAction(strings.DUPLICATE, lambda: edits.duplicate_device(slot))
    menu.addAction(strings.COPY, lambda: edits.copy(slot))
    _paste(menu, edits, lambda: edits.paste(chain.key, at + 1))
    moves = _part(menu, strings.MOVE_TO)
    for other in layout.chains:
        if other.key != chain.key:
            moves.addAction(
                menu_text(other.title or other.name), lambda key=other.key: edits.move_device(slot, key, -1)
            )
    menu.addSeparator()
    menu.addAction(strings.REMOVE, lambda: edits.remove_device(slot))
    return menu


def chain_menu(parent: QWidget, edits: Edits, layout: Layout, chain: Chain, opened: Callable[[], None]) -> QMenu:
    """What can be done with a track, a bus or the master."""
    menu = _menu(parent)
    if chain.kind == MASTER:
        _paste(menu, edits, lambda: edits.paste(chain.key, -1))
        _learn(menu, edits, f"{chain.mix}/gain_db", strings.LEARN_LEVEL)
        return menu
    if chain.kind == TRACK:
        menu.addAction(strings.OPEN_ZONE, opened)
    muted = bool(edits.store.value(f"{chain.mix}/mute"))
    mute = menu.addAction(strings.MUTE, lambda: edits.store.send(f"{chain.mix}/mute", not muted))
    mute.setCheckable(True)
    mute.setChecked(muted)
    _learn(menu, edits, f"{chain.mix}/mute", strings.LEARN_MUTE)
    _learn(menu, edits, f"{chain.mix}/gain_db", strings.LEARN_LEVEL)
    menu.addAction(strings.RENAME, lambda: _renamed(parent, chain.name, lambda name: edits.set_chain(chain, name=name)))
    if chain.kind == TRACK:
        _hears(_part(menu, strings.HEARS), edits, layout, chain)
        _output(_part(menu, strings.GOES_TO), edits, chain)
    menu.addSeparator()
    if chain.kind == TRACK:
        menu.addAction(strings.DUPLICATE, lambda: edits.duplicate_chain(chain))
    menu.addAction(strings.COPY, lambda: edits.copy(chain))
    _paste(menu, edits, edits.paste)
    menu.addSeparator()
    menu.addAction(strings.REMOVE, lambda: edits.remove_chain(chain))
    return menu


def devices(edits: Edits) -> list[Entry]:
    """The devices that can be added."""
    return browse.read(browse.DEVICES, edits.store.value("/devices/list"))


def players(edits: Edits) -> list[Entry]:
    """The players that can be added, where the instrument lists them."""
    listed = [entry for entry in devices(edits) if entry.tags[:1] == ("player",)]
    return listed or browse.read(browse.DEVICES, edits.store.value("/players/list"))


def toggled(names: tuple[str, ...], name: str) -> list[str]:
    """A list with one name switched."""
    return [one for one in names if one != name] if name in names else [*names, name]


def _hears(menu: QMenu, edits: Edits, layout: Layout, chain: Chain) -> None:
    players = [f"player {one.number}" for one in layout.players]
    for name in ("keys", "players", *players):
        act = menu.addAction(
            menu_text(source_title(name, layout)),
            lambda name=name: edits.set_chain(chain, hears=toggled(chain.hears, name)),
        )
        act.setCheckable(True)
        act.setChecked(name in chain.hears)
    menu.addSeparator()
    for number in range(1, 9):
        act = menu.addAction(
            strings.AUDIO_IN.format(number),
            lambda n=number: edits.set_chain(chain, audio_input=sorted(set(chain.audio_input) ^ {n})),
        )
        act.setCheckable(True)
        act.setChecked(number in chain.audio_input)


def _output(menu: QMenu, edits: Edits, chain: Chain) -> None:
    for first in (1, 3, 5, 7):
        act = menu.addAction(
            strings.OUT_PAIR.format(first, first + 1), lambda first=first: edits.set_chain(chain, output=first)
        )
        act.setCheckable(True)
        act.setChecked(chain.output[:1] == (first,))


def _sidechain(menu: QMenu, edits: Edits, layout: Layout, chain: Chain, slot: Slot) -> None:
    part = _part(menu, strings.SIDECHAIN)
    choices = [("", strings.NO_SIDECHAIN)]
    choices += [
        (one.name, one.title or one.name) for one in layout.chains if one.kind == TRACK and one.key != chain.key
    ]
    for name, title in choices:
        act = part.addAction(menu_text(title), lambda name=name: edits.set_device(slot, sidechain=name))
        act.setCheckable(True)
        act.setChecked(slot.sidechain == name)


def _learn(menu: QMenu, edits: Edits, address: str, words_of: str) -> None:
    act = menu.addAction(words_of, lambda: edits.store.send("/learn/start", address))
    act.setEnabled(edits.store.has("/learn/start") and edits.store.has(address))


def _paste(menu: QMenu, edits: Edits, act: Callable[[], None]) -> None:
    menu.addAction(strings.PASTE, act).setEnabled(bool(edits.store.value("/edit/clipboard")))


def _renamed(parent: QWidget, before: str, done: Callable[[str], None]) -> None:
    """Asks for a name without stopping the panel."""
    box = QInputDialog(parent)
    box.setWindowTitle(strings.RENAME)
    box.setLabelText(strings.NEW_NAME)
    box.setTextValue(before)
    box.setTextEchoMode(QLineEdit.EchoMode.Normal)
    box.textValueSelected.connect(lambda name: done(name.strip()) if name.strip() and name.strip() != before else None)
    box.finished.connect(box.deleteLater)
    box.open()


def _part(menu: QMenu, title: str) -> QMenu:
    """A menu in a menu."""
    part = QMenu(title, menu)
    menu.addMenu(part)
    return part


def _menu(parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    return menu
