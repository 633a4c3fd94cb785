"""The panel over a real session on the silent clock, in one process: both run while a test waits for a state."""

import time
from contextlib import contextmanager

from PyQt6 import sip

from realtime.session.session import Options, Session
from ui.shell.window import Panel
from ui.style import theme


class Live:
    """A session with its panel. `view`: the one that is shown; `told`: the sentences for the performer."""

    def __init__(self, app, session, panel, view):
        self.app, self.session, self.panel, self.name = app, session, panel, view
        self.told = []
        panel.store.notice.connect(self.told.append)

    @property
    def view(self):
        return self.panel.views[self.name]

    @property
    def store(self):
        return self.panel.store

    def as_designed(self):
        """The view as it is first seen, at the design's size and colours, and nothing told."""
        theme.set_scale(1.0)
        theme.set_theme("dark")
        self.panel.resize(1920, 1080)
        self.panel.show_view(self.name)
        self.panel.restyle()
        self.told.clear()

    def until(self, condition, seconds=30.0):
        """Runs both until a condition holds; its value."""
        end = time.monotonic() + seconds
        while True:
            self.session.tick()
            self.app.processEvents()
            found = condition()
            if found or time.monotonic() > end:
                return found
            time.sleep(0.002)


@contextmanager
def live(app, view, scene="first_light", size=(1920, 1080), **options):
    """A Live; no MIDI ports and no players unless asked for."""
    chosen = {"driver": "null", "midi": False, "players": False} | options
    with Session(Options(scene=str(scene), **chosen)) as session:
        panel = Panel(session.control.server.port, view=view)
        made = Live(app, session, panel, view)
        try:
            panel.resize(*size)
            panel.show()
            panel.activateWindow()
            assert made.until(lambda: panel.store.nodes and panel.store.state == "connected")
            yield made
        finally:
            panel.close()
            app.processEvents()
            sip.delete(panel)  # now and here: outside a running event loop `deleteLater` never comes to it


def overlapping(widgets):
    """Pairs of visible widgets that lie on each other."""
    seen = [widget for widget in widgets if widget.isVisible()]
    return [
        (one, other)
        for at, one in enumerate(seen)
        for other in seen[at + 1 :]
        if one.geometry().intersects(other.geometry())
    ]
