"""The panel drawn into a PNG without a screen, for tests and manuals; takes the main thread while it runs."""

import os
import time
from pathlib import Path

from realtime.native.errors import AntiphonError
from ui import strings

CONNECT_S = 15.0


def screenshot(
    path: str | Path, port: int | None = None, size: tuple[int, int] = (1280, 800), seconds: float = 2.0,
    view: str = "stage", prepare=None,
) -> Path:  # fmt: skip
    """Connects, watches for `seconds`, and saves; returns the path. Raises AntiphonError when there is no engine.

    view: one of ui.views.registry.NAMES. prepare(panel) may do more before the watching begins.

    Uses Qt's offscreen platform unless an application is already there or QT_QPA_PLATFORM says otherwise.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from ui.shell.window import Panel, application

    app = application()
    panel = Panel(port, view=view)
    try:
        panel.resize(*size)
        panel.show()
        give_up = time.monotonic() + CONNECT_S
        while not panel.store.nodes:
            if time.monotonic() > give_up:
                raise AntiphonError(strings.SCREENSHOT_ALONE.format(CONNECT_S))
            _run(app, 0.02)
        if prepare is not None:
            prepare(panel)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            _run(app, 0.01)
        target = Path(path)
        if not panel.grab().save(str(target), "PNG"):
            raise AntiphonError(strings.SCREENSHOT_UNWRITTEN.format(target))
        return target
    finally:
        panel.close()
        panel.deleteLater()
        app.processEvents()


def _run(app, pause_s: float) -> None:
    app.processEvents()
    time.sleep(pause_s)
