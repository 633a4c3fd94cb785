"""The stage view: what is read at two metres, with and without a setlist, against a real session."""

import json

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QFontMetricsF
from PyQt6.QtTest import QTest

from tests.ui.playing import playing
from ui import strings
from ui.connection import Connection
from ui.desk import Desk
from ui.model import Parameter
from ui.store import Store
from ui.style import theme
from ui.views.stage import macros, song
from ui.views.stage.macro_parameter import macro_parameter
from ui.views.stage.part import READ_AT_TWO_METRES
from ui.views.stage.players import PlayerState
from ui.views.stage.stage import StageView, pedals

LEFT = Qt.MouseButton.LeftButton
SONGS = [
    {"number": 1, "name": "a", "title": "Opening", "parts": ["Intro", "Verse"], "ready": True, "tempo_bpm": 96},
    {"number": 2, "name": "b", "title": "Seven steps", "parts": [], "ready": True, "tempo_bpm": 126, "key": "D minor"},
]  # fmt: skip


@pytest.fixture(scope="module")
def stage(app, tmp_path_factory):
    with playing(app, tmp_path_factory.mktemp("stage"), players=True) as made:
        assert made.until(lambda: made.panel.store.instrument.devices)
        made.settle()
        yield made


@pytest.fixture
def alone(app):
    """A stage view on a tree of the test's own making: `tell(address, value)`."""
    store = Store(Connection())
    view = StageView(Desk(store))
    view.resize(1920, 936)
    view.show()

    def tell(values):
        for address, value in values.items():
            store.nodes.setdefault(address, {})
            store._on_value(address, value if isinstance(value, (int, float, str)) else json.dumps(value))
        QTest.qWait(20)

    view.tell = tell
    yield view
    view.deleteLater()


def capitals(pixels, *, bold=True):
    return QFontMetricsF(theme.sized(pixels, bold=bold)).capHeight()


def test_what_is_played_from_has_capitals_of_36_pixels_and_the_title_95(stage):
    view = stage.panel.view
    stage.panel.resize(1920, 1080)
    stage.settle()
    view.grab()
    text, size, whole = view.title.drawn["title"]
    assert text == "First light" and whole and capitals(size) >= 95
    read = {**view.output.drawn, **view.players.drawn, **view.coming.drawn, "facts": view.title.drawn["facts"]}
    for one in view.macros:
        read |= {f"{one.label} {what}": entry for what, entry in one.drawn.items()}
    del read["next"]  # in letters of its own
    assert len(read) >= 2 * macros.COUNT + 6
    small = {name: entry for name, entry in read.items() if capitals(entry[1], bold=False) < READ_AT_TWO_METRES}
    assert small == {}
    assert all(read[f"{one.label} value"][2] for one in view.macros), "every value is whole"
    assert view.title.song.facts in view.title.toolTip(), "what is shortened is told in the tip"


def test_a_long_status_is_shortened_and_not_shrunk(alone):
    long = [
        PlayerState(f"/player/{n}", "The second answer", "listening to the left hand", True, 3) for n in range(1, 4)
    ]
    alone.players.show_players(long)
    alone.grab()
    assert len(alone.players.drawn) == 6
    for read_as, (text, size, whole) in alone.players.drawn.items():
        assert capitals(size) >= READ_AT_TWO_METRES, text
        assert (text, whole) == ("3 !", True) if read_as.endswith("status") else not whole, "what matters is whole"


def test_a_band_of_six_shows_whole_names_and_one_of_nine_has_pages(alone):
    names = ("Drummer", "Bass", "Comping", "Harmonist", "Answer", "Genie", "Morph", "Mirror", "Clip")
    band = [PlayerState(f"/player/{n}", name, "listening", n != 2, n == 3) for n, name in enumerate(names, 1)]
    tiles = alone.players
    tiles.show_players(band[:6])
    alone.grab()
    assert [one.title for one, _ in tiles.boxes()] == list(names[:6])
    assert all(whole and capitals(size) >= READ_AT_TWO_METRES for _, size, whole in tiles.drawn.values())
    assert all(tiles.rect().contains(box.toAlignedRect().adjusted(1, 1, -1, -1)) for _, box in tiles.boxes())
    tiles.show_players(band)
    wanted = []
    tiles.wanted.connect(lambda root, on: wanted.append((root, on)))
    seen = []
    for _ in range(2):
        alone.grab()
        assert tiles.drawn["more"][0] == strings.MORE_PLAYERS.format(9 - len(tiles.shown))
        seen += [one.title for one in tiles.shown]
        QTest.mouseClick(tiles, LEFT, pos=tiles.boxes()[0][1].center().toPoint())
        QTest.mouseClick(tiles, LEFT, pos=tiles._place(5).center().toPoint())
    assert seen == list(names) and wanted == [("/player/1", False), ("/player/6", False)]


@pytest.mark.parametrize(("width", "height"), [(1024, 600), (1920, 1080), (3840, 2160), (1280, 1024), (2560, 1080)])
def test_the_stage_fills_every_window_and_its_parts_lie_apart(stage, width, height):
    stage.panel.resize(width, height)
    QTest.qWait(30)
    view = stage.panel.view
    parts = [
        one for one in (view.title, view.roll, view.coming, view.players, view.output, *view.macros) if one.isVisible()
    ]
    for at, one in enumerate(parts):
        assert view.rect().contains(one.geometry()), one.accessibleName()
        assert not any(one.geometry().intersects(other.geometry()) for other in parts[at + 1 :])
    assert view.unit == pytest.approx(min(view.width() / 1920, view.height() / 936))


def test_a_player_is_muted_and_woken_by_its_tile_and_says_what_it_does(stage):
    stage.panel.resize(1920, 1080)
    tiles = stage.panel.view.players
    assert stage.until(lambda: tiles.players and tiles.players[0].status)
    one, box = tiles.boxes()[0]
    assert one.on and one.title in tiles.accessibleName()
    QTest.mouseClick(tiles, LEFT, pos=box.center().toPoint())
    assert stage.until(lambda: stage.get(f"{one.root}/bypass") is True and not tiles.players[0].on)
    QTest.mouseClick(tiles, LEFT, pos=box.center().toPoint())
    assert stage.until(lambda: stage.get(f"{one.root}/bypass") is False and tiles.players[0].on)


def test_what_you_play_goes_by_and_what_the_player_plans_lies_ahead(stage):
    heard = stage.panel.desk.heard
    heard.close_all()
    assert stage.until(lambda: stage.panel.store.value("/transport/playing"))
    seen = []
    stage.panel.store.plan.connect(lambda event: seen.append((event, heard.paper.transport_beat)))
    session = stage.session

    def phrase():
        for key in (62, 65, 69, 74):
            session.note(0x90, key, 96)
            for _ in range(14):
                stage.until(lambda: True)
            session.note(0x80, key, 0)

    phrase()
    assert stage.until(lambda: any(note.source == "you" for note in heard.notes))
    planned = stage.until(lambda: [event for event, now in seen if event[2] == "note" and event[4] > now], 90.0)
    assert planned and planned[0][0] == 1, "the player's answer is seen before it sounds"


def test_meters_worst_load_and_the_recorder_s_clock_are_shown(stage):
    output = stage.panel.view.output
    stage.session.note(0x90, 60, 100)
    assert stage.until(lambda: output.levels[0].sounds)
    stage.session.note(0x80, 60, 0)
    assert output.worst_percent > 0.0
    stage.panel.toggle_recording(True)
    assert stage.until(lambda: output.recording_s is not None and output.recording_s > 0.0)
    stage.panel.toggle_recording(False)
    assert stage.until(lambda: output.recording_s is None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1.30 kHz", "1.3 kHz"), ("20.0 kHz", "20 kHz"), ("-13.0 dB", "-13 dB"), ("+3.0 dB", "+3 dB"), ("-1.5 dB", "-1.5 dB"),
     ("700 ms", "700 ms"), ("1.00 x", "1 x"), ("0.0 dB", "0 dB"), ("saw", "saw"), ("L30", "L30"), ("40 %", "40 %")],
)  # fmt: skip
def test_a_macro_s_value_is_told_with_its_unit_in_a_few_figures(text, shown):
    assert macros.short_text(text) == shown


def test_eight_macros_of_the_scene_move_what_they_name(stage):
    view = stage.panel.view
    assert len(view.macros) == macros.COUNT
    assert [one.label for one in view.macros] == [
        "Cutoff", "Resonance", "Drive", "Chorus", "Hall", "Echo", "Bells", "Density",
    ]  # fmt: skip
    assert view.macros[0].parameter.address == "/macro/1", "what is learned for it stays with it in every scene"
    hall = next(one for one in view.macros if one.label == "Hall")
    hall._take_entry("-20 dB")
    assert stage.until(lambda: stage.get("/mix/you/send_hall") == pytest.approx(-20.0, abs=0.01))
    assert hall.value_text() == "-20.0 dB"
    stage.tree.set("/mix/you/send_hall", -13.0)
    assert stage.until(lambda: hall.value_text() == "-13.0 dB"), "moved by another hand"
    assert hall.home == pytest.approx(hall.value), "the scene's own place"


@pytest.mark.parametrize("name", ["brass_choir", "three_manuals", "wide_saw", "seven_steps", "transistor_club"])
def test_names_and_values_of_macros_are_whole_in_the_smallest_window(app, tmp_path, name):
    with playing(app, tmp_path, scene=name, size=(1024, 600)) as made:
        assert made.until(lambda: made.panel.store.instrument.devices)
        made.settle()
        made.panel.grab()
        view = made.panel.view
        assert len(view.macros) == macros.COUNT and len({one.label for one in view.macros}) == macros.COUNT
        cut = {one.label: one.drawn for one in view.macros if not (one.drawn["name"][2] and one.drawn["value"][2])}
        assert cut == {}


def test_a_macro_of_several_things_is_told_and_typed_in_percent(app):
    node = Parameter("/macro/1", "Macro 1", value=0.5)
    one = Parameter("/rack/1/cutoff_hz", "Cutoff", low=20.0, high=20000.0, unit="Hz", curve="log")
    target = {"address": one.address, "low": 3200.0, "high": 200.0}
    several = macro_parameter(node, {"name": "Bloom", "targets": [target, target]}, [one, one])
    assert several.text(0.5) == "50 %" and several.parse("25") == several.parse("25 %") == 0.25
    back = macro_parameter(node, {"name": "Dark", "targets": [target]}, [one])
    assert back.text(0.0) == one.text(3200.0) and back.text(1.0) == one.text(200.0)
    assert back.parse("800 Hz") == pytest.approx(0.5) and several.parse("banana") is back.parse("banana") is None
    assert "banana" in back.refusal("banana") and "Bloom; type for example 50" in several.refusal("banana")


# a setlist


def test_a_setlist_shows_place_title_parts_and_the_next_song(alone):
    alone.tell({"/setlist/songs": SONGS, "/setlist/song": 1, "/setlist/part": 2, "/song/title": "Opening", "/song/key": "C",
                "/song/notes": "Start on the pad. Bells answer."})  # fmt: skip
    assert alone.title.song == song.Song("Opening", "key C · “Start on the pad. Bells answer.”", "1 / 2")
    assert (alone.parts.names, alone.parts.here) == (["Intro", "Verse"], 2)
    assert alone.coming.song.title == "Seven steps" and alone.coming.facts() == f"126 · D minor · {strings.LOADED}"
    assert alone.parts.isVisible()
    place = QRect(alone.parts.mapTo(alone, QPoint(0, 0)), alone.parts.size())
    assert not place.intersects(alone.roll.geometry())
    wanted = []
    alone.parts.wanted.connect(wanted.append)
    QTest.mouseClick(alone.parts, LEFT, pos=alone.parts.boxes()[0][1].center().toPoint())
    assert wanted == [1]
    alone.grab()
    assert all(capitals(alone.parts.drawn[f"part {number}"][1]) >= 36 for number in (1, 2))


def test_the_last_song_has_no_next_and_a_song_without_parts_gives_its_room_to_the_roll(alone):
    alone.tell({"/setlist/songs": SONGS, "/setlist/song": 1, "/setlist/part": 1})
    before = alone.roll.height()
    alone.tell({"/setlist/song": 2, "/song/title": "Seven steps"})
    assert alone.coming.song is None and not alone.parts.isVisible()
    assert alone.roll.height() > before


def test_a_long_title_is_set_smaller_and_stays_whole(alone):
    alone.tell({"/song/title": "The long way home through the rain"})
    alone.grab()
    text, size, whole = alone.title.drawn["title"]
    assert whole and 50 < size < 132 and text.startswith("The long")


def test_lyrics_scroll_with_the_transport(alone):
    lines = [{"beat": 4.0 * at, "bar": at, "text": f"line {at}", "chords": [[0, "Dm7"]]} for at in range(8)]
    alone.tell({"/song/lyrics": lines})
    assert alone.lyrics.isVisible() and alone.roll.isVisible()
    alone.lyrics.show_beat(9.0)
    assert alone.lyrics.here == 2 and "line 2" in alone.lyrics.accessibleName()
    alone.tell({"/song/lyrics": []})
    assert not alone.lyrics.isVisible()


def test_what_is_mapped_has_its_badge_and_comes_first_where_the_scene_names_no_macros(stage):
    entries = [
        {"text": "CC 21 ch 1", "targets": [{"address": "/rack/1/resonance"}]},
        {"text": "CC 22 ch 1", "targets": [{"address": "/macro/3"}]},
        {"text": "CC 23 ch 1", "targets": [{"address": "/rack/1/osc2_level"}]},
        {"text": "CC 80 ch 1", "targets": [{"address": "/setlist/next"}]},
    ]
    store, view = stage.panel.store, stage.panel.views["stage"]
    known = {address: store.values.get(address) for address in ("/map/list", "/macro/list")}
    store._on_value("/map/list", json.dumps(entries))
    try:
        assert {one.label: one.badge for one in view.macros if one.badge} == {
            "Resonance": "CC 21 ch 1", "Drive": "CC 22 ch 1",
        }  # fmt: skip
        assert pedals(entries) == "CC 80 ch 1: setlist next"
        rows = [row | {"own": False} for row in json.loads(known["/macro/list"])]
        store._on_value("/macro/list", json.dumps(rows))
        assert [(one.parameter.address, one.badge) for one in view.macros[:3]] == [
            ("/rack/1/resonance", "CC 21 ch 1"), ("/rack/1/osc2_level", "CC 23 ch 1"), ("/macro/1", ""),
        ]  # fmt: skip
        assert [one.label for one in view.macros].count("Resonance") == 1, "nothing stands there twice"
    finally:
        for address, value in known.items():
            store._on_value(address, value or "[]")


def test_what_is_mapped_beside_the_scene_s_own_macros_has_tiles_on_further_pages_and_lives(stage):
    others = ["/rack/1/osc2_level", "/rack/1/cutoff_hz", "/mix/you/gain_db"]
    entries = [{"text": f"CC {at} ch 1", "targets": [{"address": one}]} for at, one in enumerate(others, 21)]
    store, view = stage.panel.store, stage.panel.views["stage"]
    known = store.values.get("/map/list")
    assert not view.pager.isVisible() and len(view.macros) == macros.COUNT, "one page needs no switch"
    store._on_value("/map/list", json.dumps(entries))
    try:
        assert view.pager.isVisible() and len(view.macros) == macros.COUNT
        assert all(not one.geometry().intersects(view.pager.geometry()) for one in view.macros)
        QTest.keyClick(view.pager, Qt.Key.Key_Return)
        seen = {one.parameter.address: one for one in view.macros}
        assert set(seen) == {"/rack/1/osc2_level", "/mix/you/gain_db"}, (
            "the cutoff is moved by a macro of the first page"
        )
        assert seen["/rack/1/osc2_level"].badge == "CC 21 ch 1"
        stage.tree.set("/rack/1/osc2_level", 0.25)
        assert stage.until(lambda: seen["/rack/1/osc2_level"].value == pytest.approx(0.25)), "moved by another hand"
        seen["/mix/you/gain_db"]._take_entry("-9 dB")
        assert stage.until(lambda: stage.get("/mix/you/gain_db") == pytest.approx(-9.0, abs=0.01))
        view.grab()
        assert view.pager.drawn["page"] == ("2/2", view.pager.drawn["page"][1], True)
        QTest.mouseClick(view.pager, Qt.MouseButton.LeftButton)
        assert view.macros[0].parameter.address == "/macro/1", "round and round"
        view.pager.turn()
    finally:
        store._on_value("/map/list", known or "[]")
    assert not view.pager.isVisible() and len(view.macros) == macros.COUNT, "what is mapped no longer has no page"


def test_the_chord_stands_left_of_the_playhead_and_the_next_one_right_of_it(alone):
    before = alone.roll.grab().toImage()
    alone.tell({"/follower/chord": "Am7", "/follower/next": "D7"})
    assert (alone.roll.chord, alone.roll.next_chord) == ("Am7", "D7")
    after = alone.roll.grab().toImage()
    box = alone.roll.paper_box()
    now = box.left() + box.width() * 6.0 / 16.0

    def changed(left, right):
        pixels = [
            (x, y) for x in range(int(left), int(right), 2) for y in range(int(box.top()), int(box.top() + 56), 2)
        ]
        return sum(before.pixel(x, y) != after.pixel(x, y) for x, y in pixels)

    assert changed(now - 200, now - 8) > 20 and changed(now + 8, now + 200) > 20
    alone.tell({"/follower/chord": "", "/follower/next": ""})
    assert alone.roll.grab().toImage() == before
