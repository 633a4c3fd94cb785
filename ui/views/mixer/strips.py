"""Which strips there are, read from the tree: tracks, buses, master, their sends and outputs; no widgets."""

from dataclasses import dataclass

from ui import strings
from ui.store import Store

MASTER = "master"


@dataclass(frozen=True)
class StripInfo:
    """One strip: `at` is its part of the address (/mix/<at>), `kind` track, bus or master; sends as (bus, address)."""

    at: str
    title: str
    kind: str
    sends: tuple[tuple[str, str], ...] = ()
    output: int = 0
    uid: int = 0


def read(store: Store) -> list[StripInfo]:
    """Tracks in the scene's order, then buses, then the master."""
    found: dict[str, list[str]] = {}
    for address in store.nodes:
        parts = address.split("/")
        if len(parts) == 4 and parts[1] == "mix":
            found.setdefault(parts[2], []).append(parts[3])
    fed = {name.removeprefix("send_") for names in found.values() for name in names if name.startswith("send_")}
    layout = store.json("/rack/layout", {})
    rows = {str(one.get("mix", "")).rsplit("/", 1)[-1]: one for one in layout.get("tracks", [])}
    fed |= {str(one.get("mix", "")).rsplit("/", 1)[-1] for one in layout.get("buses", [])}

    def title(at: str) -> str:
        return strings.MASTER if at == MASTER else str(store.value(f"/mix/{at}/name") or at)

    strips = []
    for at, names in found.items():
        kind = MASTER if at == MASTER else "bus" if at in fed else "track"
        sends = tuple(
            (title(name.removeprefix("send_")), f"/mix/{at}/{name}") for name in names if name.startswith("send_")
        )
        row = rows.get(at, {})
        strips.append(StripInfo(at, title(at), kind, sends, int(row.get("output") or 0), int(row.get("uid") or 0)))
    return sorted(strips, key=lambda one: ("track", "bus", MASTER).index(one.kind))
