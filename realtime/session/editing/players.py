"""Players through an edit: those that stay play on under their new number, those that go end; [main]."""

from __future__ import annotations

from typing import Any

from realtime.session.document.document import Document
from realtime.session.editing.live import Live


def keep_players(session: Any, live: Live, document: Document) -> None:
    """Before the players of an edited scene are started: let each that goes on have the number it has there."""
    wanted = {part.uid: number for number, part in enumerate(document.all("player"))}
    for uid, link in live.links.items():
        if uid not in wanted and link in session.links:
            session.guard.run(f"ending player {link.number + 1}", link.close)
            session.links.remove(link)
    moving = [(link, wanted[uid]) for uid, link in live.links.items() if uid in wanted and link.number != wanted[uid]]
    for link, _ in moving:
        link.leave()
    for link, number in moving:
        link.join(number)
    session.links.sort(key=lambda link: link.number)
