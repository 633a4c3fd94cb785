"""Every profile loads, names its chart, and no two controls of one bank say the same."""

from pathlib import Path

import pytest

from realtime.midi.map.profile import Light, as_source, load_profiles, parse_profile
from realtime.native.errors import AntiphonError

FOLDER = Path(__file__).resolve().parents[3] / "presets" / "controllers"
FILES = sorted(FOLDER.glob("*.toml"))


def test_there_are_profiles_for_the_usual_boxes():
    wanted = {
        "launchkey_mk3", "mpk_mini", "keylab_essential", "nanokontrol2", "nanopad2", "beatstep", "launchpad_mk3",
        "launch_control_xl", "midi_fighter_twister", "xtouch_mini", "faderfox_ec4", "fcb1010", "morningstar_mc6",
        "irig_blueboard", "generic_88_keys", "generic_pedal",
    }  # fmt: skip
    assert wanted <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_profile_is_whole(path):
    profile = parse_profile(path.read_text("utf-8"), path.stem)
    assert profile.chart and len(profile.controls) >= 5
    assert profile.ports or "by hand" in profile.notes
    for control in profile.controls:
        assert control.name and "{}" not in control.name + control.role
        assert profile.find(control.name) == control
        assert profile.of(control.source) is not None
        assert as_source(control).control in (control.role, control.name)
        if control.light is not None:
            for value in {control.light.shows(position) for position in (0.0, 0.3, 1.0)}:
                data = control.light.bytes(value)
                assert 2 <= len(data) <= 3 and data[0] >= 0x80 and max(data[1:]) < 0x80


def test_two_controls_with_one_message_are_refused():
    row = '[[control]]\nname = "{}"\nkind = "knob"\nnumber = 7\n'
    with pytest.raises(AntiphonError, match="same message"):
        parse_profile(row.format("a") + row.format("b"), "box")
    parse_profile(row.format("a") + row.format("b") + 'bank = "B"\n', "box")  # said so, it may be


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = 1\n[[control]]\nname='a'\nkind='knob'\nnumber=1", "title = 1"),
        ("[[control]]\nname='a'\nkind='lever'\nnumber=1", "'lever'"),
        ("[[control]]\nname='a{}'\nkind='knob'\ncount=3\nnumbers=[1]", "one whole number for each"),
        ("[[control]]\nname='a'\nkind='knob'\nnumber=300", "no such message"),
        ("ports = 'x'\n[[control]]\nname='a'\nkind='knob'\nnumber=1", "list of name patterns"),
        ("[[control]]\nname='a'\nkind='knob'\nnumber=1\nfeedback = { on = 200 }", "from 0 to 127"),
        ("title = ", "not TOML"),
        ("title = 'x'", "at least one"),
    ],
)
def test_a_wrong_profile_is_refused_in_a_sentence(text, says):
    with pytest.raises(AntiphonError, match="box") as raised:
        parse_profile(text, "box")
    assert says in str(raised.value)


def test_a_broken_profile_hides_no_other(tmp_path):
    (tmp_path / "good.toml").write_text("[[control]]\nname='a'\nkind='knob'\nnumber=1")
    (tmp_path / "bad.toml").write_text("[[control]]\nname='a'")
    said = []
    assert list(load_profiles((tmp_path,), said.append)) == ["good"]
    assert len(said) == 1 and "bad.toml" in said[0]


def test_lights_show_positions_and_colours():
    assert Light("ring", "cc", 2, 5, low=1, high=13).shows(0.5) == 7
    assert Light("motor", "bend", 3, 0, high=16383).bytes(0x1FFF) == bytes((0xE2, 0x7F, 0x3F))
    pad = Light("colour", "note", 1, 60, on=21, off=1, colours=(("red", 5),))
    assert (pad.shows(1.0), pad.shows(1.0, "red"), pad.shows(0.0, "red"), pad.shows(1.0, "puce")) == (21, 5, 1, 21)
