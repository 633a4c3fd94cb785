"""The whole engine on a real jackd: notes to the sample, and the end of a keyboard that vanishes."""

from __future__ import annotations

import numpy as np

from realtime.drivers.jack import JackDriver
from realtime.engine.engine import Engine
from realtime.engine.layout import PORT_SOURCE
from realtime.engine.rack import Rack, Slot, Track
from tests.drivers.test_jack_driver import without_xruns
from tests.engine.small_devices import gate
from tests.rig.note_sender import NoteSender
from tests.rig.waiting import wait_until

FRAMES = 256


def on_jack() -> tuple[Engine, JackDriver]:
    engine = Engine(48000.0)
    engine.swap(engine.compile(Rack([Track("t", [Slot(gate)])])), 0.0)
    engine.record["native_midi"] = 1
    driver = JackDriver()
    driver.open(engine, connect=False)
    driver.start()
    return engine, driver


def test_a_thousand_notes_through_the_engine_all_take_the_same_time(make_jack):
    """The impulse of each note-on, through rack, master and limiter: one period and the lookahead later, always."""
    server = make_jack(frames=FRAMES)
    engine, driver = on_jack()

    def measure():
        sender = NoteSender(notes=1000)
        try:
            sender.start("antiphon:midi_in", "antiphon:out_2", "antiphon:midi_out")
            wait_until(lambda: sender.counts[1] >= 1000, "1,000 notes to sound", 30)
        finally:
            sender.close()
        return sender

    try:
        sender = without_xruns(server, driver, measure)
    finally:
        driver.close()
    assert np.all(sender.clicks - sender.sent == FRAMES + engine.latency)


def test_the_notes_of_a_keyboard_that_vanishes_end(make_jack):
    make_jack(frames=FRAMES)
    engine, driver = on_jack()
    driver.on_midi_gone = lambda port: engine.release(PORT_SOURCE + port)
    try:
        sender = NoteSender(notes=5)
        sender.start("antiphon:midi_in", "antiphon:out_2", "antiphon:midi_out")
        wait_until(lambda: sender.counts[1] >= 5, "the notes to sound")
        assert engine.meters.snapshot()["peaks"][0] > 0.2  # a key is down
        sender.close()
        wait_until(lambda: engine.meters.snapshot()["peaks"][0] < 1e-4, "the held note to end")
    finally:
        driver.close()


def test_a_keyboard_that_dies_and_is_back_at_once_holds_nothing(make_jack):
    """Faster than anyone looks at the patchbay: the cable itself says that it was pulled."""
    make_jack(frames=FRAMES)
    engine, driver = on_jack()
    gone = []
    driver.on_midi_gone = lambda port: (gone.append(port), engine.release(PORT_SOURCE + port))
    try:
        for _ in range(3):
            before = len(gone)
            sender = NoteSender(notes=5)
            sender.start("antiphon:midi_in", "antiphon:out_2", "antiphon:midi_out")
            wait_until(lambda sender=sender: sender.counts[1] >= 5, "the notes to sound")
            sender.close()
            other = NoteSender(notes=0)
            other.start("antiphon:midi_in", "antiphon:out_2", "antiphon:midi_out")
            wait_until(lambda before=before: len(gone) > before, "the pulled cable to be noticed")
            other.close()
        wait_until(lambda: engine.meters.snapshot()["peaks"][0] < 1e-4, "the held note to end")
        assert set(gone) == {0}
    finally:
        driver.close()
