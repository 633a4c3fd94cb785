"""Assignments, controllers, ports and audio as the panel reads them."""

import json

from hypothesis import given

from tests.ui.state.test_rack_layout_reading import JSON_VALUES
from ui import strings
from ui.state import maps, rig

CUTOFF = "/rack/1/cutoff_hz"
ROW = {
    "id": "7", "source": {"kind": "cc", "number": 21, "channel": 1}, "text": "CC 21 ch 1", "port": "nanoKONTROL2",
    "targets": [{"address": CUTOFF, "low": 200.0, "high": 6000.0, "curve": "log", "invert": False},
                {"address": "/mix/you/pan", "invert": True}],
    "mode": "continuous", "takeover": "pickup", "feedback": "ring", "scope": "song", "layer": 0, "state": "waiting",
    "press": "long",
}  # fmt: skip


def test_an_edit_of_a_row_keeps_what_the_table_does_not_show():
    row = maps.assignments(json.dumps([ROW]))[0]
    assert row.state == "waiting" and row.targets[0].high == 6000.0 and row.targets[1].invert
    assert row.targets[1].low is None
    body = row.changed(takeover="jump")
    assert body["takeover"] == "jump" and body["press"] == "long" and body["id"] == "7"
    assert not {"state", "text", "port"} & set(body)
    again = row.retargeted(1, low=-0.5)
    assert again["targets"][1] == {"address": "/mix/you/pan", "invert": True, "low": -0.5}
    assert again["targets"][0] == ROW["targets"][0] and row.targets[1].low is None


def test_a_knob_knows_what_moves_it():
    rows = maps.assignments(json.dumps([ROW]))
    assert maps.badge(CUTOFF, rows) == "21"
    assert maps.badge("/rack/1/resonance", rows) == ""


def test_a_controller_shows_its_controls_in_rows_with_what_they_move():
    controls = [
        {"name": "Pad 1", "kind": "pad", "source": {"kind": "note", "number": 36, "channel": 10}},
        {"name": "K1", "kind": "knob", "source": {"kind": "cc", "number": 21, "channel": 1}},
        {"name": "F1", "kind": "fader", "source": {"kind": "cc", "number": 1}},
    ]
    told = [{"port": "nanoKONTROL2", "profile": "nanokontrol2", "connected": True, "controls": controls}]
    box = maps.controllers(json.dumps(told))[0]
    assert [kind for kind, _ in box.rows()] == ["knob", "fader", "pad"]
    rows = maps.assignments(json.dumps([ROW]))
    by_name = {control.name: control for control in box.controls}
    assert [row.id for row in maps.moved_by(box, by_name["K1"], rows)] == ["7"]
    assert maps.moved_by(box, by_name["F1"], rows) == []
    assert maps.moved_by(box, by_name["Pad 1"], rows) == []


def test_learning_is_told_with_what_it_drags_along():
    told = {"waiting": CUTOFF, "heard": "CC 21 ch 1 = 88 (nanoKONTROL2)", "candidates": [CUTOFF, "/rack/1/resonance"]}
    found = maps.learning(json.dumps(told))
    assert found.waiting == CUTOFF and found.candidates[1] == "/rack/1/resonance"
    assert found.on and not found.can_keep, "which of the two?"
    assert maps.learning(json.dumps(told | {"chosen": "all"})).can_keep
    assert not maps.learning(json.dumps({"learning": True, "waiting": CUTOFF, "heard": "", "candidates": []})).can_keep
    assert maps.learning("") == maps.Learning()


def test_only_what_differs_is_set():
    now = rig.audio(json.dumps({"driver": "jack", "frames": 128, "sample_rate": 48000, "rates": [44100, 48000]}))
    assert now.differing({"driver": "jack", "frames": 256, "sample_rate": 48000}) == {"frames": 256}
    assert now.rates == (44100, 48000)


def test_ports_say_where_they_stand():
    told = [
        {"name": "out", "direction": "out", "open": True},
        {"name": "SL88", "direction": "in", "open": True, "activity": 3, "last": "C4 on 96"},
        {"name": "FCB1010", "direction": "in", "open": False, "seen": "21:04"},
        {"name": "New box", "direction": "in", "open": False, "seen": ""},
        {"name": "Through", "direction": "in", "open": False, "ignored": True, "seen": ""},
    ]
    found = {port.name: port for port in rig.ports(json.dumps(told))}
    assert next(iter(found)) == "FCB1010" and list(found)[-1] == "out"
    assert found["SL88"].activity == 1.0 and found["SL88"].state() == strings.PORT_OPEN
    assert found["FCB1010"].missing and found["FCB1010"].state() == strings.PORT_MISSING.format("21:04")
    assert found["New box"].state() == strings.PORT_NEW
    assert found["Through"].state() == strings.PORT_IGNORED


def test_the_monitor_shows_one_port_and_hides_what_floods():
    lines = [{"at": 1764409447.25, "port": "SL88", "direction": "in", "text": "clock", "bytes": [248]},
             {"at": 1764409448.0, "port": "SL88", "direction": "in", "text": "note on C4 96 ch 1", "bytes": "90 3C 60"},
             {"at": 1764409448.5, "port": "FCB", "direction": "in", "text": "program 4 ch 1", "bytes": [192, 4]}]  # fmt: skip
    told = json.dumps(lines)
    assert [line.text for line in rig.monitor(told, hidden=frozenset({"clock"}))] == [
        "note on C4 96 ch 1",
        "program 4 ch 1",
    ]
    shown = rig.monitor(told, "SL88")
    assert [line.bytes for line in shown] == ["F8", "90 3C 60"]
    assert shown[0].at.endswith(".250")


@given(JSON_VALUES)
def test_nothing_told_breaks_the_reading(found):
    for told in (json.dumps(found), json.dumps([{"targets": [{"low": found}], "source": found, "controls": found,
                                                 "activity": found, "seen": found, "bytes": found}])):  # fmt: skip
        rows = maps.assignments(told)
        for box in maps.controllers(told):
            for control in box.controls:
                maps.moved_by(box, control, rows)
        maps.badge("/x", rows), maps.learning(told), rig.audio(told)
        [port.state() for port in rig.ports(told)], rig.monitor(told)
