"""Cyclic garbage ends on the Qt thread alone."""

import gc
import threading

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject
from PyQt6.QtTest import QTest

from ui.shell.rubbish import Rubbish


class Ring:
    """Garbage that only the collector can end; it tells on which thread."""

    def __init__(self, ended):
        self.me, self.ended = self, ended

    def __del__(self):
        self.ended.append(threading.get_ident())


def allocate_much():
    kept = [[] for _ in range(50_000)]
    assert len(kept) == 50_000


@pytest.fixture
def panel(app):
    gc.enable()
    parent = QObject()
    yield parent
    if not sip.isdeleted(parent):
        sip.delete(parent)
    gc.unfreeze()
    gc.disable()


def test_without_it_a_helper_thread_ends_what_is_the_panels(panel):
    ended = []
    Ring(ended)
    helper = threading.Thread(target=allocate_much)
    helper.start()
    helper.join()
    assert ended and ended[0] == helper.ident


def test_a_helper_thread_ends_nothing_and_the_timer_does(panel):
    Rubbish(panel)
    ended = []
    Ring(ended)
    helper = threading.Thread(target=allocate_much)
    helper.start()
    helper.join()
    assert not ended
    kept = [[] for _ in range(2000)]  # what was made and not freed is what makes a collection due
    for _ in range(1500):
        QTest.qWait(20)
        if ended:
            break
    assert len(kept) == 2000
    assert ended == [threading.get_ident()]


def test_old_garbage_is_collected_too_and_the_collector_returns_with_the_panels_end(panel):
    rubbish = Rubbish(panel)
    ended = []
    old = Ring(ended)
    gc.collect(0)
    gc.collect(1)
    del old
    seen = [rubbish.collect() for _ in range(200)]
    assert 2 in seen and ended == [threading.get_ident()]
    assert not gc.isenabled()
    sip.delete(panel)
    assert gc.isenabled()
