"""A keyboard that goes and is back before anybody looks: its notes end, and it is heard again."""

import pytest

from realtime.midi.ports import MidiPorts
from tests.midi.test_ports import Ear, Keyboard, link, names, until

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(params=[3600.0])
def rack(jack, request):
    """Ports that look around only when they are told to, or once in so many seconds."""
    ear = Ear()
    ports = MidiPorts(ear, inputs=("stage*",), api="jack", scan_s=request.param, say=lambda text: None).start()
    try:
        until(lambda: names(ports))
        yield ports, ear
    finally:
        while Keyboard.plugged:
            Keyboard.plugged[0].unplug()
        ports.stop()


def test_one_of_our_own_ports_lets_go_at_once(rack):
    ports, ear = rack
    for count in (1, 2, 3):
        keyboard = Keyboard("elsewhere")
        link("elsewhere:keys", "Antiphon in:Antiphon in")
        keyboard.play(0x90, 60, 100)
        until(lambda count=count: ear.begun == count)
        keyboard.unplug()
        until(lambda count=count: ear.ended == count)
    assert ear.sounding == 0 and set(ear.released) == {0}


@pytest.mark.parametrize("rack", [1.0], indirect=True)
def test_a_keyboard_that_is_back_at_once_is_heard_again(rack):
    ports, ear = rack
    for count in (1, 2, 3):
        keyboard = Keyboard()
        until(lambda: ports.rescan(5.0) and "Stage Piano:keys" in names(ports)) if count == 1 else None
        until(lambda keyboard=keyboard, count=count: keyboard.play(0x90, 59 + count, 100) or ear.begun >= count)
        assert ear.messages[-1][0] == 1
        keyboard.unplug()
        Keyboard().unplug() if count == 2 else None  # twice in a breath
    until(lambda: ear.sounding == 0)
    assert ear.begun == ear.ended


def test_a_cable_that_is_pulled_by_hand_stays_so(rack):
    import subprocess

    ports, ear = rack
    keyboard = Keyboard()
    until(lambda: ports.rescan(5.0) and "Stage Piano:keys" in names(ports))
    keyboard.play(0x90, 60, 100)
    until(lambda: ear.begun == 1)
    cables = subprocess.run(["jack_lsp", "-c", "Stage Piano:keys"], capture_output=True, text=True).stdout
    ours = cables.splitlines()[1].strip()
    subprocess.run(["jack_disconnect", "Stage Piano:keys", ours], check=True, capture_output=True)
    until(lambda: ear.ended == 1)
    for _ in range(3):
        ports.rescan(5.0)
    cables = subprocess.run(["jack_lsp", "-c", "Stage Piano:keys"], capture_output=True, text=True).stdout
    assert len(cables.splitlines()) == 1
