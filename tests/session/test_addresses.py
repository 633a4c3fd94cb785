"""Each track and bus has an OSC address of its own, whatever it is called."""

from hypothesis import given
from hypothesis import strategies as st

from realtime.control.tree import Node
from realtime.session.names import addresses


def test_plain_names_stay_and_others_are_made_safe():
    assert addresses(["keys", "Lead [L]", "a/b", "Flöte", "二胡", "master", "Lead L"]) == {
        "keys": "keys", "Lead [L]": "Lead_L", "a/b": "a_b", "Flöte": "Flote", "二胡": "track", "master": "master_2",
        "Lead L": "Lead_L_2",
    }  # fmt: skip


@given(st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=12))
def test_no_two_share_one_and_every_one_is_legal(names):
    found = addresses(names)
    assert list(found) == names and len(set(found.values())) == len(names) and "master" not in found.values()
    for at in found.values():
        Node(f"/mix/{at}/gain_db")
        assert at.isascii() and not set(at) & set(" #*,/?[]{}")
