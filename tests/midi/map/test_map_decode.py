"""Messages are put together as the MIDI specification has them: pairs, NRPN, RPN, increments, per port and channel."""

import pytest

from realtime.midi.map.decode import Decoder


def feed(decoder, *messages):
    found = []
    for message in messages:
        found += decoder.feed(*(*message, 0)[:3])
    return [(h.kind, h.wide, h.channel, h.number, h.value) for h in found]


def wide(found):
    return [one for one in found if one[1]]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ((0xB0, 80, 127), ("cc", False, 1, 80, 127)),
        ((0x9F, 60, 100), ("note", False, 16, 60, 100)),
        ((0x90, 60, 0), ("note", False, 1, 60, 0)),
        ((0x80, 60, 64), ("note", False, 1, 60, 0)),
        ((0xA1, 60, 30), ("poly_pressure", False, 2, 60, 30)),
        ((0xC2, 7, 0), ("program", False, 3, 7, 7)),
        ((0xD3, 99, 0), ("pressure", False, 4, -1, 99)),
        ((0xE4, 0, 64), ("bend", False, 5, -1, 8192)),
    ],
)
def test_every_kind_of_message(message, said):
    assert feed(Decoder(1), message) == [said]


def test_both_halves_of_a_controller_are_one_value():
    decoder = Decoder(1)
    assert wide(feed(decoder, (0xB0, 1, 64))) == [("cc", True, 1, 1, 64 * 129)]  # alone it stands for the whole
    assert wide(feed(decoder, (0xB0, 33, 5))) == [("cc", True, 1, 1, 64 << 7 | 5)]
    # known to come in pairs, the upper half waits for its lower one
    assert wide(feed(decoder, (0xB0, 1, 63))) == []
    assert wide(feed(decoder, (0xB0, 33, 127))) == [("cc", True, 1, 1, 63 << 7 | 127)]
    # and goes alone again if none comes
    assert wide(feed(decoder, (0xB0, 1, 20), (0xB0, 1, 21))) == [("cc", True, 1, 1, 21 * 129)]


def test_a_lower_half_alone_says_nothing():
    assert wide(feed(Decoder(1), (0xB0, 33, 5))) == []


def test_nrpn_and_rpn_are_selected_by_channel():
    decoder = Decoder(1)
    feed(decoder, (0xB0, 99, 2), (0xB0, 98, 44), (0xB1, 101, 0), (0xB1, 100, 2))
    assert ("nrpn", False, 1, 300, 100) in feed(decoder, (0xB0, 6, 100))
    assert ("rpn", False, 2, 2, 5) in feed(decoder, (0xB1, 6, 5))
    assert ("nrpn", True, 1, 300, 100 << 7 | 3) in feed(decoder, (0xB0, 38, 3))
    feed(decoder, (0xB0, 99, 127), (0xB0, 98, 127))  # nothing is selected
    assert [one[0] for one in feed(decoder, (0xB0, 6, 1))] == ["cc"]


def test_data_increments_are_steps():
    decoder = Decoder(1)
    feed(decoder, (0xB0, 99, 0), (0xB0, 98, 9))
    assert [h.delta for h in decoder.feed(0xB0, 96, 0) if h.kind == "nrpn" and not h.wide] == [1]
    assert [h.delta for h in decoder.feed(0xB0, 97, 0) if h.kind == "nrpn" and not h.wide] == [-1]


def test_a_wheel_at_rest_stands_in_the_middle():
    at = [Decoder(1).feed(0xE0, value & 127, value >> 7)[0].position for value in (0, 8192, 16383)]
    assert at == [0.0, 0.5, 1.0]
