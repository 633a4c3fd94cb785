"""The Rack over the real session: everything is an edit of the tree, and is shown when the tree says so."""

import json

import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QMenu

from realtime.music.midifile import write_midi
from realtime.music.sequence import Note, NoteSequence
from realtime.session.paths import user_folder
from tests.ui.views.live_panel import live, overlapping
from ui import strings
from ui.state import layout
from ui.state.drops import Item, of_file
from ui.style import theme
from ui.views.rack import menus

CTRL = Qt.KeyboardModifier.ControlModifier
TWO = """
tempo_bpm = 100
[[track]]
name = "low"
[[track.device]]
device = "poly"
[[track]]
name = "high"
[[track.device]]
device = "pluck"
[[track.device]]
device = "chorus"
"""


@pytest.fixture(scope="module")
def session_of_all(app, own_folders):
    path = own_folders / "two.toml"
    path.write_text(TWO)
    user_folder("midi").mkdir(parents=True)
    write_midi(NoteSequence([Note(0.0, 1.0, 60)]), user_folder("midi") / "tune.mid")
    with live(app, "rack", path) as made:
        assert made.until(lambda: made.view.chains.rows and made.store.has("/edit/add_device"))
        yield made


@pytest.fixture
def bench(session_of_all, tmp_path):
    """Each test begins with the same two tracks, loaded anew."""
    made = session_of_all
    path = tmp_path / "two.toml"
    path.write_text(TWO)
    before = made.store.value("/rack/layout")
    made.store.send("/scene", str(path))
    assert made.until(lambda: made.store.value("/rack/layout") not in (None, before), 60.0)
    assert made.until(lambda: lines(made) == ["track:low", "track:high", "master"])
    made.as_designed()
    made.view.show_browser(False)
    made.view.open_slot(told(made).chain("track:low").devices[0].uid)
    assert made.until(lambda: made.view.device.controls and made.view.title.text == "low / Poly")
    return made


def told(bench):
    return layout.read(bench.store.value("/rack/layout"))


def lines(bench):
    """The lines from top to bottom."""
    return [row.chain.key for row in bench.view.chains.ordered()]


def titles(bench, key):
    return [slot.device for slot in told(bench).chain(key).devices]


def boxes(bench, key):
    row = bench.view.chains.rows.get(key)  # while another scene comes there may be no such line
    return [] if row is None else [box.slot.device for box in row.boxes]


def box(bench, key, at):
    return bench.view.chains.rows[key].boxes[at]


def test_the_rack_shows_lines_and_opens_the_first_device(bench):
    assert lines(bench) == ["track:low", "track:high", "master"]
    assert boxes(bench, "track:high") == ["pluck", "chorus"]
    assert bench.until(lambda: bench.view.device.controls)
    assert bench.view.title.text == "low / Poly"
    assert len(bench.view.device.controls) == 8
    assert overlapping(bench.view.chains.rows["track:high"].boxes) == []


def test_a_device_is_added_moved_duplicated_removed_and_all_is_undone(bench):
    view = bench.view
    before = titles(bench, "track:high")
    view.edits.add_device("track:high", -1, "delay")
    assert bench.until(lambda: boxes(bench, "track:high") == [*before, "delay"])
    chain = view.chains.rows["track:high"]
    place = chain._places[0]
    drop = chain.planned(Item("slot", box(bench, "track:high", 2).slot.uid), place.left - 4, place.top + 10)
    view.edits.drop(drop)
    assert bench.until(lambda: boxes(bench, "track:high") == ["delay", "pluck", "chorus"])
    box(bench, "track:high", 2).setFocus()
    QTest.keyClick(box(bench, "track:high", 2), Qt.Key.Key_D, CTRL)
    assert bench.until(lambda: boxes(bench, "track:high") == ["delay", "pluck", "chorus", "chorus"])
    box(bench, "track:high", 0).setFocus()
    QTest.keyClick(box(bench, "track:high", 0), Qt.Key.Key_Delete)
    assert bench.until(lambda: boxes(bench, "track:high") == ["pluck", "chorus", "chorus"])
    for left in (["delay", "pluck", "chorus", "chorus"], ["delay", "pluck", "chorus"], [*before, "delay"], before):
        bench.store.send("/undo")
        assert bench.until(lambda left=left: boxes(bench, "track:high") == left)


def test_arrows_walk_and_enter_opens(bench):
    view = bench.view
    first = view.chains.rows["track:low"].header
    first.setFocus()
    for key, wanted in (
        (Qt.Key.Key_Down, view.chains.rows["track:high"].header),
        (Qt.Key.Key_Right, box(bench, "track:high", 0)),
        (Qt.Key.Key_Right, box(bench, "track:high", 1)),
    ):
        QTest.keyClick(bench.app.focusWidget(), key)
        assert bench.app.focusWidget() is wanted
    QTest.keyClick(bench.app.focusWidget(), Qt.Key.Key_Return)
    assert bench.until(lambda: view.title.text == "high / Chorus" and view.device.controls)
    assert bench.session.engine is not None and not bench.panel.piano.piano.held, "walking plays no notes"


def test_what_is_refused_is_told_and_nothing_moves(bench):
    only = box(bench, "track:low", 0)
    only.setFocus()
    QTest.keyClick(only, Qt.Key.Key_Delete)
    assert bench.until(lambda: "last device" in str(bench.store.value("/log")))
    assert boxes(bench, "track:low") == ["poly"]


def test_a_scene_change_leaves_the_keys_where_they_were_and_never_on_another_knob(bench, tmp_path):
    knob = next(one for one in bench.view.device.controls.values() if one.parameter.id == "cutoff_hz")
    knob.setFocus()
    bench.store.send("/scene", "first_light")
    assert bench.until(lambda: bench.store.value("/scene") == "first_light" and len(lines(bench)) > 3, 60.0)
    address, shown = knob.parameter.address, bench.view.device
    assert bench.until(lambda: address in shown.controls and bench.app.focusWidget() is shown.controls[address])
    path = tmp_path / "organ.toml"
    path.write_text('[[track]]\nname = "low"\n[[track.device]]\ndevice = "pluck"\n')
    bench.store.send("/scene", str(path))
    assert bench.until(lambda: lines(bench) == ["track:low", "master"] and bench.view.title.text == "low / Pluck", 60.0)
    assert bench.until(lambda: bench.app.focusWidget() is bench.panel), bench.app.focusWidget()


def test_copy_and_paste_carry_a_device_to_another_track(bench):
    if not bench.store.has("/edit/copy"):
        pytest.fail("the tree has no clipboard")
    chorus = box(bench, "track:high", 1)
    chorus.setFocus()
    QTest.keyClick(chorus, Qt.Key.Key_C, CTRL)
    assert bench.until(lambda: bench.store.value("/edit/clipboard"))
    poly = box(bench, "track:low", 0)
    poly.setFocus()
    QTest.keyClick(poly, Qt.Key.Key_V, CTRL)
    assert bench.until(lambda: boxes(bench, "track:low") == ["poly", "chorus"])


def test_bypass_by_key_and_by_button(bench):
    chorus = box(bench, "track:high", 1)
    chorus.click()
    chorus.setFocus()
    QTest.keyClick(chorus, Qt.Key.Key_E, CTRL)
    assert bench.until(lambda: box(bench, "track:high", 1).slot.bypass)
    assert bench.until(lambda: not bench.view.power.isChecked())
    bench.view.power.click()
    assert bench.until(lambda: not box(bench, "track:high", 1).slot.bypass)


def test_a_device_shows_its_level_where_the_meters_tell_it(bench):
    chorus = box(bench, "track:high", 1)
    quiet = chorus.grab().toImage()
    bench.store.meters.emit({f"rack_{chorus.slot.number}_peak_db": -6.0})
    assert chorus.level.shown_db == pytest.approx(-6.0)
    assert chorus.grab().toImage() != quiet


def test_a_zone_is_dragged_on_the_keyboard_and_is_one_step_of_undo(bench):
    view = bench.view
    view.show_zones(True, "track:high")
    zone = view.zones.rows["track:high"]
    assert bench.until(lambda: zone.keys.width() > 400)
    bar = zone.keys
    left, _ = bar.edges(bar.low, bar.high)
    middle = bar.height() // 2
    to = bar.piano().edge(60) + 2
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPointF(left + 4, middle).toPoint())
    QTest.mouseMove(bar, QPointF((left + to) / 2, middle).toPoint())
    QTest.mouseMove(bar, QPointF(to, middle).toPoint())
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPointF(to, middle).toPoint())
    assert bench.until(lambda: told(bench).chain("track:high").keys[0] == 60)
    assert told(bench).chain("track:high").keys[1] == 127, "the end out of sight stays the limit"
    assert bench.until(lambda: bar.low == 60)
    bench.store.send("/undo")
    assert bench.until(lambda: told(bench).chain("track:high").keys == (0, 127) and bar.low == 0)


def test_a_split_by_a_key_of_the_picture(bench):
    view = bench.view
    view.show_zones(True, "track:high")
    menu = view.zones.open_split(48)
    actions = [act for act in menu.actions() if act.isEnabled() and not act.isSeparator()]
    actions[0].trigger()
    assert bench.until(lambda: told(bench).chain("track:high").keys == (48, 127))
    assert bench.until(lambda: told(bench).chain("track:low").keys == (0, 47))
    assert bench.until(lambda: "C3" in view.chains.rows["track:high"].header.source)
    bench.store.send("/undo")
    assert bench.until(lambda: told(bench).chain("track:high").keys == (0, 127)), "a split is one step"
    assert told(bench).chain("track:low").keys == (0, 127)


def test_what_is_played_lights_up_with_its_name(bench):
    view = bench.view
    view.show_zones(True)
    bench.session.note(0x90, 61, 100)
    assert bench.until(lambda: view.zones.piano.sounding == {61: "you"})
    assert "♯4" in view.zones.piano.accessibleDescription()
    bench.session.note(0x80, 61, 0)
    assert bench.until(lambda: view.zones.piano.sounding == {})


def test_a_new_track_comes_from_the_menu_and_a_renamed_one_keeps_its_row(bench):
    menu = menus.add_track_menu(bench.view, bench.view.edits, told(bench))
    pluck = next(act for act in menu.actions() if act.text().lower().startswith("pluck"))
    pluck.trigger()
    assert bench.until(lambda: len(told(bench).tracks()) == 3)
    fresh = told(bench).tracks()[-1]
    assert [slot.device for slot in fresh.devices] == ["pluck"]
    bench.view.edits.set_chain(fresh, name="strings")
    assert bench.until(lambda: "track:strings" in bench.view.chains.rows)


def test_tracks_move_by_their_headers(bench):
    view = bench.view
    view.chains.let_go(Item("chain", "track:high"), view.chains.target(Item("chain", "track:high"), 0.0))
    assert bench.until(lambda: lines(bench)[:2] == ["track:high", "track:low"])
    ordered = view.chains.ordered()
    assert [row.chain.name for row in ordered][:2] == ["high", "low"]
    assert ordered[0].y() < ordered[1].y()


def test_menus_of_a_device_offer_what_the_tree_has(bench):
    chorus = box(bench, "track:high", 1)
    menu = bench.view.open_menu(chorus, chorus.mapToGlobal(chorus.rect().center()))
    said = [act.text() for act in menu.actions()]
    for entry in (
        strings.OPEN,
        strings.BYPASS,
        strings.RENAME,
        strings.REPLACE_BY,
        strings.DUPLICATE,
        strings.COPY,
        strings.REMOVE,
    ):
        assert entry in said, entry
    replace = next(act for act in menu.actions() if act.text() == strings.REPLACE_BY).menu()
    assert isinstance(replace, QMenu) and replace.actions()
    menu.close()


def test_an_instrument_that_does_not_tell_its_rack_is_said_so(bench):
    bench.session.control.tree.remove("/rack/layout")
    assert bench.until(lambda: not bench.view.chains.rows)
    assert bench.view.chains.message == strings.NO_LAYOUT
    assert bench.view.title.text == strings.NOTHING_OPEN and not bench.view.device.controls


def test_a_stranger_dropped_is_told(bench):
    assert of_file("/tmp/letter.docx") is None
    bench.view.chains.refused.emit(strings.NO_FILE.format("letter.docx"))
    assert bench.until(lambda: any("letter.docx" in sentence for sentence in bench.told))


def test_the_browser_hears_a_device_in_place_and_goes_back(bench):
    view = bench.view
    view.show_browser(True)
    view.browser.show_section("devices")
    assert bench.until(lambda: view.browser.model.rowCount() > 3)
    box(bench, "track:high", 1).setFocus()
    names = [entry.name for entry in view.browser.model.entries]
    view.browser.select(names.index("delay"))
    view.browser.show_target("track:high", 2, box(bench, "track:high", 1).slot)
    assert view.browser.hear_button.isEnabled()
    view.browser.hear()
    assert bench.until(lambda: boxes(bench, "track:high") == ["pluck", "delay"])
    assert bench.until(view.browser.audition.isVisible)
    view.browser.audition.back()
    assert bench.until(lambda: boxes(bench, "track:high") == ["pluck", "chorus"])
    assert bench.until(lambda: not view.browser.audition.isVisible())


def test_the_browser_hears_a_recording_in_place_or_on_a_track_and_a_midi_file_and_goes_back(bench):
    view = bench.view
    view.show_browser(True)
    view.browser.show_section("models")
    assert bench.until(lambda: {"parlour", "tune"} <= {entry.title for entry in view.browser.model.entries}, 60.0)

    def hear(title, slot):
        view.browser.show_target("track:high", 2, slot)
        view.browser.select([entry.title for entry in view.browser.model.entries].index(title))
        assert view.browser.hear_button.isEnabled()
        view.browser.hear()

    hear("parlour", box(bench, "track:high", 0).slot)
    assert bench.until(lambda: boxes(bench, "track:high") == ["sampler", "chorus"])
    assert bench.until(lambda: json.loads(bench.store.value("/history"))[-1:] == ["Replace Pluck by Sampler"])
    view.browser.audition.back()
    assert bench.until(lambda: boxes(bench, "track:high") == ["pluck", "chorus"])
    hear("parlour", box(bench, "track:high", 1).slot)  # an effect's place is none for a recording
    assert bench.until(lambda: lines(bench) == ["track:low", "track:high", "track:parlour", "master"])
    assert bench.until(lambda: json.loads(bench.store.value("/history"))[-1:] == ["Load parlour"])
    hear("tune", None)
    assert bench.until(lambda: lines(bench) == ["track:low", "track:high", "track:piano", "master"])
    assert bench.until(lambda: json.loads(bench.store.value("/history"))[-1:] == ["Load tune"])
    view.browser.audition.back()
    assert bench.until(lambda: lines(bench) == ["track:low", "track:high", "master"])


@pytest.mark.parametrize("at_once", [False, True])
def test_a_scene_is_heard_and_left_again(bench, at_once):
    """at_once: it is left while it is still coming."""
    view = bench.view
    view.show_browser(True)
    view.browser.show_section("scenes")
    assert bench.until(lambda: view.browser.model.rowCount() > 3)
    before = bench.store.value("/scene")
    names = [entry.name for entry in view.browser.model.entries]
    view.browser.select(names.index("tide"))
    view.browser.hear()
    assert at_once or bench.until(lambda: bench.store.value("/scene") == "tide")
    view.browser.audition.back()
    assert bench.until(lambda: "Load Tide" in str(bench.store.value("/redo/name")), 60.0)
    assert bench.until(lambda: bench.store.value("/scene") == before, 60.0)
    assert bench.until(lambda: boxes(bench, "track:high") == ["pluck", "chorus"])


def test_favourites_search_and_tags(bench):
    view = bench.view
    view.show_browser(True)
    view.browser.show_section("scenes")
    assert bench.until(lambda: view.browser.model.rowCount() > 3)
    view.browser.search.setText("tide")
    assert [entry.name for entry in view.browser.model.entries][:1] == ["tide"]
    view.browser.select(0)
    view.browser.toggle_favourite()
    view.browser.search.clear()
    view.browser.starred.click()
    assert bench.until(lambda: [entry.name for entry in view.browser.model.entries] == ["tide"], 60.0)
    info = json.loads(bench.store.value("/scenes/info"))
    assert [one["name"] for one in info if one["favourite"]] == ["tide"]


@pytest.mark.parametrize(
    ("size", "zoom"), [((1024, 600), 1.0), ((1920, 1080), 1.0), ((1920, 1080), 2.0), ((3840, 2160), 1.0)]
)
def test_the_rack_lies_inside_at_every_size(bench, size, zoom):
    theme.set_scale(zoom)
    bench.panel.resize(*size)
    bench.panel.restyle()
    assert bench.until(lambda: bench.view.pane.height() > 0 and bench.view.width() == size[0])
    for _ in range(20):
        bench.until(lambda: True)
    view = bench.view
    assert (bench.panel.width(), bench.panel.height()) == size
    bottom = view.pane.geometry().bottom()
    assert bottom <= view.height() and view.pane.geometry().right() <= view.width()
    for row in view.chains.rows.values():
        assert overlapping([row.header, *row.boxes, row.add, row.meter]) == []
    pieces = [view.power, view.title, view.zone_button, view.browse_button, view.device.menu_button, view.device.tabs]
    assert overlapping(pieces) == []


def test_everything_has_a_name_for_those_who_hear_it(bench):
    for cell in (cell for line in bench.view.chains.cells() for cell in line):
        assert cell.accessibleName(), cell
    bench.view.show_zones(True)
    for zone in bench.view.zones.rows.values():
        assert zone.keys.accessibleName() and zone.velocities.accessibleName() and zone.channels.accessibleName()


def test_a_device_shows_its_level_while_it_sounds(bench):
    def level(track):
        row = next(row for row in bench.view.chains.ordered() if row.chain.key == track)
        return next(iter(row.slots.values())).level.shown_db

    assert bench.until(lambda: bench.session.engine.plan is bench.session.plan)
    bench.session.note(0x90, 60, 110)
    assert bench.until(lambda: level("track:low") > -40.0)
    bench.session.note(0x80, 60, 0)
    assert bench.until(lambda: level("track:low") == -60.0)


def test_a_player_is_added_from_the_menu_behind_the_last_line(bench):
    assert bench.until(lambda: bench.view.chains.add_player.can_show)
    names = [entry.name for entry in menus.players(bench.view.edits)]
    assert "answer" in names and "" not in names
    menu = menus.add_player_menu(bench.view, bench.view.edits)
    menu.actions()[names.index("answer")].trigger()
    assert bench.until(
        lambda: [player.player for player in told(bench).players] == ["answer"] or bench.session.scene.players
    )
    assert bench.session.scene.players[0].player == "answer"
    bench.store.send("/undo")
    assert bench.until(lambda: not bench.session.scene.players)
