"""Numbers, curves, groups, tap tempo, the roll's paper and its plans: what the panel shows and sends, without a window."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.control import nodes
from realtime.control.oscquery import describe
from realtime.control.tree import Tree
from realtime.devices import registry
from ui import format, groups, model
from ui.heard import Heard, Paper
from ui.model import Parameter

NAMES = ("poly", "reverb", "compressor", "delay")


@pytest.fixture(scope="module")
def instrument():
    tree = Tree()
    for number, name in enumerate(NAMES, 1):
        params = registry.find(name).params
        homes = {1: 2.0} if name == "poly" else {}
        tree.add(*nodes.device_nodes(number, name, name.title(), params, home=lambda at, homes=homes: homes.get(at)))
    return model.read(describe(tree))


CUTOFF = Parameter("/rack/1/cutoff_hz", "Cutoff", "f", 20.0, 20000.0, 1000.0, "Hz", (), "log")
LEVEL = Parameter("/rack/1/level_db", "Level", "f", -60.0, 6.0, 0.0, "dB")
VOICES = Parameter("/rack/1/voices", "Voices", "i", 1, 32, 8)


@pytest.mark.parametrize(
    ("value", "unit", "low", "high", "shown"),
    [
        (440.0, "Hz", 20, 20000, "440 Hz"),
        (1850.0, "Hz", 20, 20000, "1.85 kHz"),
        (999.7, "Hz", 20, 20000, "1.00 kHz"),
        (0.005, "s", 0.001, 10, "5.00 ms"),
        (0.35, "s", 0.001, 10, "350 ms"),
        (2.8, "s", 0.2, 30, "2.80 s"),
        (3.0, "dB", -24, 24, "+3.0 dB"),
        (-0.01, "dB", -24, 24, "0.0 dB"),
        (-18.0, "dB", -60, 0, "-18.0 dB"),
        (0.3, "", 0, 1, "30 %"),
        (-0.5, "", -1, 1, "-50 %"),
        (4.0, ":1", 1, 20, "4.0:1"),
    ],
)
def test_values_are_shown_as_musicians_write_them(value, unit, low, high, shown):
    assert format.value_text(value, unit, low, high) == shown


@pytest.mark.parametrize(
    ("typed", "unit", "value"),
    [
        ("440", "Hz", 440.0),
        ("1.2k", "Hz", 1200.0),
        ("1,85 kHz", "Hz", 1850.0),
        ("30 ms", "s", 0.03),
        ("-6 dB", "dB", -6.0),
        ("50 %", "", 0.5),
        ("50", "", 0.5),
        ("0.25", "", 0.25),
        ("loud", "dB", None),
        ("", "Hz", None),
        ("3 apples", "Hz", None),
    ],
)
def test_typed_values_are_understood(typed, unit, value):
    assert format.parse_value(typed, unit, 0.0, 1.0) == (None if value is None else pytest.approx(value))


@given(st.floats(0.0, 1.0))
def test_knob_positions_and_values_agree(position):
    for parameter in (CUTOFF, LEVEL):
        assert parameter.position(parameter.at(position)) == pytest.approx(position, abs=1e-9)


def test_a_log_knob_turns_in_octaves():
    middle = CUTOFF.at(0.5)
    assert middle == pytest.approx(math.sqrt(20 * 20000))
    octave = CUTOFF.position(880) - CUTOFF.position(440)
    assert CUTOFF.position(8800) - CUTOFF.position(4400) == pytest.approx(octave)


def test_whole_numbers_stay_whole():
    assert {VOICES.at(step / 500) for step in range(501)} == set(map(float, range(1, 33)))
    assert VOICES.text(8.0) == "8"
    assert isinstance(VOICES.for_wire(8.0), int)


@given(st.floats(-1e6, 1e6))
def test_what_a_knob_shows_can_be_typed_back(raw):
    value = LEVEL.clamp(raw)
    assert LEVEL.parse(LEVEL.text(value)) == pytest.approx(value, abs=0.06)


def test_the_instrument_is_read_whole(instrument):
    assert [device.title for device in instrument.devices] == [name.title() for name in NAMES]
    for device, name in zip(instrument.devices, NAMES, strict=True):
        params = registry.find(name).params
        assert [one.id for one in device.parameters] == [one.id for one in params]
        for one, param in zip(device.parameters, params, strict=True):
            assert (one.low, one.high) == ((0, 1) if param.curve == "bool" else (param.minimum, param.maximum))
            assert one.default == pytest.approx(param.default)
    assert instrument.devices[0].parameters[1].home == 2.0, "what the scene set is told apart from the factory's"
    assert "/rack/1/name" in instrument.nodes


def test_groups_keep_every_parameter_in_order(instrument):
    for device in instrument.devices:
        gathered = groups.gather(device.parameters)
        assert [one for group in gathered for one, _ in group.members] == list(device.parameters)
    captions = [group.caption for group in groups.gather(instrument.devices[0].parameters)]
    assert captions[:2] == ["Osc 1", "Osc 2"]


def test_a_caption_that_is_also_a_title_stays_a_label():
    run = tuple(Parameter(f"/rack/1/{name}", title) for name, title in (("lfo", "LFO"), ("lfo_rate_hz", "LFO rate")))
    [group] = groups.gather(run)
    assert (group.caption, [label for _, label in group.members]) == ("LFO", ["LFO", "Rate"])


@pytest.mark.parametrize(
    ("shown", "typed", "value"),
    [
        ("500 ms", "700", 0.7),
        ("500 ms", "2 s", 2.0),
        ("1.50 s", "700 ms", 0.7),
        ("1.50 s", "2", 2.0),
        ("1.85 kHz", "440", 440.0),
        ("1.85 kHz", "2.5", 2500.0),
        ("440 Hz", "1.2k", 1200.0),
        ("440 Hz", "A4", 440.0),
        ("0.0 dB", "-6", -6.0),
        ("0.0 dB", "off", -60.0),
    ],
)
def test_a_bare_number_counts_in_the_unit_that_is_shown(shown, typed, value):
    unit = {"s": "s", "z": "Hz", "B": "dB"}[shown[-1]]
    low, high = {"s": (0.005, 30.0), "Hz": (20.0, 20000.0), "dB": (-60.0, 12.0)}[unit]
    assert format.parse_typed(typed, unit, low, high, shown) == pytest.approx(value)


def test_keys_labels_switches_and_pans_are_typed_by_name():
    assert [format.parse_key(name) for name in ("C4", "f#3", "Bb2", "C-1", "G9", "H4", "banana")] == [
        60, 54, 46, 0, 127, None, None,
    ]  # fmt: skip
    wave = Parameter("/a", "Shape", "f", 0.0, 3.0, labels=("sine", "triangle", "saw", "pulse"))
    assert wave.parse("saw") == 2.0 and wave.parse("pu") == 3.0 and wave.parse("1.5") == 1.5
    assert (wave.text(2.0), wave.text(2.6), wave.text(3.0)) == ("saw", "saw+60 %", "pulse")
    assert wave.parse("banana") is None and "banana" in wave.refusal("banana") and "saw" in wave.refusal("banana")
    switch = Parameter("/b", "Sync", "T")
    assert (switch.parse("on"), switch.parse("off"), switch.parse("maybe")) == (1.0, 0.0, None)
    pan = Parameter("/mix/you/pan", "Pan", "f", -1.0, 1.0)
    assert [pan.text(value) for value in (-0.3, 0.0, 1.0)] == ["L30", "C", "R100"]
    assert [pan.parse(typed) for typed in ("l30", "C", "r")] == [-0.3, 0.0, 1.0]


def test_the_roll_s_paper_keeps_time_between_messages_and_follows_jumps():
    now = [0.0]
    paper = Paper(lambda: now[0])
    paper.tempo_bpm, paper.playing = 120.0, True
    paper.heard_beat(8.0)
    now[0] = 2.0
    paper.advance()
    assert paper.now == pytest.approx(4.0)
    assert paper.transport_beat == pytest.approx(12.0)
    assert paper.place(14.0) == pytest.approx(6.0)  # planned: two beats ahead
    assert paper.place(11.9) == pytest.approx(4.0)  # played: now
    paper.heard_beat(0.0)  # the loop jumped back
    assert paper.transport_beat == 0.0
    assert paper.now == pytest.approx(4.0)


@pytest.fixture
def heard():
    """At beat 8 of the song, with a plan of three notes by player 1 and one by player 2."""
    now = [0.0]
    made = Heard(Paper(lambda: now[0]))
    made.paper.tempo_bpm, made.paper.playing = 60.0, True
    made.paper.heard_beat(8.0)
    made.clock = now
    for beat, serial in ((9.0, 1), (10.0, 1), (12.0, 2)):
        made.push_plan((1, "keys", "note", serial, beat, 0.5, 60, 0.8))
    made.push_plan((2, "bass", "note", 1, 11.0, 0.5, 40, 0.8))
    return made


def starts(heard, player=1):
    return [round(one.start - heard.paper.now, 3) for one in heard.plans if one.player == player]


def test_plans_lie_ahead_and_go_when_they_have_sounded(heard):
    assert starts(heard) == [1.0, 2.0, 4.0] and heard.next_plan() == (pytest.approx(1.0), 1)
    heard.clock[0] = 1.2
    heard.tick()
    assert starts(heard) == [-0.2, 0.8, 2.8], "one that sounds is still there"
    heard.clock[0] = 3.0
    heard.tick()
    assert starts(heard) == [1.0] and starts(heard, 2) == [0.0]


def test_a_plan_is_taken_back_from_a_beat_on_up_to_its_serial(heard):
    heard.push_plan((1, "", "cancel", 1, 9.5, 0.0, 0, 0.0))
    assert starts(heard) == [1.0, 4.0], "the note before the beat and the later plan stay"
    assert starts(heard, 2) == [3.0], "and the other player's"
    heard.push_plan((1, "", "release", 2, 8.0, 0.0, 0, 0.0))
    assert starts(heard) == [] and starts(heard, 2) == [3.0]


def test_open_notes_end_with_panic_and_light_no_keys_afterwards(heard):
    heard.push("you", True, 60, 0.8, 8.0)
    heard.push("Answer", True, 64, 0.8, 8.0)
    assert heard.sounding() == {60: "you", 64: "Answer"}
    heard.close_all()
    assert heard.sounding() == {} and heard.plans == []
    assert all(note.end is not None for note in heard.notes)


def test_a_gain_that_is_none_reads_off_and_is_typed_so():
    assert [format.value_text(level, "dB", -90.0, 12.0) for level in (-90.0, -89.9, 0.0)] == [
        "off",
        "-89.9 dB",
        "0.0 dB",
    ]
    assert format.parse_value("off", "dB", -90.0, 12.0) == -90.0
