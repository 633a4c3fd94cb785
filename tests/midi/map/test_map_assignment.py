"""Every assignment survives its file; what is no assignment is refused with the place and the remedy."""

import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.midi.map.assignment import MODES, SCOPES, Assignment, Target, read_assignment, read_assignments, with_ids
from realtime.midi.map.curves import CURVES
from realtime.midi.map.layers import in_force
from realtime.midi.map.press import PRESSES
from realtime.midi.map.source import CODINGS, KINDS, Source
from realtime.midi.map.takeover import TAKEOVERS
from realtime.native.errors import AntiphonError
from realtime.session.scene_write import rows

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
NUMBERS = st.one_of(st.none(), st.floats(-1000.0, 1000.0), st.integers(-1000, 1000))
TARGETS = st.builds(
    Target, st.sampled_from(("/rack/1/cutoff_hz", "/panic", "/scene")), NUMBERS, NUMBERS, st.sampled_from(CURVES), st.booleans(),
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), NAMES), NUMBERS,
)  # fmt: skip


@st.composite
def assignments(draw):
    kind = draw(st.sampled_from(KINDS))
    wide = kind in ("nrpn", "rpn") and draw(st.booleans())
    number = draw(st.integers(0, 16383 if kind in ("nrpn", "rpn") else 127))
    coding = draw(st.sampled_from(CODINGS)) if kind == "cc" else ""
    source = Source(
        kind, draw(st.integers(0, 16)), number, wide, coding, draw(NAMES), draw(NAMES), "F5" if kind == "key" else ""
    )
    continuous = kind in ("velocity", "poly_pressure", "pressure", "bend")
    modes = ("absolute",) if continuous else tuple(m for m in MODES if m != "relative" or coding)
    modes = tuple(m for m in modes if kind not in ("key", "note") or m not in ("absolute", "relative"))
    mode = draw(st.sampled_from(modes))
    press = draw(st.sampled_from(PRESSES)) if mode in ("toggle", "trigger", "step") else "any"
    scope = draw(st.sampled_from(SCOPES))
    return Assignment(
        draw(NAMES), source, tuple(draw(st.lists(TARGETS, min_size=1, max_size=4))), mode, press,
        draw(st.sampled_from(TAKEOVERS)), draw(NAMES), scope, draw(st.integers(0, 127)), draw(st.integers(0, 127)),
        draw(NAMES) if scope == "part" else "", draw(st.sampled_from((None, True, False))),
    )  # fmt: skip


@given(assignments())
@settings(deadline=None, max_examples=300)
def test_an_assignment_is_the_same_after_toml_and_json(one):
    table = one.to_dict()
    text = "[[map]]\n" + "\n".join(rows(table)) + "\n"
    for back in (json.loads(json.dumps(table)), tomllib.loads(text)["map"][0]):
        # what is as usual for its kind is written all the same: nothing changes when the usual does
        assert read_assignment(back, "here") == one


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "targets must be a list"),
        ({"source": {"kind": "cc"}, "targets": [{"address": "/panic"}]}, "say which number"),
        ({"source": {"kind": "knob"}, "targets": [{"address": "/panic"}]}, "'knob' is unknown"),
        ({"source": {"number": 200}, "targets": [{"address": "/panic"}]}, "from -1 to 127"),
        ({"source": {"number": 1, "chanel": 2}, "targets": [{"address": "/panic"}]}, "did you mean 'channel'"),
        ({"source": {"number": 1}, "targets": [{"address": "panic"}]}, "say what it moves"),
        ({"source": {"number": 1}, "targets": [{"address": "/x", "low": "a"}]}, "low = 'a' must be a number"),
        ({"source": {"number": 1}, "targets": [{"address": "/x", "curve": "sine"}]}, "curve = 'sine'"),
        ({"source": {"number": 1}, "mode": "relative", "targets": [{"address": "/x"}]}, "how the encoder counts"),
        (
            {"source": {"kind": "note", "number": 1}, "mode": "absolute", "targets": [{"address": "/x"}]},
            'kind = "velocity"',
        ),
        ({"source": {"kind": "key"}, "targets": [{"address": "/x"}]}, "which key of the computer"),
        ({"source": {"number": 1}, "press": "long", "targets": [{"address": "/x"}]}, "is for buttons"),
        ({"source": {"number": 40, "wide": True}, "targets": [{"address": "/x"}]}, "number 0 to 31"),
        ({"source": {"number": 1}, "part": "verse", "targets": [{"address": "/x"}]}, 'needs scope = "part"'),
        ([], "must be a table"),
    ],
)
def test_what_is_no_assignment_is_refused_in_a_sentence(table, says):
    with pytest.raises(AntiphonError, match="here") as raised:
        read_assignment(table, "here")
    assert says in str(raised.value)


def test_a_scene_has_no_assignments_of_the_rig():
    table = {"source": {"number": 1}, "targets": [{"address": "/x"}], "scope": "rig"}
    with pytest.raises(AntiphonError, match="does not belong here"):
        read_assignments([table], "s.toml", "song", ("song", "part"))


def test_ids_are_given_and_kept():
    source = Source(number=1)
    made = with_ids([Assignment(name, source, ()) for name in ("", "a", "a", "")], {"rig-1"})
    assert [one.id for one in made] == ["rig-2", "a", "rig-3", "rig-4"]


def chosen(*rows, layer=0, page=0, part=""):
    made = [Assignment(name, Source(number=1), (Target("/x"),), **extra) for name, extra in rows]
    return [one.id for one in in_force(made, layer, page, part, lambda one: one.source)]


def test_narrower_hides_wider_on_the_same_control():
    rig, song, part = ("rig", {}), ("song", {"scope": "song"}), ("part", {"scope": "part", "part": "verse"})
    assert chosen(rig, song) == ["song"] and chosen(rig, song, part) == ["song"]
    assert chosen(rig, song, part, part="verse") == ["part"]


def test_layers_and_pages_lie_over_the_ground():
    ground, first, page = ("ground", {}), ("first", {"layer": 1}), ("page", {"page": 2})
    assert chosen(ground, first, page) == ["ground"]
    assert chosen(ground, first, page, layer=1) == ["first"] and chosen(ground, first, page, page=2) == ["page"]


def test_other_presses_of_a_button_are_not_hidden():
    short, long = (
        ("short", {"mode": "trigger", "press": "short"}),
        ("long", {"mode": "trigger", "press": "long", "scope": "song"}),
    )
    assert chosen(short, long) == ["short", "long"]
