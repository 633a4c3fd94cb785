"""A real session on the null driver with the panel connected to it over real sockets, run together on this thread."""

import os
import time
from contextlib import contextmanager

from PyQt6 import sip
from PyQt6.QtTest import QTest

from realtime.session.session import Options, Session
from ui.shell.window import Panel

FOLDERS = (
    ("ANTIPHON_RUNTIME_DIR", "run"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_MUSIC_DIR", "music"),
    ("XDG_CONFIG_HOME", "config"),
)  # fmt: skip


class Playing:
    """`session`, `panel`; `until(condition)` runs both until it holds."""

    def __init__(self, session: Session, panel: Panel) -> None:
        self.session, self.panel = session, panel
        self.sent: list[tuple[int, int, int]] = []
        note = session.note
        session.control.tree.node("/midi").set = lambda m: (self.sent.append(m), note(*m))

    @property
    def tree(self):
        return self.session.control.tree

    def get(self, address):
        return self.tree.get(address)

    def until(self, condition, seconds=30.0):
        """Runs session and panel until the condition holds; its value."""
        end = time.monotonic() + seconds
        while True:
            self.session.tick()
            QTest.qWait(5)
            found = condition()
            if found or time.monotonic() > end:
                return found

    def settle(self):
        """Until all that was asked of the session is done, and the panel has drawn it."""
        assert self.until(lambda: self.session._jobs.empty() and not self.panel.connection._asking)
        for _ in range(8):
            self.session.tick()
            QTest.qWait(8)


@contextmanager
def own_folders(path):
    """Doors, logs, scenes and recordings of this test alone."""
    before = {name: os.environ.get(name) for name, _ in FOLDERS}
    for name, folder in FOLDERS:
        (path / folder).mkdir(mode=0o700, exist_ok=True)
        os.environ[name] = str(path / folder)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


@contextmanager
def playing(app, path, scene="first_light", size=(1920, 1080), **options):
    """A Playing whose panel is connected and shown."""
    chosen = {"driver": "null", "midi": False, "players": False} | options
    with own_folders(path), Session(Options(scene=str(scene), **chosen)) as session:
        panel = Panel(session.control.server.port)
        panel.resize(*size)
        panel.show()
        panel.activateWindow()
        made = Playing(session, panel)
        try:
            assert made.until(lambda: panel.store.nodes and panel.store.state == "connected")
            yield made
        finally:
            panel.ends_show = False
            panel.close()
            app.processEvents()
            sip.delete(panel)  # now and here: outside a running event loop `deleteLater` never comes to it
