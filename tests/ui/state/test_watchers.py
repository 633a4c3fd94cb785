"""Who watches a value is told while it lives, and ends without a call into what the collector has undone."""

import gc

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QObject
from PyQt6.QtWidgets import QWidget

from ui.connection import Connection
from ui.store import Store


@pytest.fixture
def store(app):
    made = Store(Connection(None))
    yield made
    sip.delete(made)


def test_all_at_or_below_a_prefix_is_told_until_the_owner_is_gone(store):
    one, other, told = QObject(), QObject(), []
    store.watch("/mix", lambda address, value: told.append(("one", address, value)), one)
    store.watch("/mix/you", lambda address, value: told.append(("other", address, value)), other)
    store._on_value("/mix/you/pan", 0.5)
    store._on_value("/mixer", 1.0)
    assert sorted(told) == [("one", "/mix/you/pan", 0.5), ("other", "/mix/you/pan", 0.5)]
    told.clear()
    sip.delete(other)
    store._on_value("/mix/you/pan", 0.25)
    assert told == [("one", "/mix/you/pan", 0.25)]
    assert sum(len(watchers) for watchers in store._watchers.values()) == 1, "what is gone is forgotten"


def test_one_that_ends_another_while_it_is_told_disturbs_nobody(store):
    first, second, told = QObject(), QObject(), []
    store.watch("/scene", lambda *_: sip.isdeleted(second) or sip.delete(second), first)
    store.watch("/scene", lambda _, value: told.append(value), second)
    store._on_value("/scene", "a")
    store._on_value("/scene", "b")
    assert told == []


def test_a_window_that_is_collected_before_qt_deletes_it_ends_in_peace(app):
    def build():
        store = Store(Connection(None))
        window = QWidget()
        window.store, child = store, QWidget(window)
        child.show_value = lambda address, value: child.setToolTip(str(value))
        store.watch("/scene", child.show_value, child)
        store._on_value("/scene", "a")
        assert child.toolTip() == "a"
        window.deleteLater()

    for _ in range(5):
        build()
    gc.collect()  # what Python had of it is undone, its C++ half still waits for the event loop
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
