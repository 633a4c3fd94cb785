"""Sessions of tests keep to folders of their own."""

import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Door, logs, scenes and recordings lie in the test's folder."""
    for name, folder in (
        ("ANTIPHON_RUNTIME_DIR", "run"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_MUSIC_DIR", "music"),
        ("XDG_CONFIG_HOME", "config"),
    ):  # fmt: skip
        (tmp_path / folder).mkdir(mode=0o700)
        monkeypatch.setenv(name, str(tmp_path / folder))
