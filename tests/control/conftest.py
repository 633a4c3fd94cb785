"""Sessions of these tests keep to folders of their own."""

import pytest

from tests.control.real_show import RealShow


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    for name in ("ANTIPHON_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_MUSIC_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture
def session():
    with RealShow() as made:
        yield made
