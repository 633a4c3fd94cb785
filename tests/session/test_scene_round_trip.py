"""A scene that is written and read again is the same scene."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.engine.rack import Bus, Keys, Rack, Slot, Track
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.paths import PRESETS
from realtime.session.scene_write import dumps, save

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
NAMES = st.text("abc é[]*\"'\\#", min_size=1, max_size=8).filter(lambda text: text.strip())
LEVELS = st.floats(-90, 12, width=32)


@pytest.mark.parametrize("name", sorted(path.stem for path in PRESETS.glob("*.toml")))
def test_every_factory_scene(name):
    scene = scenes.load(PRESETS / f"{name}.toml")
    again = scenes.parse(dumps(scene), name, PRESETS)
    assert dataclasses.replace(again, path=scene.path) == scene
    assert dumps(again) == dumps(scene)


@st.composite
def made(draw):
    names = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    slot = Slot("filter", {"cutoff_hz": draw(st.floats(20, 20000))}, title=draw(TEXTS), bypass=draw(st.booleans()))
    tracks = [
        Track(name, [dataclasses.replace(slot)], Keys((1, 3), draw(st.integers(0, 60)), 99, 5, 90, -7, ("keys",)),
              (1, 2), "", draw(LEVELS), draw(st.floats(-1, 1)), draw(st.booleans()), {names[-1]: draw(LEVELS)}, 3, 6,
              draw(st.booleans()))
        for name in names[:-1]
    ]  # fmt: skip
    rack = Rack(tracks, [Bus(names[-1], [slot], draw(LEVELS), 0.25, True, 1)], [Slot("limiter")], [])
    return scenes.Scene(
        "s", draw(TEXTS), draw(TEXTS), (draw(TEXTS),), draw(st.floats(10, 999)), (7, 8), "D minor", draw(TEXTS), draw(LEVELS),
        rack,
    )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(made())
def test_any_scene(scene):
    assert scenes.parse(dumps(scene), "s") == scene


def test_saving_is_whole_or_not_at_all(tmp_path):
    scene = scenes.load("tide")
    save(scene, tmp_path / "new" / "mine.toml")
    assert scenes.load(tmp_path / "new" / "mine.toml").rack == scene.rack
    (tmp_path / "file").write_text("")
    with pytest.raises(AntiphonError, match="choose another place"):
        save(scene, tmp_path / "file" / "x.toml")
    assert sorted(path.name for path in tmp_path.rglob("*.part")) == []
