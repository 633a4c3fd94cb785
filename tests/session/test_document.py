"""A scene's text through edits: comments, order and spelling stay, whatever is moved, copied or taken away."""

import difflib

import pytest

from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.document import edits, rows
from realtime.session.document.blocks import blocks
from realtime.session.document.document import Document
from realtime.session.document.paste import ALL
from realtime.session.paths import PRESETS
from tests.session.editing_rig import HAND


def changed(text, edit, /, **order):
    """The text after an edit, which must still be a scene."""
    document = Document.parse(text)
    made = edits.change(document, edit, order, ALL).document
    assert document.text == text, "the document that was given has changed"
    scenes.parse(made.text)
    return made.text


def lines(before, after):
    """(taken out, put in)"""
    diff = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("- ", "+ ")]
    return [row[2:] for row in diff if row[0] == "-"], [row[2:] for row in diff if row[0] == "+"]


def uid(text, track, number):
    return Document.parse(text).named("track", track).devices[number].uid


@pytest.mark.parametrize("name", sorted(path.name for path in PRESETS.glob("*.toml")))
def test_every_factory_scene_is_its_blocks(name):
    text = (PRESETS / name).read_text("utf-8")
    assert "".join(block.text for block in blocks(text)) == text == Document.parse(text).copied().text


def test_a_hand_written_scene_is_its_blocks_and_texts_hold_no_headers():
    assert "".join(block.text for block in blocks(HAND)) == HAND
    document = Document.parse(HAND)
    assert [part.kind for part in document.parts] == ["track", "track", "bus", "master"]
    assert [len(part.devices) for part in document.all("track")] == [2, 1]


def test_windows_line_ends_stay():
    text = HAND.replace("\n", "\r\n")
    assert Document.parse(text).copied().text == text
    after = changed(text, "set_track", track="low", transpose=12)
    assert "transpose = 12\r\n" in after and "\n" not in after.replace("\r\n", "")


def test_one_value_changes_one_line_and_its_comment_stays():
    gone, come = lines(HAND, changed(HAND, "set_track", track="low", gain_db=-6.5))
    assert gone == ["gain_db = -3.0   # not louder"] and come == ["gain_db = -6.5   # not louder"]
    gone, come = lines(HAND, changed(HAND, "set_scene", title="Club"))
    assert gone == ['title = "House"   # as printed on the list'] and come == [
        'title = "Club"   # as printed on the list'
    ]


def test_a_send_in_a_table_of_its_own_changes_there():
    gone, come = lines(HAND, changed(HAND, "set_send", track="high", bus="room", gain_db=-9))
    assert (gone, come) == (["room = -6  # wet"], ["room = -9  # wet"])
    gone, come = lines(HAND, changed(HAND, "set_send", track="low", bus="room", gain_db=None))
    assert (gone, come) == (["sends = { room = -12 }"], [])


@pytest.mark.parametrize(
    "track, lost", [("low", ("# the left hand", "# its drive", "# not louder")), ("high", ("# wet",))]
)
def test_removing_a_track_takes_its_own_comments_and_no_others(track, lost):
    text = HAND.replace('sidechain = "low"\n', "")
    after = changed(text, "remove_track", name=track)
    comments = [line[line.index("#") :].strip() for line in text.splitlines() if "#" in line]
    for comment in comments:
        own = comment.strip() in [one.strip() for one in lost] or (track == "low" and comment == "# warm")
        assert (comment in after) != own, comment


def test_comments_at_the_end_of_a_table_survive_the_removal_of_the_next():
    """The comment above a header goes with the header; a parser would have hung it to the table before."""
    document = Document.parse(HAND)
    text = edits.change(
        document, "remove_device", {"uid": document.named("track", "low").devices[1].uid}, ALL
    ).document.text
    assert (
        "# a comment at the end of the low track" in text and "# ---- right hand ----" in text and "filter" not in text
    )
    assert "# its drive" in text


def test_moving_and_moving_back_is_the_same_text_but_for_blank_lines():
    one = changed(HAND, "move_track", name="high", at=0)
    assert [t.name for t in scenes.parse(one).rack.tracks] == ["high", "low"]
    two = changed(one, "move_track", name="high", at=-1)

    def said(text):
        return [line for line in text.splitlines() if line.strip()]

    assert sorted(said(two)) == sorted(said(HAND))  # what stood apart behind it stays where it was


def test_a_device_moves_between_track_bus_and_master_with_its_comment():
    document = Document.parse(HAND)
    device = document.named("track", "low").devices[0]
    for chain in ("bus:room", "master", "track:high", "track:low"):
        document = edits.change(document, "move_device", {"uid": device.uid, "chain": chain, "at": 0}, ALL).document
        scenes.parse(document.text)
        assert "# its drive\n" in document.text and "drive_db = 12.00  # warm" in document.text
    assert document.named("track", "low").devices[0].uid == device.uid


def test_a_new_name_reaches_sends_sidechains_and_inputs():
    text = HAND.replace("audio_input = [1]\n[track.sends]", 'audio_from = "low/x"\n[track.sends]')
    text = Document.parse(text).text
    document = edits.change(Document.parse(text), "set_track", {"track": "low", "name": "Left"}, ALL).document
    assert 'sidechain = "Left"' in document.text and 'audio_from = "Left/x"' in document.text
    document = edits.change(document, "set_bus", {"bus": "room", "name": "Big room"}, ALL).document
    assert (
        '"Big room" = -12' in document.text
        and '"Big room" = -6' in document.text
        and "room = -12 " not in document.text
    )


def test_a_removed_bus_takes_its_sends_along_and_a_removed_track_its_sidechains():
    assert "sends" not in changed(HAND, "remove_bus", name="room")
    assert "sidechain" not in changed(HAND, "remove_track", name="low")


def test_a_removed_player_is_heard_by_nobody_and_those_behind_it_count_anew():
    players = '\n[[player]]\nplayer = "answer"\n[[player]]\nplayer = "answer"\nhears = ["keys", "player 1"]\n'
    text = HAND.replace('name = "high"', 'name = "high"\nhears = ["player 1", "player 2"]') + players
    after = changed(text, "remove_player", number=1)
    assert 'name = "high"\nhears = ["player 1"]' in after and 'hears = ["keys"]' in after


@pytest.mark.parametrize("number, at, order, heard", [
    (1, -1, "bca", (3, 1, 2)), (1, 1, "bac", (2, 1, 3)), (3, 0, "cab", (2, 3, 1)), (2, 1, "abc", (1, 2, 3)),
    (2, 9, "acb", (1, 3, 2)),
])  # fmt: skip
def test_a_moved_player_is_heard_by_whom_it_was_and_nothing_else_changes(number, at, order, heard):
    players = "".join(f'\n[[player]]\nplayer = "answer" # {name}\n' for name in "abc")
    text = HAND.replace('name = "high"', 'name = "high"\nhears = ["player 1", "player 2 notes", "player 3"]') + players
    after = changed(text, "move_player", number=number, at=at)
    assert [line[-1] for line in after.splitlines() if "# " in line and line.startswith("player =")] == list(order)
    one, two, three = heard
    assert f'hears = ["player {one}", "player {two} notes", "player {three}"]' in after
    if order == "abc":
        assert after == text


def test_tables_written_as_values_are_told_apart():
    with pytest.raises(AntiphonError, match="headers"):
        Document.parse('track = [{ name = "a", device = [{ device = "eq" }] }]\n')
    with pytest.raises(AntiphonError, match="headers"):
        Document.parse('[[track]]\nname = "a"\ndevice = [{ device = "eq" }]\n')


@pytest.mark.parametrize(
    "value, text",
    [(1300.0, "1300"), (0.35, "0.35"), (-13, "-13"), (1 / 3, "0.333333"), (0.1 + 0.2, "0.3"), (-0.0, "0"), (2e-7, "0.0000002"),
     (123456.789, "123457"), (2147483647.0, "2147480000")],
)  # fmt: skip
def test_numbers_as_a_person_writes_them(value, text):
    assert rows.number(value) == text


@pytest.mark.parametrize("what", [None, float("nan"), "\ud800", [None], {"a": object()}])
def test_what_no_scene_can_hold_is_refused(what):
    with pytest.raises(AntiphonError):
        changed(HAND, "set_scene", title=what if what is not None else object())


@pytest.mark.parametrize("name", ['a"b', "a'b", "a\\b", "ü [x]", "#1", "a.b", "[[track]]", '="\'\'"""'])
def test_any_printable_name_goes_in_and_comes_out(name):
    after = changed(HAND, "set_track", track="low", name=name)
    scene = scenes.parse(after)
    assert scene.rack.tracks[0].name == name and scene.rack.tracks[1].slots[0].sidechain == name
    after = changed(HAND, "set_bus", bus="room", name=name)
    assert name in scenes.parse(after).rack.tracks[0].sends


def test_a_pasted_text_has_a_limit():
    with pytest.raises(AntiphonError, match="characters"):
        changed(HAND, "paste", text="x" * 300_000)
