"""Messages in words."""

import pytest

from realtime.midi.describe import Describer, note_name

LINES = [
    (b"\x90\x3c\x64", "note on C4 velocity 100 ch 1"),
    (b"\x9f\x3d\x00", "note off C♯4 ch 16"),
    (b"\x80\x00\x40", "note off C-1 velocity 64 ch 1"),
    (b"\xa0\x7f\x05", "key pressure G9 5 ch 1"),
    (b"\xb0\x40\x7f", "CC 64 sustain = 127 ch 1"),
    (b"\xb0\x77\x07", "CC 119 = 7 ch 1"),
    (b"\xb2\x7b\x00", "CC 123 all notes off ch 3"),
    (b"\xc0\x00", "program 1 ch 1"),
    (b"\xd3\x21", "pressure 33 ch 4"),
    (b"\xe0\x00\x40", "bend +0 ch 1"),
    (b"\xe0\x7f\x7f", "bend +8191 ch 1"),
    (b"\xf8", "clock"),
    (b"\xf2\x01\x02", "song position 257"),
    (b"\xf4", "undefined F4"),
    (b"\xf0\x7e\x00\xf7", "SysEx, 4 bytes, maker 7E"),
    (b"\xf0\x00\x20\x29\xf7", "SysEx, 5 bytes, maker 00 20 29"),
    (b"\xf0", "SysEx, 1 bytes, maker ?"),
    (b"\x40\x40", "not a message"),
    (b"\x90\x40", "not a message"),
    (b"", "nothing"),
]


@pytest.mark.parametrize(("data", "text"), LINES)
def test_each_kind_of_message(data, text):
    assert Describer().text(data) == text


def told(*messages):
    words = Describer()
    return [words.text(bytes(message)) for message in messages]


def test_two_halves_are_told_as_one_value():
    assert told((0xB0, 7, 100), (0xB0, 39, 1)) == [
        "CC 7 volume = 100 ch 1",
        "CC 7+39 volume = 12801 (14 bit) ch 1",
    ]
    assert told((0xB1, 7, 100), (0xB0, 39, 1))[1] == "CC 39 = 1 ch 1"  # another channel's


def test_numbered_parameters_are_told_by_number():
    assert told((0xB0, 99, 1), (0xB0, 98, 2), (0xB0, 6, 3), (0xB0, 38, 4))[1:] == [
        "CC 98 2 (NRPN 130) ch 1",
        "NRPN 130 = 3 ch 1",
        "NRPN 130 = 388 (14 bit) ch 1",
    ]
    assert told((0xB0, 101, 0), (0xB0, 100, 0), (0xB0, 6, 12))[-1] == "RPN 0 bend range = 12 ch 1"
    assert told((0xB0, 101, 127), (0xB0, 100, 127), (0xB0, 6, 12))[-1] == "data = 12 ch 1"


def test_every_key_has_a_name():
    assert [note_name(key) for key in (0, 21, 60, 69, 108, 127)] == ["C-1", "A0", "C4", "A4", "C8", "G9"]
