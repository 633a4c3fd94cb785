"""The panel's end of the wire over the real session: what is told while the tree is being described is not lost."""

import threading

import ui.connection as connection
from tests.ui.views.live_panel import live


def test_a_value_told_while_the_tree_is_described_outlives_the_older_description(app, own_folders, monkeypatch):
    with live(app, "stage") as bench:
        wire, store = bench.panel.connection, bench.store
        assert bench.until(lambda: not wire._asking and wire._version == wire.client.version)
        read, may_answer = threading.Event(), threading.Event()
        fetch = connection.fetch_json

        def slowly(*arguments):
            found = fetch(*arguments)
            read.set()
            may_answer.wait(60.0)
            return found

        monkeypatch.setattr(connection, "fetch_json", slowly)
        wire.search_now()
        wire._ask()
        assert bench.until(read.is_set)
        bench.session.control.tree.set("/midi/thru", True)
        assert bench.until(lambda: store.value("/midi/thru") is True)
        structures = []
        store.structure_changed.connect(lambda: structures.append(store.value("/midi/thru")))
        may_answer.set()
        assert bench.until(lambda: structures)
        assert structures[0] is True and store.value("/midi/thru") is True
