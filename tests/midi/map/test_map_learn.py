"""Learning finds the control that was meant, and what kind it is."""

import pytest

from realtime.midi.map.decode import Decoder, Heard
from realtime.midi.map.learn import Learner
from realtime.midi.map.relative import DECODE, guess


class Listening:
    """Feeds raw messages, one a hundredth of a second."""

    def __init__(self):
        self.learner, self.decoders, self.now = Learner(), {}, 0.0

    def send(self, *message, port=1, after_s=0.01):
        self.now += after_s
        for heard in self.decoders.setdefault(port, Decoder(port)).feed(*(*message, 0)[:3]):
            self.learner.feed(heard, self.now)

    @property
    def best(self):
        return self.learner.best()


@pytest.fixture
def listening():
    return Listening()


def turn(listening, number, values, channel=0, port=1):
    for value in values:
        listening.send(0xB0 | channel, number, value, port=port)


def test_nothing_is_learned_from_nothing(listening):
    assert listening.best is None


def test_the_most_moved_control_wins(listening):
    turn(listening, 20, range(40, 46))
    turn(listening, 21, range(0, 90, 6), channel=2)
    listening.send(0x90, 60, 100)  # a key on the way
    listening.send(0x80, 60, 0)
    listening.send(0xB0, 64, 127)  # and the pedal
    listening.send(0xB0, 64, 0)
    found = listening.best
    assert (found.source.kind, found.source.channel, found.source.number, found.behaviour) == ("cc", 3, 21, "")


def test_the_same_controller_of_two_boxes_is_two_controls(listening):
    turn(listening, 21, range(20), port=2)
    turn(listening, 21, range(0, 100, 5), port=3)
    assert listening.best.heard.port == 3


def test_a_key_alone_is_learned(listening):
    listening.send(0x99, 36, 80)
    listening.send(0x89, 36, 0)
    found = listening.best
    assert (found.source.kind, found.source.number, found.source.channel, found.behaviour) == (
        "note",
        36,
        10,
        "momentary",
    )


def test_a_pair_is_one_wide_control(listening):
    for value in range(3000, 9000, 611):
        listening.send(0xB0, 1, value >> 7)
        listening.send(0xB0, 33, value & 127)
    source = listening.best.source
    assert (source.kind, source.number, source.wide) == ("cc", 1, True)


def test_two_knobs_that_lie_32_apart_are_two(listening):
    turn(listening, 1, (10,))
    turn(listening, 33, range(10, 100, 4))
    source = listening.best.source
    assert (source.number, source.wide) == (33, False)


@pytest.mark.parametrize("fine", [False, True])
def test_an_nrpn_is_seen_as_one(listening, fine):
    for value in range(0, 100, 7):
        listening.send(0xB0, 99, 2)
        listening.send(0xB0, 98, 44)
        listening.send(0xB0, 6, value)
        if fine:
            listening.send(0xB0, 38, (value * 5) % 128)
    source = listening.best.source
    assert (source.kind, source.number, source.wide) == ("nrpn", 300, fine)


@pytest.mark.parametrize("coding", ["twos", "offset", "sign"])
def test_an_encoder_turned_both_ways_shows_its_coding(listening, coding):
    clicks = {DECODE[coding](value): value for value in range(128)}
    turn(listening, 16, [clicks[step] for step in (1, 1, 2, 1, 1, -1, -1, -2, -1, -1)])
    assert listening.best.source.coding == coding


def test_a_knob_is_no_encoder():
    assert guess(list(range(15))) == "" and guess([64, 65, 66, 67, 66]) == ""
    assert guess([0, 127, 0, 127, 0, 127]) == ""  # a button
    assert guess([1, 1]) == ""  # too little to tell


def test_a_button_that_stays_down_is_told_from_one_that_does_not(listening):
    for value in (127, 0, 127, 0):
        listening.send(0xB0, 80, value, after_s=1.0)
    assert listening.best.behaviour == "latched"
    other = Listening()
    for value, after_s in ((127, 1.0), (0, 0.1), (127, 1.0), (0, 0.1)):
        other.send(0xB0, 80, value, after_s=after_s)
    assert other.best.behaviour == "momentary"


@pytest.mark.parametrize(
    ("message", "kind"), [((0xE0, 0, 100), "bend"), ((0xD0, 90), "pressure"), ((0xA0, 60, 90), "poly_pressure")]
)
def test_wheels_and_pressure_are_learned(listening, message, kind):
    for share in (0, 1):
        listening.send(
            message[0], *(data * share if place == len(message) - 2 else data for place, data in enumerate(message[1:]))
        )
    assert listening.best.source.kind == kind


def test_a_program_and_a_computer_key_are_learned(listening):
    listening.send(0xC0, 5)
    assert (listening.best.source.kind, listening.best.source.number) == ("program", 5)
    keys = Learner()
    keys.feed(Heard(0, "key", 0, -1, 1, 1, key="F5"), 0.0)
    assert (keys.best().source.kind, keys.best().source.key) == ("key", "F5")
