"""Whatever is wrong with a scene file is one sentence that names the file, the place and the remedy."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from tests.session.live import PLAIN, wrote

TRACK = '[[track]]\nname = "{}"\n[[track.device]]\ndevice = "saturator"\n'
BUS = '[[bus]]\nname = "{}"\n[[bus.device]]\ndevice = "reverb"\n'


def inside(line):
    """PLAIN with a line in its track."""
    return PLAIN.replace('name = "t"\n', f'name = "t"\n{line}\n')


MISTAKES = {
    "the same key twice": ('pan = 0\npan = 1\n' + PLAIN, "not TOML.*line 2"),
    "the same key twice in a device": (PLAIN + "mix = 1\nmix = 0\n", "not TOML.*line 6"),
    "no TOML at all": ("\x00\x01", "not TOML"),
    "nested without end": ("a = " + "[" * 3000 + "]" * 3000, "nested too deeply|not TOML"),
    "nothing": ("", r"needs at least one \[\[track\]\]"),
    "a track that is no list": ("track = 3", r"\[\[track\]\]"),
    "a track of numbers": ("track = [1, 2]", r"\[\[track\]\]"),
    "a name that is a list": (PLAIN.replace('"t"', '["a"]'), "name = .* must be a text"),
    "a name that is a number": (PLAIN.replace('"t"', "5"), "name = 5 must be a text"),
    "an empty name": (PLAIN.replace('"t"', '"  "'), "letters that can be seen"),
    "a name with a bell in it": (PLAIN.replace('"t"', '"a\\u0007"'), "letters that can be seen"),
    "a name without end": (PLAIN.replace('"t"', f'"{"x" * 70000}"'), "70000 characters; 64 are the most"),
    "two tracks of one name": (PLAIN * 2, "there is a track of that name already"),
    "two buses of one name": (PLAIN + BUS.format("b") * 2, "there is a bus of that name already"),
    "a bus called as a track": (PLAIN + BUS.format("t"), "there is a track of that name already"),
    "no device": ('[[track]]\nname = "t"', "has no device"),
    "a device that is a number": (PLAIN.replace('"saturator"', "5"), "device = 5 must be a text"),
    "options that are a number": (PLAIN + "options = 3\n", "options = 3 must be a table"),
    "options that are a text": (PLAIN + 'options = "x.nam"\n', "options = 'x.nam' must be a table"),
    "a file that is a number": (PLAIN + "options = { file = 3 }\n", "file = 3 must be a text"),
    "a file that is not there": (PLAIN + 'options = { file = "no.nam" }\n', "there is no file 'no.nam'"),
    "a file that is a folder": (PLAIN + 'options = { file = "/" }\n', "there is no file '/'"),
    "a file of a long name": (PLAIN + f'options = {{ file = "{"y" * 5000}" }}\n', "there is no file 'yyy"),
    "a file with a NUL": (PLAIN + 'options = { file = "a\\u0000b" }\n', "there is no file"),
    "a bypass that is a text": (PLAIN + 'bypass = "yes"\n', "bypass = 'yes' must be true or false"),
    "velocities that are texts": (inside('velocities = ["soft", "loud"]'), "'soft' is no velocity"),
    "velocities out of range": (inside("velocities = [0, 200]"), "0 is no velocity"),
    "velocities that are fractions": (inside("velocities = [1.5, 20.0]"), "1.5 is no velocity"),
    "keys that are a table": (inside("keys = [{}, {}]"), "is no key"),
    "one key": (inside('keys = ["C4"]'), "two values, lowest and highest"),
    "sends that are a list": (inside("sends = [1]"), r"sends = \[1\] must be a table"),
    "a send that is a text": (inside('sends = { b = "loud" }') + BUS.format("b"), "b = 'loud' must be a number"),
    "a send to nowhere": (inside("sends = { hull = -3 }") + BUS.format("hall"), "did you mean 'hall'"),
    "a fader that is true": (inside("gain_db = true"), "gain_db = True must be a number from -90 to 12"),
    "a fader beyond its range": (inside("gain_db = 99"), "gain_db = 99 must be a number from -90 to 12"),
    "a fader that is no number": (inside("gain_db = nan"), "not finite"),
    "a tempo without end": ("tempo_bpm = inf\n" + PLAIN, "not finite"),
    "a parameter that is not finite": (PLAIN + "drive_db = -inf\n", "not finite"),
    "an output beyond all": (inside("output = 9"), "output = 9 must be a whole number from 1 to 7"),
    "a width that no strip has": (inside("width = 3"), "width = 3 must be one of 1, 2, 6"),
    "a key that is unknown": (inside("volume_db = 3"), "'volume_db' is unknown here"),
    "a key that is misspelt": (inside("transpse = 3"), "did you mean 'transpose'"),
    "a signature of texts": ('signature = ["a", "b"]\n' + PLAIN, r"like \[4, 4\]"),
    "a signature that is true": ("signature = [true, true]\n" + PLAIN, r"like \[4, 4\]"),
    "a unit nobody counts in": ("signature = [4, 3]\n" + PLAIN, r"like \[4, 4\]"),
    "a title that is a date": ("title = 2026-01-01\n" + PLAIN, "title = .* must be a text"),
    "tags of numbers": ("tags = [1]\n" + PLAIN, "tags = .* must be a list of texts"),
    "a hundred tracks": ("".join(TRACK.format(n) for n in range(100)), "100 tracks; a scene has at most 64"),
    "a player that is a number": (PLAIN + "[[player]]\nplayer = 5\n", "player 1: player = 5 must be a text"),
    "a player nobody knows": (PLAIN + '[[player]]\nplayer = "x"\n', "player 1: "),
    "a player's options": (PLAIN + '[[player]]\nplayer = "answer"\noptions = 7\n', "options = 7 must be a table"),
    "a player's seed": (PLAIN + '[[player]]\nplayer = "answer"\nseed = "x"\n', "player 1: .*seed"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_one_sentence_with_the_place(name, tmp_path):
    text, words = MISTAKES[name]
    with pytest.raises(AntiphonError, match=words) as caught:
        scenes.load(wrote(tmp_path, text, "wrong.toml"))
    sentence = str(caught.value)
    assert "wrong" in sentence and "\n" not in sentence and sentence.isprintable() and len(sentence) < 400


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"title = '\xff\xfe'\n" + PLAIN.encode(), "line 1: this is not UTF-8"),
        (b"#" * 1_000_001, "larger than 1 MB"),
        (PLAIN.encode("utf-16"), "not UTF-8"),
    ],
)
def test_files_that_are_no_text(tmp_path, data, words):
    with pytest.raises(AntiphonError, match=words):
        scenes.load(wrote(tmp_path, data))


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: "# é\n" + t])
def test_text_as_editors_write_it(tmp_path, change):
    assert scenes.load(wrote(tmp_path, change(PLAIN))).rack == scenes.parse(PLAIN).rack


def test_links_are_followed_and_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "link.toml").symlink_to(wrote(tmp_path, PLAIN))
    assert scenes.load(tmp_path / "link.toml").rack.tracks[0].name == "t"
    (tmp_path / "round.toml").symlink_to(tmp_path / "round.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    for name in ("round", "zero", "folder", "pipe", "none"):
        with pytest.raises(AntiphonError, match=r"no scene file|no file that can hold"):
            scenes.load(tmp_path / f"{name}.toml")


@pytest.mark.parametrize(
    "name", ["", "/" + "a" * 5000, "~nobody/x.toml", "a\0b.toml", "/etc/passwd/x.toml", "x" * 5000]
)
def test_names_that_are_no_scene(name):
    with pytest.raises(AntiphonError) as caught:
        scenes.load(name)
    assert len(str(caught.value)) < 600


def test_a_misspelt_parameter_names_those_alike_and_not_all():
    from realtime.engine.engine import Engine

    for wrong, right in (("drive_bd", "did you mean 'drive_db'"), ("zzzz", "it has: .* and|it has: ")):
        scene = scenes.parse(PLAIN + f"{wrong} = 1\n")
        with pytest.raises(AntiphonError, match=right) as caught:
            Engine().compile(scene.rack)
        assert str(caught.value).count(",") < 14


VALUES = st.recursive(
    st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=9), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
KEYS = [*scenes._TRACK_KEYS, *scenes._SCENE_KEYS, *scenes.SLOT_KEYS]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["scene", "track", "device", "bus"]), st.sampled_from(KEYS), VALUES)
def test_any_value_anywhere_is_read_or_refused(place, key, value):
    """As if TOML had given it: no other exception, whatever stands there."""
    from realtime.session.table import finite

    device = {"device": "saturator"}
    track = {"name": "t", "device": [device]}
    document = {"track": [track], "bus": [{"name": "b"}]}
    {"scene": document, "track": track, "device": device, "bus": document["bus"][0]}[place][key] = value
    if not finite(document):
        return
    try:
        scenes.read(document, "s", None)
    except AntiphonError as error:
        assert "\n" not in str(error)
