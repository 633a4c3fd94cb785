"""A scene as a person writes it, with comments everywhere, and how a test orders edits as a panel does."""

import json

from tests.session.live import settled

HAND = '''# The house rig.
# Edited by hand.

title = "House"   # as printed on the list
tempo_bpm = 96
tags = [
    "test",   # kept
    "hand [[track]]",
]
notes = """
[[track]] in a text is no track
'''
HAND += '''"""

# the left hand
[[track]]
name = "low"
audio_input = [1]
keys = [0, 59]
gain_db = -3.0   # not louder
sends = { room = -12 }
# its drive
[[track.device]]
device = "saturator"
drive_db = 12.00  # warm

[[track.device]]
device = "filter"
cutoff_hz = 1_200
# a comment at the end of the low track

# ---- right hand ----

[[track]]
name = "high"
audio_input = [1]
[track.sends]
room = -6  # wet
[[track.device]]
device = "compressor"
sidechain = "low"
# end of high

[[bus]]
name = "room"
[[bus.device]]
device = "eq"

# the last word
[[master]]
device = "limiter"
# after all'''


def order(session, client, address, what=None):
    """Send an edit (a dict as JSON, a text, or nothing) and wait until it is done."""
    args = () if what is None else (json.dumps(what),) if isinstance(what, dict) else (what,)
    client.set(address, *args)
    if "s" in session.control.tree.node(address).access:
        client.get(address)
    client.get("/undo/name")  # the door has handled what came before
    settled(session)
    session.editor.observe()


def rig(client):
    """The layout as a panel reads it."""
    return json.loads(client.get("/rack/layout"))


def uid_of(client, track, number=0):
    """Identity of a track's device."""
    return next(row for row in rig(client)["tracks"] if row["name"] == track)["devices"][number]["uid"]


def refused(session, client, address, what):
    """The sentence that refuses an order; everything else is as it was."""
    settled(session)
    session.editor.observe()
    before = (session.editor.text(), client.get("/history"), client.get("/rack/layout"), session.plan)
    said = len(session.messages)
    order(session, client, address, what)
    after = (session.editor.text(), client.get("/history"), client.get("/rack/layout"), session.plan)
    assert after == before, "a refused edit has changed something"
    return " ".join(list(session.messages)[said:])
