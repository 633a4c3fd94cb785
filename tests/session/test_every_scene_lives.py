"""Every factory scene as it is played: loaded by OSC into one running session, each address read and written to its ends."""

import numpy as np
import pytest

from realtime.control.tree import ControlError
from realtime.session.paths import PRESETS
from tests.session.live import settled, stage, until

NAMES = sorted(path.stem for path in PRESETS.glob("*.toml"))
SWEPT = ("/rack/", "/mix/", "/player/", "/transport/", "/click/", "/backing/")
"""What a performer turns while a scene plays; the rest of the tree has tests of its own."""


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("ANTIPHON_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    with stage(inputs=2) as found:
        yield found
    patch.undo()


@pytest.mark.parametrize("name", NAMES)
def test_a_factory_scene_loads_sounds_ends_and_takes_every_value(show, name):
    session, client = show
    client.set("/scene", name)
    assert until(session, lambda: session.scene.name == name, 120), session.messages[-1]
    settled(session)
    assert client.get("/scene") == name and f"/rack/{len(session.plan.ordered())}/name" in session.control.tree
    if not any(track.audio_input for track in session.scene.rack.tracks):
        for channel in (0, 1, 2, 9, 15):
            for key in (36, 48, 62, 74):
                client.send("/midi", 0x90 | channel, key, 100)
        assert until(session, lambda: float(session.engine.record[0]["peaks"][0]) > 0.01, 30), "it is silent"
        client.send("/panic")
        assert until(session, lambda: float(np.max(session.engine.record[0]["peaks"])) < 1e-4, 30), "it does not end"
    tree, failed = session.control.tree, []
    check_macros(session)
    for node in tree.nodes():
        if node.readable:
            tree.get(node.address)
        if node.type == "s" or not (node.writable and node.readable) or not node.address.startswith(SWEPT):
            continue
        before = tree.get(node.address)
        ends = (False, True) if node.type == "T" else node.range
        for value in (*ends, node.default, before):
            try:
                tree.set(node.address, value)
            except ControlError as error:
                failed.append(f"{node.address} = {value}: {error}")
    settled(session)
    assert not failed and session.driver.running and int(session.engine.record[0]["faults"]) == 0


def check_macros(session):
    """Each names something of its own that is there, and a first touch of it moves nothing from where the scene has it."""
    macros, tree = session.control.macros.all, session.control.tree
    assert len({macro.name for macro in macros}) == len(macros) >= 5
    for number, macro in enumerate(macros, 1):
        there = [one.address for one in macro.targets if not one.address.startswith("/player/")]
        assert all(tree.node(address).writable for address in there), macro
        before = [tree.get(address) for address in there]
        tree.set(f"/macro/{number}", tree.get(f"/macro/{number}"))
        assert [tree.get(address) for address in there] == pytest.approx(before, rel=0.03, abs=0.05), macro
