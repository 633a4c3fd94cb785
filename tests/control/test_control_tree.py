"""The tree: values in real units, clamped to their range, refused with a sentence; subtrees come and go."""

import math

import pytest

from realtime.contract.param import Param
from realtime.control import nodes
from realtime.control.tree import ControlError, Node, Tree
from realtime.devices.registry import find

POLY, DELAY = find("poly").params, find("delay").params


@pytest.fixture
def tree():
    made = Tree()
    made.add(*nodes.device_nodes(1, "poly", "Poly", POLY))
    return made


def test_every_parameter_has_its_node_in_real_units(tree):
    for param in POLY:
        node = tree.node(f"/rack/1/{param.id}")
        assert node.unit == param.unit
        assert tree.get(node.address) == pytest.approx(param.default)
    assert tree.node("/rack/1/osc2_sync").type == "T"
    assert tree.node("/rack/1/voices").type == "i"
    assert tree.node("/rack/1/filter_mode").labels == ("lp24", "lp12", "bandpass", "highpass")


def test_values_are_clamped_rounded_and_taken_by_label(tree):
    tree.set("/rack/1/cutoff_hz", 1e9)
    assert tree.get("/rack/1/cutoff_hz") == 20000.0
    tree.set("/rack/1/voices", 4.6)
    assert tree.get("/rack/1/voices") == 5
    tree.set("/rack/1/filter_mode", "bandpass")
    assert tree.get("/rack/1/filter_mode") == 2
    tree.set("/rack/1/osc2_sync", 1)
    assert tree.get("/rack/1/osc2_sync") is True


@pytest.mark.parametrize(
    ("address", "args", "kind"),
    [
        ("/rack/1/nothing", (1.0,), "unknown"),
        ("/rack/1/cutoff_hz", ("loud",), "type"),
        ("/rack/1/cutoff_hz", (math.nan,), "type"),
        ("/rack/1/cutoff_hz", (math.inf,), "type"),
        ("/rack/1/cutoff_hz", (1.0, 2.0), "type"),
        ("/rack/1/cutoff_hz", (b"blob",), "type"),
        ("/rack/1/name", ("other",), "access"),
    ],
)
def test_wrong_sets_are_refused_and_change_nothing(tree, address, args, kind):
    before = tree.get("/rack/1/cutoff_hz")
    with pytest.raises(ControlError) as caught:
        tree.set(address, *args)
    assert caught.value.kind == kind
    assert len(str(caught.value)) > 15
    assert tree.get("/rack/1/cutoff_hz") == before


def test_the_session_s_functions_are_called_with_clean_values():
    heard, values = [], [0.0, 0.0]
    params = (Param("a_db", "A", "dB", -60, 6, 0), Param("b_hz", "B", "Hz", 20, 2000, 100, "log"))

    def set_value(index, value):
        heard.append((index, value))
        values[index] = value

    tree = Tree()
    tree.add(*nodes.device_nodes(3, "x", "X", params, lambda index: values[index], set_value))
    tree.set("/rack/3/b_hz", 5)
    assert heard == [(1, 20.0)]
    assert tree.get("/rack/3/b_hz") == 20.0


def test_a_failing_setter_is_told_not_raised_through():
    def fail(_value):
        raise OSError("disk full")

    tree = Tree()
    tree.add(Node("/record", "s", set=fail))
    with pytest.raises(ControlError, match="disk full") as caught:
        tree.set("/record", "a.wav")
    assert caught.value.kind == "failed"


def test_changes_and_structure_are_told(tree):
    told = []
    stop = tree.listen(lambda event, address: told.append((event, address)))
    version = tree.version
    tree.set("/rack/1/cutoff_hz", 500)
    tree.touch("/rack/1/osc2_sync")
    tree.replace("/rack", nodes.device_nodes(1, "delay", "Delay", DELAY))
    assert told == [("value", "/rack/1/cutoff_hz"), ("value", "/rack/1/osc2_sync"), ("added", "/rack")]
    assert tree.version == version + 1
    assert "/rack/1/cutoff_hz" not in tree
    assert tree.remove("/rack/1") == 5 + len(DELAY)
    assert len(tree) == 0
    stop()
    tree.add(Node("/x"))
    assert len(told) == 4


def test_removing_rack_1_leaves_rack_10(tree):
    tree.add(*nodes.device_nodes(10, "delay", "Delay", DELAY))
    tree.remove("/rack/1")
    assert "/rack/10/mix" in tree


def test_patterns_reach_several(tree):
    assert {node.address for node in tree.match("/rack/1/osc?_shape")} == {"/rack/1/osc1_shape", "/rack/1/osc2_shape"}
    with pytest.raises(ControlError):
        tree.match("/rack/*/nothing*")


@pytest.mark.parametrize("address", ["rack", "/a/", "/a*", "/a{b"])
def test_addresses_are_checked(address):
    with pytest.raises(ValueError, match="OSC address"):
        Node(address)
