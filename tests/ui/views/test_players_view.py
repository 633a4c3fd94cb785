"""The Players view over the real session with players in their process: what they plan, their strips, their ways."""

import json
import re

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QMenu, QWidget

from tests.ui.views import band_of_three
from tests.ui.views.live_panel import live, overlapping
from ui import strings
from ui.state import layout
from ui.style import theme
from ui.style.palettes import PALETTES
from ui.views.players.players_view import PlayersView
from ui.views.players.strip import record_words, state_words
from ui.widgets.bar import Bar
from ui.widgets.button import Button
from ui.widgets.control import Control
from ui.widgets.pad import Asker, Pad
from ui.widgets.xy import XYPad

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def session_of_all(app, own_folders):
    with live(app, "players", band_of_three.write(own_folders), players=True) as made:
        assert made.until(lambda: len(made.view.strips) == 3 and plays(made), 120.0)
        made.first = state(made)
        yield made


def state(made):
    """Who plays what how and where, as the session has it."""
    rows = [(link.name, link.values, link.lanes, link.slot.hears) for link in made.session.links]
    return rows, [track.keys.sources for track in made.session.plan.rack.tracks]


@pytest.fixture
def band(session_of_all, own_folders):
    """Each test begins with the same three players, playing, and nothing behind "more"."""
    made = session_of_all
    while (popup := made.app.activePopupWidget()) is not None:
        popup.close()
    if state(made) != made.first:
        made.store.send("/scene", str(band_of_three.write(own_folders)))
    made.session.engine.play()
    assert made.until(lambda: state(made) == made.first and len(made.view.strips) == 3)
    for strip in made.view.strips.values():
        strip.more.setChecked(False)
    made.view.kept.put("xy steps", [])
    made.as_designed()
    assert made.until(lambda: plays(made) and made.store.value("/player/3/warning"), 60.0)
    return made


def plays(made):
    return made.session.links and all(link.running for link in made.session.links) and made.view.roll.book.notes


def value(band, number, name):
    return band.session.links[number - 1].values[name]


def control(band, number, name):
    return band.view.strips[number].controls[f"/player/{number}/{name}"]


def press(widget, at=None):
    QTest.mouseClick(widget, LEFT, pos=at or widget.rect().center())


def settled(band, number, name, wanted):
    return band.until(lambda: value(band, number, name) == pytest.approx(wanted))


# -- the roll ----------------------------------------------------------------------------------------------------------


def test_what_is_planned_is_seen_before_it_sounds_and_fills_as_it_sounds(band):
    book, paper = band.view.book, band.view.book.paper
    seen = {}

    def first_to_sound():
        """Of those that were seen ahead and empty; a player may take one back and plan anew."""
        for one in book.notes:
            if one.player == 1 and not one.sounded and one.start > paper.now + 3.0 and id(one) not in seen:
                assert one.lane in ("bass", "kick", "snare") and book.filled(one) == one.start
                assert band.view.roll.note_box(one).left() > band.view.roll.now_x()
                seen[id(one)] = one
        return next((one for one in seen.values() if one.sounded), None)

    note = band.until(first_to_sound)
    assert note is not None, seen
    assert abs((note.start - paper.now) - (note.beat - paper.transport_beat)) < 1.0, "it sounds where it was planned"
    assert band.until(lambda: book.filled(note) > note.start + 0.2)


def test_a_muted_player_s_notes_go_by_empty_and_pale(band):
    book, roll = band.view.book, band.view.roll
    assert roll.looks[3].silent and not roll.looks[1].silent
    gone = band.until(lambda: [one for one in book.notes if one.player == 3 and one.end < book.paper.now - 0.5])
    assert gone and not any(one.sounded for one in gone)


def test_drums_have_rows_of_their_own_below_the_keys(band):
    roll = band.view.roll
    assert roll.drums == {(1, "kick"), (1, "snare"), (3, "kick"), (3, "snare")}
    assert band.until(
        lambda: {one.lane for one in band.view.book.notes if one.player == 1} >= {"bass", "kick", "snare"}
    )
    assert band.until(lambda: roll.drum_rows == ("snare", "kick"))
    kicks = [one for one in band.view.book.notes if one.lane == "kick"]
    assert all(roll.note_box(one).top() > roll.drum_box().center().y() for one in kicks), "the kick lies lowest"
    for one in band.view.book.notes:
        box = roll.note_box(one)
        inside = roll.drum_box() if one.lane in ("kick", "snare") else roll.paper_box()
        assert inside.top() - 12 <= box.top() and box.bottom() <= inside.bottom() + 12, one


def test_what_is_taken_back_disappears(band):
    book = band.view.book
    assert band.until(lambda: any(one.player == 1 and one.start > book.paper.now + 2.0 for one in book.notes))
    serial = max(one.serial for one in book.notes if one.player == 1)
    band.session.panic()
    assert band.until(
        lambda: not any(one.player == 1 and one.serial <= serial and one.start > book.paper.now for one in book.notes)
    )


def test_two_bars_behind_and_four_ahead_with_the_bars_where_the_transport_has_them(band):
    roll = band.view.roll
    paper = roll.paper_box()
    assert (roll.now_x() - paper.left()) / paper.width() == pytest.approx(2 / 6, abs=0.01)
    assert roll.beat_width() * 24 == pytest.approx(paper.width())
    band.store.send("/transport/numerator", 3)
    assert band.until(lambda: roll.beats_in_bar == 3.0)
    assert roll.beat_width() * 18 == pytest.approx(paper.width())
    band.store.send("/transport/numerator", 4)
    assert band.until(lambda: roll.beats_in_bar == 4.0)


def test_another_scene_leaves_no_note_behind(band, own_folders):
    path = own_folders / "alone.toml"
    path.write_text('[[track]]\nname = "keys"\n[[track.device]]\ndevice = "poly"\n')
    band.store.send("/scene", str(path))
    assert band.until(lambda: not band.view.strips and not band.view.book.notes)
    assert band.view.empty.isVisible() and band.view.add.isVisible()


# -- strips ------------------------------------------------------------------------------------------------------------


def test_a_strip_says_who_plays_what_and_where(band):
    one, _, three = (band.view.strips[number] for number in (1, 2, 3))
    assert one.name.text == "1 Steps"
    assert band.until(lambda: one.state.text.startswith("answering"))
    assert band.until(lambda: re.match(r"[0-9.]+ % in time", one.record.text))
    assert one.plays.text == "bass → low, kick → kit, snare → kit"
    assert one.hears.text == "hears your keys"
    assert band.view.strips[2].plays.text == "→ bells · ch 1 · MIDI out"
    assert three.warning.text == "steps plays by rule: it is a test." and three.warning.isVisible()
    assert not one.warning.isVisible() and one.ways.isVisible()


def test_late_notes_and_a_lower_rung_are_said_in_words():
    told = {"status": "answering", "rung": "smaller", "hit_rate": 99.24, "late": 3, "latest_ms": 12.4}
    assert state_words(told.get) == "answering · by its smaller"
    assert record_words(told.get) == "99.2 % in time · 3 late, by 12 ms"
    assert state_words({"status": "by rule", "rung": "rules"}.get) == "by rule"
    assert state_words({"status": "listening", "rung": "hold"}.get) == "listening · holds its last bars"
    assert record_words({"hit_rate": 99.99, "late": 0}.get) == "100 % in time"
    assert state_words({}.get) == record_words({}.get) == ""


@pytest.mark.parametrize(("name", "before", "after"), [("playing", 1.0, 0.0), ("mute", 0.0, 1.0), ("solo", 0.0, 1.0),
                                                       ("freeze", 0.0, 4.0)])  # fmt: skip
def test_a_big_switch_is_pressed_once_for_each_turn(band, name, before, after):
    pad = control(band, 1, name)
    assert isinstance(pad, Pad) and value(band, 1, name) == before
    press(pad)
    assert settled(band, 1, name, after) and pad.is_on() == bool(after)
    QTest.keyClick(pad, Qt.Key.Key_Return)
    assert settled(band, 1, name, before)


def test_solo_makes_the_others_pale(band):
    press(control(band, 2, "solo"))
    assert band.until(lambda: [one.silent for one in band.view.strips.values()] == [True, False, True])
    press(control(band, 2, "solo"))
    assert band.until(lambda: [one.silent for one in band.view.strips.values()] == [False, False, True])


def test_frozen_bars_are_told_and_come_back_as_they_were(band):
    pad = control(band, 1, "freeze")
    band.store.send("/player/1/freeze", 2)
    assert band.until(lambda: pad.text() == "FROZEN 2")
    press(pad)
    assert settled(band, 1, "freeze", 0.0)
    press(pad)
    assert settled(band, 1, "freeze", 2.0)


def test_again_mutate_and_undo_reach_the_player(band):
    asked = []
    for name in ("again", "mutate", "undo"):
        band.session.control.tree.node(f"/player/1/{name}").set = lambda _value, name=name: asked.append(name)
    askers = band.view.strips[1].findChildren(Asker)
    assert [one.text() for one in askers] == ["Again", "Mutate", "Undo"]
    for one in askers:
        press(one)
    assert band.until(lambda: asked == ["again", "mutate", "undo"])


def test_levels_are_dragged_typed_and_brought_home(band):
    bar = control(band, 1, "intensity")
    assert isinstance(bar, Bar)
    QTest.mousePress(bar, LEFT, pos=QPoint(40, 20))
    QTest.mouseMove(bar, QPoint(100, 20))
    QTest.mouseRelease(bar, LEFT, pos=QPoint(100, 20))
    assert band.until(lambda: value(band, 1, "intensity") == pytest.approx(0.75, abs=0.02))
    bar.open_entry()
    bar._entry.setText("20 %")
    QTest.keyClick(bar._entry, Qt.Key.Key_Return)
    assert settled(band, 1, "intensity", 0.2)
    QTest.keyClick(bar, Qt.Key.Key_Delete)
    assert settled(band, 1, "intensity", 0.5)


def test_the_dice_throw_a_seed_that_can_be_typed(band):
    strip = band.view.strips[1]
    seed = control(band, 1, "seed")
    dice = next(one for one in strip.findChildren(Button) if one.icon_name == "dice")
    press(dice)
    assert band.until(lambda: value(band, 1, "seed") == seed.value != 0.0)
    seed.open_entry()
    seed._entry.setText("42")
    QTest.keyClick(seed._entry, Qt.Key.Key_Return)
    assert settled(band, 1, "seed", 42.0) and seed.value_text() == "Seed 42"


# -- more --------------------------------------------------------------------------------------------------------------


def opened(band, number=1):
    strip = band.view.strips[number]
    strip.more.setChecked(True)
    pane = band.view.panes[number]
    assert band.until(lambda: pane.isVisible())
    return pane


def lane_of(band, number, name):
    return next(lane for lane in band.session.links[number - 1].lanes if lane.name == name)


def test_more_has_the_common_controls_and_its_own_and_goes_again(band):
    pane = opened(band)
    ids = {address.rsplit("/", 1)[-1] for address in pane.controls}
    assert {"guard", "swing", "lazy_ms", "x", "y"} <= ids and "mute" not in ids
    guard = pane.controls["/player/1/guard"]
    guard.edit_once(3.0)
    assert settled(band, 1, "guard", 3.0)
    band.view.strips[1].more.setChecked(False)
    assert 1 not in band.view.panes


def test_a_lane_s_channel_midi_and_program_are_edited_and_undone(band):
    rows = opened(band).rows
    menu = band.view.routes.open_channels(rows["bass"].channel, rows["bass"].member, rows["bass"].lane)
    menu.actions()[2].trigger()
    assert band.until(lambda: lane_of(band, 1, "bass").channel == 3 and lane_of(band, 1, "snare").channel == 1)
    assert band.until(lambda: band.view.panes[1].rows["bass"].channel.text() == "ch 3")
    press(band.view.panes[1].rows["kick"].midi)
    assert band.until(lambda: not lane_of(band, 1, "kick").midi)
    band.view.panes[1].rows["snare"].program.edit_once(12.0)
    assert band.until(lambda: lane_of(band, 1, "snare").program == 12)
    for _ in range(3):
        band.store.send("/undo")
    assert band.until(lambda: [(one.channel, one.midi, one.program) for one in band.session.links[0].lanes]
                      == [(1, True, None), (2, True, None), (3, True, None)])  # fmt: skip


def test_a_lane_is_put_on_another_track(band):
    row = opened(band).rows["bass"]
    menu = band.view.routes.open_tracks(row.track, row.member, row.lane)
    act = next(one for one in menu.actions() if one.text() == "bells")
    assert not act.isChecked() and next(one for one in menu.actions() if one.text() == "low").isChecked()
    act.trigger()
    assert band.until(
        lambda: "player 1 bass" in layout.read(band.store.value("/rack/layout")).chain("track:bells").hears
    )
    assert band.until(lambda: band.view.panes[1].rows["bass"].track.text() == "low, bells")
    band.store.send("/undo")
    assert band.until(lambda: band.view.panes[1].rows["bass"].track.text() == "low")


def test_whom_a_player_hears_is_chosen(band):
    menu = band.view.strips[2].open_hears()
    names = [one.text() for one in menu.actions()]
    assert names[:3] == ["your keys", "all players", "1 Steps"] and "2 Answer" not in names
    menu.actions()[2].trigger()
    assert band.until(lambda: band.session.links[1].slot.hears == ("keys", "player 1"))
    assert band.until(lambda: band.view.strips[2].hears.text == "hears your keys, 1 Steps")


def test_the_pad_of_two_axes_moves_both_by_hand_and_by_arrows(band):
    axes = opened(band).axes
    assert isinstance(axes.pad, XYPad) and axes.axes == ["x", "y"]
    pad = axes.pad
    QTest.mouseClick(pad, LEFT, pos=QPoint(pad.width() - 2, 2))
    assert settled(band, 1, "x", 1.0) and settled(band, 1, "y", 1.0)
    QTest.mouseClick(pad, LEFT, pos=QPoint(2, pad.height() - 2))
    assert settled(band, 1, "x", 0.0) and settled(band, 1, "y", 0.0)
    pad.setFocus()
    QTest.keyClick(pad, Qt.Key.Key_Right)
    QTest.keyClick(pad, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert settled(band, 1, "x", 0.02) and settled(band, 1, "y", 0.002)
    assert pad.accessibleName() == "Across 2 %, Up 0 %"


def test_other_axes_are_chosen_and_kept(band, app):
    axes = opened(band).axes
    axes.choose(0, "density")
    assert axes.axes == ["density", "y"] and axes.pad.across.parameter.id == "density"
    fresh = PlayersView(band.panel.desk)
    assert fresh.kept.get("xy steps") == ["density", "y"]
    fresh.deleteLater()
    assert opened(band, 2).axes.pad is None, "a player without x and y has no pad until two are chosen"


# -- adding and removing -----------------------------------------------------------------------------------------------


def test_a_player_is_chosen_by_its_sentence_and_undo_takes_it_out(band):
    popup = band.view.open_players()
    said = {one.key: one.detail for one in popup.list.options}
    assert "you play a phrase, it answers" in said["answer"] and "two bars ahead" in said["steps"]
    popup.list.chosen.emit("answer")
    assert band.until(lambda: sorted(band.view.strips) == [1, 2, 3, 4] and band.view.strips[4].name.text == "4 Answer")
    band.store.send("/undo")
    assert band.until(lambda: sorted(band.view.strips) == [1, 2, 3])


def midi_file(path, key):
    """A MIDI file of one note of a quarter."""
    track = bytes([0, 0x90, key, 100, 96, 0x80, key, 0, 0, 0xFF, 0x2F, 0])
    path.write_bytes(b"MThd" + bytes([0, 0, 0, 6, 0, 0, 0, 1, 0, 96]) + b"MTrk" + len(track).to_bytes(4, "big") + track)
    return str(path)


def test_a_player_that_needs_a_file_asks_for_it_and_takes_another_one_later(band, tmp_path):
    first, other = midi_file(tmp_path / "first.mid", 60), midi_file(tmp_path / "other.mid", 67)
    ask = band.view.add_player("clip")
    assert ask is not None and len(band.view.strips) == 3, "nothing is added before it is chosen"
    ask.fileSelected.emit(first)
    ask.close()
    assert band.until(lambda: len(band.view.strips) == 4 and band.view.strips[4].name.text == "4 Clip")
    (told,) = opened(band, 4).told
    assert told.text() == "File: first.mid"
    again = told.ask()
    again.fileSelected.emit(other)
    again.close()
    assert band.until(
        lambda: (
            band.session.links[3].slot.options["file"] == other
            and band.view.panes[4].told[0].text() == "File: other.mid"
        )
    )
    assert band.until(lambda: {one.key for one in band.view.book.notes if one.player == 4} >= {67}, 60.0), "it plays it"
    band.store.send("/undo")
    band.store.send("/undo")
    assert band.until(lambda: len(band.view.strips) == 3)


def test_a_player_is_removed_and_the_others_take_their_places(band):
    band.view.strips[1].remove_wanted.emit()
    assert band.until(lambda: [one.name.text for one in band.view.strips.values()] == ["1 Answer", "2 Steps"])
    band.store.send("/undo")
    assert band.until(lambda: len(band.view.strips) == 3)


# -- learning, keys, names, sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["density", "mute", "again"])
def test_a_press_while_learning_learns_what_is_pressed(band, name):
    band.store.send("/learn/start", "/player/1/level")
    assert band.until(lambda: band.view.learn.isVisible())
    strip = band.view.strips[2]
    one = control(band, 2, name) if name != "again" else strip.findChildren(Asker)[0]
    press(one)
    assert band.until(lambda: json.loads(band.store.value("/learn/state"))["waiting"] == f"/player/2/{name}")
    assert name == "again" or value(band, 2, name) in (0.0, 1.0)
    band.store.send("/learn/cancel")
    assert band.until(lambda: not band.view.learn.isVisible())


def test_what_asks_can_be_learned_from_its_menu(band, app):
    one = band.view.strips[1].findChildren(Asker)[1]
    app.sendEvent(one, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(4, 4), one.mapToGlobal(QPoint(4, 4))))
    menu = one.findChildren(QMenu)[-1]
    menu.actions()[0].trigger()
    assert band.until(lambda: json.loads(band.store.value("/learn/state"))["waiting"] == "/player/1/mutate")
    band.store.send("/learn/cancel")
    assert band.until(lambda: not band.view.learn.isVisible())


def test_everything_that_takes_the_keys_has_a_name_of_its_own(band):
    opened(band)
    found = [
        one for one in band.view.findChildren(QWidget) if isinstance(one, Control | Button | XYPad) and one.isVisible()
    ]
    assert len(found) > 60 and all(one.accessibleName() for one in found)
    switches = [one.accessibleName() for one in found if isinstance(one, Button)]
    twice = {name for name in switches if switches.count(name) > 1}
    assert twice == set()


def test_a_knob_that_has_the_keys_keeps_them_when_the_band_is_built_anew(band):
    band.panel.activateWindow()
    control(band, 1, "density").setFocus()
    assert band.until(lambda: control(band, 1, "density").hasFocus())
    band.store.send_json("/edit/add_player", {"player": "answer"})
    assert band.until(lambda: len(band.view.strips) == 4)
    assert band.until(lambda: control(band, 1, "density").hasFocus()), band.app.focusWidget()
    band.store.send("/undo")
    assert band.until(lambda: len(band.view.strips) == 3)


def place_in(strip, one):
    """Where a part lies in its strip."""
    return one.rect().translated(one.mapTo(strip, QPoint()))


SIZES = [((1920, 1080), 1.0), ((1024, 600), 1.0), ((1280, 800), 1.0), ((1920, 1080), 0.75), ((1920, 1080), 1.5),
         ((1920, 1080), 2.5), ((3840, 2160), 1.0)]  # fmt: skip


@pytest.mark.parametrize(("size", "scale"), SIZES)
def test_strips_are_whole_at_every_size(band, app, size, scale):
    theme.set_scale(scale)
    band.panel.resize(*size)
    band.panel.restyle()
    for _ in range(4):
        app.processEvents()
    view = band.view
    opened(band)
    view.grab()
    for strip in view.strips.values():
        box = strip.rect()
        parts = [one for one in strip.findChildren(QWidget) if one.isVisible()]
        outside = [one for one in parts if not box.contains(place_in(strip, one))]
        assert outside == []
        assert strip.name.is_whole
        assert [one.label for one in strip.controls.values() if not one.text_is_whole] == []
        assert overlapping(list(strip.controls.values())) == []
        assert min(one.height() for one in strip.controls.values()) >= theme.px(44)
        assert view.area.viewport().height() >= strip.height() >= strip.minimumSizeHint().height()
    assert view.roll.height() >= theme.px(190)
    if size == (1920, 1080) and scale == 1.0:
        assert view.strips[1].width() * 6 + theme.px(6 * 8 + 60) <= view.area.width(), (
            "six strips and the sign for more"
        )


def inks_of(widget):
    """The colours that a widget is drawn with."""
    shot = widget.grab().toImage()
    return {shot.pixelColor(x, y).name() for x in range(shot.width()) for y in range(shot.height())}


@pytest.mark.parametrize("name", PALETTES)
def test_every_theme_draws_the_band(band, name):
    opened(band)
    band.panel.set_theme(name)
    shot = band.view.grab().toImage()
    inks = {shot.pixelColor(x, y).name() for x in range(0, shot.width(), 7) for y in range(0, shot.height(), 7)}
    assert theme.colour.surface.name() in inks and theme.colour.good.name() in inks
    assert theme.colour.warn.name() in inks_of(band.view.strips[3].warning)


HEARD = {
    "/follower/chord": "Am7/E", "/follower/next": "D7", "/follower/next_beat": 2.5, "/follower/key": "G major",
    "/follower/section": "verse", "/follower/intensity": 0.7, "/band/section": "", "/band/intensity": -1.0,
}  # fmt: skip


@pytest.mark.parametrize(("where", "address"), [
    (lambda band: band.view.follower.sections["fill"], "/band/call/fill"),
    (lambda band: control(band, 1, "density"), "/player/1/density"),
    (lambda band: control(band, 1, "mute"), "/player/1/mute"),
    (lambda band: band.view.strips[1].findChildren(Asker)[0], "/player/1/again"),
    (lambda band: opened(band).rows["kick"].channel, "/player/1/lanes/kick/channel"),
    (lambda band: opened(band).rows["kick"].midi, "/player/1/lanes/kick/midi"),
    (lambda band: opened(band).rows["kick"].program, "/player/1/lanes/kick/program"),
])  # fmt: skip
def test_what_a_hand_wants_on_stage_is_learned_by_a_press_while_the_panel_learns(band, where, address):
    def state():
        return json.loads(band.store.value("/learn/state") or "{}")

    widget = where(band)
    band.store.send("/learn/start", "")
    assert band.until(lambda: state()["learning"] and not state()["waiting"] and band.view.learn.mode.now.on)
    press(widget)
    assert band.until(lambda: state()["waiting"] == address)
    band.store.send("/learn/cancel")
    assert band.until(lambda: not state()["learning"])


def test_a_section_s_trigger_calls_it(band):
    band.store.send("/band/call/bridge")
    assert band.until(lambda: band.store.value("/band/section") == "bridge")
    assert band.until(lambda: band.view.follower.sections["bridge"].lit)


def test_a_player_is_moved_by_its_menu_and_undo_puts_it_back(band):
    one, three = band.view.strips[1], band.view.strips[3]
    acts = {act.text(): act for act in one.open_menu().actions()}
    assert not acts[strings.MOVE_LEFT].isEnabled() and acts[strings.MOVE_RIGHT].isEnabled()
    assert not {act.text(): act for act in three.open_menu().actions()}[strings.MOVE_RIGHT].isEnabled()
    acts[strings.MOVE_RIGHT].trigger()
    assert band.until(lambda: [link.name for link in band.session.links] == ["answer", "steps", "steps"])
    assert band.until(lambda: band.view.strips[2].name.text == "2 Steps")
    assert band.view.strips[2].plays.text == "bass → low, kick → kit, snare → kit", "its tracks hear it as before"
    band.store.send("/undo")
    assert band.until(lambda: state(band) == band.first)


# -- the follower ------------------------------------------------------------------------------------------------------


@pytest.fixture
def followed(band):
    """A tree whose follower says what a test wants, and that notes what the band is told."""
    tree, told, sent = band.session.control.tree, dict(HEARD), []
    nodes = {address: tree.node(address) for address in told}
    before = {address: (node.get, node.set) for address, node in nodes.items()}

    def take(address, value):
        sent.append(value)
        told[address] = value

    for address, node in nodes.items():
        node.get = lambda address=address: told[address]
        if address.startswith("/band"):
            node.set = lambda value, address=address: take(address, value)
    assert band.until(lambda: band.view.follower.isVisible() and band.view.follower.facts.said["chord"] == "Am7/E")
    yield band, told, sent
    for address, node in nodes.items():
        node.get, node.set = before[address]


def test_without_players_and_without_a_chord_there_is_no_line(app):
    """Hidden, not grey; and the roll has its room."""
    from ui.connection import Connection
    from ui.store import Store
    from ui.views.players.follower_line import FollowerLine

    store = Store(Connection())
    line = FollowerLine(store)
    line.show_wanted(True)
    assert not line.isVisible(), "the instrument has no follower"
    store.nodes |= {"/follower/chord": {}}
    line.show_wanted(True)
    assert line.isVisible()
    line.show_wanted(False)
    assert not line.isVisible()
    store._on_value("/follower/chord", "C")
    assert line.isVisible(), "a chart alone has chords, too"
    line.deleteLater()


def test_the_follower_s_line_says_chord_key_section_and_beat_and_the_roll_has_them_on_its_edge(followed):
    band, told, _ = followed
    facts = band.view.follower.facts
    assert band.until(lambda: facts.said["beat"] in "1234" and facts.said["beat"])
    assert (facts.said["next"], facts.said["key"]) == ("D7", "G major")
    assert facts.accessibleName().startswith("Chord Am7/E, Next chord D7, Key G major, Section verse, Beat ")
    assert band.view.roll.has_chords and band.view.roll.next_chord == "D7"
    assert band.until(lambda: band.view.roll.next_beats == 2.5)
    told |= {"/follower/chord": "D7", "/follower/next": "G"}
    assert band.until(lambda: [mark.text for mark in band.view.chords.marks][-2:] == ["Am7/E", "D7"])
    assert band.until(lambda: band.view.follower.sections["verse"].lit)
    assert not band.view.follower.sections["chorus"].lit


def test_a_section_that_is_called_is_marked_until_it_comes(followed):
    band, told, sent = followed
    verse, chorus = (band.view.follower.sections[name] for name in ("verse", "chorus"))
    assert band.until(lambda: verse.lit)
    press(chorus)
    assert chorus.icon_name == "right" and not chorus.lit
    assert band.until(lambda: sent == ["chorus"])
    told["/follower/section"] = "chorus"
    assert band.until(lambda: chorus.lit and not chorus.icon_name and not verse.lit)
    assert set(strings.BAND_SECTIONS) == {"intro", "verse", "chorus", "bridge", "fill", "break", "solo", "ending"}


def test_the_long_fader_shows_what_is_heard_until_a_hand_takes_it(followed):
    band, told, sent = followed
    fader = band.view.follower.fader
    assert band.until(lambda: fader.value_text() == "70 % as heard")
    fader.edit_once(0.9)
    assert band.until(lambda: sent[-1:] == [pytest.approx(0.9)])
    assert fader.value_text() == "90 %"
    fader.go_home()
    assert band.until(lambda: sent[-1] == -1.0)
    assert band.until(lambda: fader.value_text() == "70 % as heard")


def test_the_view_is_idle_where_nothing_moves(app):
    """A roll without notes, its transport stopped, is drawn once and then no more."""
    from ui.heard import Paper
    from ui.state.planbook import Course, PlanBook
    from ui.views.players.plan_roll import PlanRoll

    roll = PlanRoll(PlanBook(Paper(lambda: 0.0)), Course(), Course())
    painted = []
    roll.paintEvent = lambda event: painted.append(event)
    roll.show()
    app.processEvents()
    for _ in range(4):
        roll.tick()
        app.processEvents()
    seen = len(painted)
    for _ in range(30):
        roll.tick()
        app.processEvents()
    assert len(painted) == seen
    roll.deleteLater()
