"""Numbers of the MIDI outputs that lanes name: kept while they are used, given anew after, never the number of another."""

from realtime.engine.layout import MAX_PORTS
from realtime.session.lane_ports import LanePorts


class Stage:
    def __init__(self):
        self.routed, self.used, self.said = [], [], []
        self.ports = LanePorts(self.routed.append, lambda: self.used, self.said.append)

    def take(self, name):
        self.used.append(name)
        return self.ports.number(name)


def test_each_output_has_its_number_and_antiphon_s_own_is_0():
    stage = Stage()
    assert [stage.take(name) for name in ("", "Digitone", "Moog", "Digitone")] == [0, 1, 2, 1]
    assert stage.routed[-1][:3] == ("Digitone", "Moog", "") and len(stage.routed) == 2


def test_a_number_goes_to_another_output_only_when_nobody_has_it():
    stage = Stage()
    numbers = {name: stage.take(name) for name in (f"synth {n}" for n in range(MAX_PORTS - 1))}
    assert sorted(numbers.values()) == list(range(1, MAX_PORTS))
    assert stage.take("one too many") == 0 and "one too many" in stage.said[0]
    stage.used = [name for name in numbers if name != "synth 4"]
    assert stage.ports.number("another") == numbers["synth 4"]
    assert {name: stage.ports.number(name) for name in stage.used} == {name: numbers[name] for name in stage.used}
