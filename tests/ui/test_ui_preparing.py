"""The first start on a machine: the panel shows how far the instrument is, moves while it waits, and then shows it."""

import json
import os
import subprocess
import sys
import time

from tests.ui.playing import playing
from ui import strings
from ui.shell.preparing import Orders, Preparing

LINE = {"share": 0.4, "note": "12/34 engine 31 s", "left_s": 74.0}


def until(app, condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        app.processEvents()
        time.sleep(0.005)
    return found


def test_it_shows_what_is_compiled_and_how_long_yet_and_never_stands_still(app):
    window = Preparing()
    window.resize(1024, 600)
    window.show()
    window.tell(LINE)
    assert window.words() == strings.LEFT_S.format(75)
    assert until(app, lambda: window.shown > 0.3) and window.shown < 0.41
    before = window.grab().toImage()
    assert until(app, lambda: window.grab().toImage() != before), "it moves though nothing is told"
    window.tell({"share": 0.2, "note": "x", "left_s": 400.0})
    assert window.share == 0.4 and window.words() == strings.LEFT_MIN.format(7), "a bar never goes back"
    window.tell({"share": "much", "note": None, "left_s": float("nan")})
    assert window.words() == "" and window.note == ""
    window.tell({"share": 1.0})
    assert window.words() == strings.PREPARED
    window.close()


def test_the_lines_are_read_beside_the_window_and_their_end_is_told(app):
    ours, theirs = os.pipe()
    orders, heard = Orders(os.fdopen(ours)), []
    orders.told.connect(heard.append)
    orders.there.connect(heard.append)
    orders.ended.connect(lambda: heard.append("end"))
    orders.start()
    with os.fdopen(theirs, "w") as pen:
        pen.write(json.dumps(LINE) + "\nnonsense\n" + json.dumps({"port": 4000}) + "\n")
    assert until(app, lambda: "end" in heard)
    assert heard == [LINE, 4000, "end"]


def test_the_same_process_then_shows_the_instrument(app, tmp_path):
    with playing(app, tmp_path) as made:
        server = made.session.control.server
        assert made.until(lambda: server.clients == 1), "the panel of this test"
        command = [sys.executable, "-m", "ui.panel", "--ends-show", "--prepares"]
        panel = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        try:
            panel.stdin.write(json.dumps(LINE) + "\n" + json.dumps({"port": server.port}) + "\n")
            panel.stdin.flush()
            assert made.until(lambda: server.clients == 2, 120.0), panel.poll()
        finally:
            panel.terminate()
            panel.wait(60.0)


def test_without_an_instrument_it_goes(app):
    command = [sys.executable, "-m", "ui.panel", "--ends-show", "--prepares"]
    panel = subprocess.run(command, input=json.dumps(LINE) + "\n", text=True, timeout=180.0, capture_output=True)
    assert panel.returncode == 0 and not panel.stderr
