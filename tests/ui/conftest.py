"""The panel's tests run offscreen, with one Qt application for all of them."""

import gc
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest


@pytest.fixture(scope="session")
def app():
    from ui.shell.window import application

    return application()


@pytest.fixture(autouse=True)
def designed_size():
    """Each test begins at the design's size and colours."""
    from ui.style import theme

    def as_designed():
        theme.set_scale(1.0)
        theme.set_window(1920, 1080)
        theme.set_theme("dark")

    as_designed()
    yield
    as_designed()


@pytest.fixture(autouse=True, scope="module")
def rubbish_on_this_thread():
    """The session's threads run in this process here: none of them may end what is Qt's."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()
