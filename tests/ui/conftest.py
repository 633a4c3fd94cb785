"""The panel's tests run offscreen, with one Qt application for all of them."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest


@pytest.fixture(scope="session")
def app():
    from ui.window import application

    return application()


@pytest.fixture(autouse=True)
def designed_size():
    from ui import theme

    theme.set_scale(1.0)
    yield
    theme.set_scale(1.0)
