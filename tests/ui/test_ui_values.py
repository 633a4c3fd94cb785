"""Numbers, curves, groups, the grid, undo and tap tempo: what the panel shows and sends, without a window."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.control.oscquery import describe
from tests.control.fake_session import DEVICES, FakeSession
from ui import arrange, format, groups, model
from ui.history import History
from ui.model import Parameter
from ui.roll import Paper
from ui.transport import TapTempo


@pytest.fixture(scope="module")
def instrument():
    with FakeSession() as session:
        return model.read(describe(session.tree))


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
    assert [device.title for device in instrument.devices[:6]] == [title for _, title, _, _ in DEVICES]
    for device, (_, _, _, params) in zip(instrument.devices, DEVICES, strict=False):
        assert [one.id for one in device.parameters] == [one.id for one in params]
        for one, param in zip(device.parameters, params, strict=True):
            assert (one.low, one.high) == ((0, 1) if param.curve == "bool" else (param.minimum, param.maximum))
            assert one.value == pytest.approx(param.default)
    assert instrument.devices[-2].kind == "player"
    assert instrument.devices[-1].kind == "mix"


def test_groups_keep_every_parameter_in_order_and_shorten_labels(instrument):
    for device in instrument.devices:
        gathered = groups.gather(device.parameters)
        assert [one for group in gathered for one, _ in group.members] == list(device.parameters)
    poly = groups.gather(instrument.devices[0].parameters)
    captions = [group.caption for group in poly]
    assert captions == ["Osc 1", "Osc 2", "", "Unison", "Filter", "Amp", "Mod", "LFO 1", "LFO 2", ""]
    assert [label for _, label in poly[0].members] == ["Wave", "Pitch", "Fine", "Width", "Level"]


def test_a_caption_that_is_also_a_title_stays_a_label():
    run = tuple(Parameter(f"/rack/1/{name}", title) for name, title in (("lfo", "LFO"), ("lfo_rate_hz", "LFO rate")))
    [group] = groups.gather(run)
    assert (group.caption, [label for _, label in group.members]) == ("LFO", ["LFO", "Rate"])


widths = st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=12), max_size=10)


@given(widths, st.integers(4, 30))
def test_the_grid_holds_every_cell_once_without_overlap(members, columns):
    spans, rows = arrange.place(members, columns)
    taken = set()
    seen = []
    for span in spans:
        column = span.column
        for member in range(span.first, span.last):
            seen.append((span.group, member))
            for _ in range(members[span.group][member]):
                assert (span.row, column) not in taken
                assert column < columns
                taken.add((span.row, column))
                column += 1
        assert span.row < rows
    assert sorted(seen) == [(g, m) for g, group in enumerate(members) for m in range(len(group))]


@given(st.lists(st.integers(200, 1100), min_size=1, max_size=12), st.integers(700, 2000))
def test_shelves_fill_the_width_without_overlap(wanted, width):
    def height_of(index, pixels):
        return 100 + 80 * (-(-wanted[index] * 2 // pixels))

    slots = arrange.shelve(wanted, height_of, width, 8)
    assert sorted(slot.index for slot in slots) == list(range(len(wanted)))
    for slot in slots:
        assert slot.left >= 0
        assert slot.left + slot.width <= width
        assert slot.height >= height_of(slot.index, slot.width)
    for one in slots:
        for other in slots:
            apart = (
                one.left + one.width <= other.left
                or other.left + other.width <= one.left
                or one.top + one.height <= other.top
                or other.top + other.height <= one.top
            )
            assert apart or one is other
    assert max(slot.left + slot.width for slot in slots) == width


def test_undo_takes_gestures_back_one_by_one():
    history = History()
    for value in (1.0, 2.0, 3.0):
        history.edited("/a", value - 1.0, value, 1)
    history.edited("/a", 3.0, 9.0, 2)
    assert history.undo().before == 3.0
    assert history.undo().before == 0.0
    assert history.undo() is None
    assert history.redo().after == 3.0
    history.edited("/b", 0.0, 1.0, 3)
    assert history.redo() is None
    history.forget({"/a"})
    assert history.undo().address == "/a"


def test_tap_tempo():
    now = [0.0]
    tap = TapTempo(lambda: now[0])
    assert tap.tap() is None
    for _ in range(6):
        now[0] += 0.5
        tempo = tap.tap()
    assert tempo == pytest.approx(120.0)
    now[0] += 10.0
    assert tap.tap() is None


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
