"""One session a module, in folders of its own: to start one takes longer than a test."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory):
    """Door, logs, scenes, settings and recordings lie in the module's folder; its path."""
    folder = tmp_path_factory.mktemp("views")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ANTIPHON_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_MUSIC_DIR"):
            (folder / name).mkdir(mode=0o700)
            patch.setenv(name, str(folder / name))
        yield folder
