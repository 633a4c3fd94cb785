"""What every view is given: the store, what is heard, and the shell's own acts; Qt thread."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ui.heard import Heard
from ui.store import Store


@dataclass
class Desk:
    """store: the tree. heard: notes and plans. recording_s: seconds recorded, None while nothing is. go(view name): shows
    another view. choose_scene(): opens the list of scenes."""

    store: Store
    heard: Heard = field(default_factory=Heard)
    recording_s: Callable[[], float | None] = lambda: None
    go: Callable[[str], None] = lambda name: None
    choose_scene: Callable[[], object] = lambda: None
