"""Python's cyclic garbage, collected between frames on the Qt thread and on no other; Qt thread.

A collection runs on whichever thread happens to allocate. On a helper thread it could end widgets and pictures there, and
Qt's things may only be ended on their own thread (Qt's "Threads and QObjects"). So the collector that starts by itself is
off, and a timer asks for what it would have done, generation by generation as in CPython's own gc.
"""

import gc

from PyQt6.QtCore import QObject, QTimer

EVERY_MS = 200
WHOLE_EVERY = 150
"""Young generations in between two collections of everything: half a minute."""


class Rubbish(QObject):
    """Collects while its parent lives; then the collector starts by itself again."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rounds = 0
        gc.disable()
        gc.freeze()  # modules, classes, compiled code: never garbage, and not to be walked through again
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(EVERY_MS)
        parent.destroyed.connect(lambda: gc.enable())

    def collect(self) -> int:
        """What is due now; the generation that was looked at, -1 for none."""
        young, middle, _ = gc.get_threshold()
        self._rounds += 1
        if self._rounds % WHOLE_EVERY == 0:
            due = 2
        elif gc.get_count()[1] > middle:
            due = 1
        elif gc.get_count()[0] > young:
            due = 0
        else:
            return -1
        gc.collect(due)
        return due
