"""Addresses as a person says them: /rack/1/cutoff_hz is "you / Poly / Cutoff"; no Qt."""

from collections.abc import Mapping

from ui import strings
from ui.model import Parameter
from ui.state.layout import Layout


def spoken(address: str, layout: Layout, parameters: Mapping[str, Parameter]) -> str:
    """The name of what an address moves; the address itself where nobody knows it."""
    parts = address.strip("/").split("/")
    known = parameters.get(address)
    title = known.title if known else strings.NODE_NAMES.get(address) or parts[-1].replace("_", " ")
    if parts[0] == "rack" and len(parts) == 3 and parts[1].isdigit():
        found = layout.numbered(int(parts[1]))
        return f"{found[0].title or found[0].name} / {found[1].title} / {title}" if found else address
    if parts[0] == "mix" and len(parts) == 3:
        chain = next((one for one in layout.chains if one.strip == parts[1]), None)
        return f"{chain.title or chain.name} / {title}" if chain else address
    if parts[0] == "player" and len(parts) == 3 and parts[1].isdigit():
        player = next((one for one in layout.players if one.number == int(parts[1])), None)
        return f"{player.title} / {title}" if player else address
    return strings.NODE_NAMES.get(address) or (title if known else address)
