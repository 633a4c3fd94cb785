"""Scenes kept: saved whole, under other names, renamed, thrown away and taken back; factory scenes and a locked show are safe."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from realtime.native.errors import AntiphonError
from realtime.native.held_file import hold
from realtime.session import migrate
from realtime.session import scene as scenes
from realtime.session.editing import recovery
from realtime.session.first_play import play_all
from realtime.session.paths import PRESETS, scene_files, user_folder
from tests.session.editing_rig import HAND, order, refused, rig
from tests.session.live import settled, stage, until, wrote
from tests.session.test_show import evening

FACTORY = "sour_line"


@pytest.fixture
def show(tmp_path):
    with stage(wrote(tmp_path, HAND, "house.toml"), inputs=1) as (session, client):
        yield session, client, tmp_path / "house.toml"


def test_saved_in_place_it_is_the_text_with_what_was_set_and_changed_says_so(show):
    session, client, path = show
    client.set("/rack/2/cutoff_hz", 2000.0)
    assert until(session, lambda: client.get("/save/changed") is True)
    order(session, client, "/save", "")
    assert path.read_text("utf-8") == HAND.replace("cutoff_hz = 1_200", "cutoff_hz = 2000")
    assert until(session, lambda: client.get("/save/changed") is False)
    order(session, client, "/undo")
    assert until(session, lambda: client.get("/save/changed") is True) and session.editor.text() == HAND
    order(session, client, "/redo")
    assert until(session, lambda: client.get("/save/changed") is False)


def test_a_factory_scene_saved_becomes_the_users_own(tmp_path):
    text = (PRESETS / f"{FACTORY}.toml").read_text("utf-8")
    with stage(FACTORY) as (session, client):
        order(session, client, "/edit/set_scene", {"notes": "mine"})
        order(session, client, "/save", "")
        mine = user_folder("scenes") / f"{FACTORY}.toml"
        assert "mine" in mine.read_text("utf-8") and (PRESETS / f"{FACTORY}.toml").read_text("utf-8") == text
        assert any("hides the factory scene" in line for line in session.messages)
        assert "factory" in refused(session, client, "/scene/delete", "tide")
    with stage("tide") as (session, client):
        assert "factory" in refused(session, client, "/scene/rename", "x")


def test_saved_under_another_name_nothing_is_overwritten(show):
    session, client, path = show
    order(session, client, "/save", "Club night")
    mine = user_folder("scenes") / "Club night.toml"
    assert mine.read_text("utf-8") == HAND.replace('"House"', '"Club night"') and path.read_text("utf-8") == HAND
    assert client.get("/save/name") == "Club night" and client.get("/scene") == "Club night"
    order(session, client, "/scene", str(path))
    assert "already" in refused(session, client, "/save", "Club night")
    for name in ("a/b", "../x", ".hidden", "x" * 200, " ", "a\nb"):
        if name.strip():
            assert refused(session, client, "/save", name)
    assert sorted(one.name for one in user_folder("scenes").iterdir()) == ["Club night.toml"]


def test_a_title_that_was_typed_stays_when_saved_under_another_name(show):
    session, client, _ = show
    order(session, client, "/edit/set_scene", {"title": "Night at the quay"})
    order(session, client, "/save", "quay")
    assert session.scene.title == "Night at the quay" and client.get("/save/name") == "quay"


def test_a_copy_of_the_default_scene_is_no_default():
    with stage("first_light") as (session, client):
        order(session, client, "/save", "Mine")
        assert session.scene.title == "Mine" and "default" not in session.scene.tags and "lead" in session.scene.tags


def answered(session, client, address):
    """The error that comes back for an address."""
    told = []
    assert until(session, lambda: told.extend(m for m in client.poll() if m.address == "/antiphon/error") or told)
    assert told[-1].args[0] == address
    return told[-1].args[2]


def test_a_locked_show_gives_no_control_another_meaning(show):
    session, client, _ = show
    client.set("/lock", True)
    for address, what in (
        ("/learn/start", "/rack/1/level"),
        ("/map/set", {"source": {"number": 21}, "targets": [{"address": "/mix/master/gain_db"}]}),
        ("/map/remove", "1"),
    ):
        client.set(address, what if isinstance(what, str) else json.dumps(what))
        assert "locked" in answered(session, client, address)
    assert json.loads(client.get("/map/list")) == []


def test_renamed_deleted_and_taken_back(show):
    session, client, path = show
    order(session, client, "/scene/rename", "Barn")
    barn = path.with_name("Barn.toml")
    assert barn.exists() and not path.exists() and client.get("/save/name") == "Barn" and session.scene.title == "Barn"
    order(session, client, "/undo")
    assert path.exists() and not barn.exists() and session.editor.text() == HAND and client.get("/save/name") == "house"
    order(session, client, "/save", "Own")
    order(session, client, "/scene/delete", "Own")
    own = user_folder("scenes") / "Own.toml"
    assert not own.exists() and len(list(user_folder("trash").iterdir())) == 1
    order(session, client, "/undo")
    assert own.exists() and not list(user_folder("trash").iterdir())


def test_only_what_lies_in_the_users_folder_is_thrown_away(show, tmp_path):
    session, client, path = show
    other = wrote(tmp_path, HAND, "other.toml")
    for name in (str(other), str(path), "../other.toml", str(tmp_path)):
        refused(session, client, "/scene/delete", name)
    assert other.exists() and path.exists()


def test_a_name_that_hides_a_factory_scene_is_said(show):
    session, client, _ = show
    order(session, client, "/save", FACTORY)
    assert any("hides the factory scene" in line for line in session.messages)


@pytest.mark.parametrize(
    "head", ["tags = 2026-01-01", "tempo_bpm = nan", "tags = [{ a = inf }, 1]", "tempo_bpm = 0x" + "f" * 9000]
)
def test_a_strangers_scene_hides_no_other_in_the_list(show, head):
    session, client, _ = show
    user_folder("scenes").mkdir(parents=True)
    wrote(user_folder("scenes"), head, "odd.toml")

    def rows():
        return {row["name"]: row for row in json.loads(client.describe("/scenes/info")["VALUE"][0])}

    assert until(session, lambda: {"odd", "tide"} <= set(rows()))
    assert rows()["odd"]["tempo_bpm"] == 120.0 and rows()["odd"]["tags"] == []


def test_an_undo_after_the_file_was_deleted_still_sounds(show):
    session, client, path = show
    order(session, client, "/edit/add_device", {"chain": "master", "device": "eq"})
    path.unlink()
    order(session, client, "/undo")
    assert session.editor.text() == HAND and len(rig(client)["master"]) == 1
    order(session, client, "/save", "")
    assert path.read_text("utf-8") == HAND


def test_a_locked_show_plays_on_and_loses_nothing(show):
    session, client, path = show
    order(session, client, "/snapshot/store", "A")
    order(session, client, "/save", "")
    text = path.read_text("utf-8")
    client.set("/lock", True)
    assert client.get("/lock") is True
    for address, what in (("/edit/add_device", {"chain": "master", "device": "eq"}), ("/edit/set_scene", {"title": "x"}),
                          ("/save", ""), ("/undo", None), ("/scene/rename", "x"), ("/snapshot/store", "B")):  # fmt: skip
        refused(session, client, address, what)
    assert path.read_text("utf-8") == text
    client.set("/rack/2/cutoff_hz", 3000.0)
    order(session, client, "/snapshot/recall", "A")
    assert client.get("/rack/2/cutoff_hz") == 1200.0
    order(session, client, "/save", "A copy")
    assert (user_folder("scenes") / "A copy.toml").exists()


def test_favourites_and_the_list_of_scenes(show):
    session, client, _ = show
    order(session, client, "/scene/favourite", "tide")
    assert until(
        session, lambda: next(s for s in json.loads(client.get("/scenes/info")) if s["name"] == "tide")["favourite"]
    )
    row = next(one for one in json.loads(client.get("/scenes/info")) if one["name"] == "tide")
    assert row["factory"] and row["title"] == "Tide" and row["tempo_bpm"] == 124 and "pad" in row["tags"]
    order(session, client, "/scene/favourite", "tide")
    assert until(session, lambda: not any(one["favourite"] for one in json.loads(client.get("/scenes/info"))))
    assert any(one["device"] == "chorus" and one["params"] for one in json.loads(client.get("/devices/list")))
    assert any(one["kind"] == "nam" for one in json.loads(client.get("/assets/list")))


def test_snapshots_recall_and_follow_new_names_and_places(show):
    session, client, path = show
    order(session, client, "/snapshot/store", "A")
    client.set("/rack/2/cutoff_hz", 4800.0)
    client.set("/mix/low/gain_db", -23.0)
    client.set("/rack/1/bypass", True)
    order(session, client, "/snapshot/store", "B")
    order(session, client, "/edit/set_track", {"track": "low", "name": "Left"})
    order(session, client, "/edit/move_track", {"name": "high", "at": 0})
    order(session, client, "/edit/add_device", {"chain": "track:Left", "at": 0, "device": "eq"})
    order(session, client, "/save", "")
    order(session, client, "/scene", str(path))
    assert json.loads(client.get("/snapshot/list")) == ["A", "B"]
    numbers = {one["device"]: one["number"] for t in rig(client)["tracks"] for one in t["devices"]}
    cutoff, bypass = f"/rack/{numbers['filter']}/cutoff_hz", f"/rack/{numbers['saturator']}/bypass"
    order(session, client, "/snapshot/recall", "A")
    assert (client.get(cutoff), client.get("/mix/Left/gain_db"), client.get(bypass)) == (1200.0, -3.0, False)
    client.set("/morph/from", "A")
    client.set("/morph/to", "B")
    client.set("/morph/position", 0.5)
    assert until(session, lambda: client.get(cutoff) == pytest.approx(2400.0, rel=1e-4))
    assert client.get("/mix/Left/gain_db") == pytest.approx(-13.0)
    assert until(session, lambda: client.get(bypass) is True)
    client.set("/mix/Left/gain_db", -1.0)
    client.set("/morph/position", 1.0)
    assert until(session, lambda: client.get(cutoff) == pytest.approx(4800.0))
    assert client.get("/mix/Left/gain_db") == -1.0, "moved by hand, it stays"
    assert "no snapshot" in refused(session, client, "/snapshot/recall", "Z")
    order(session, client, "/snapshot/remove", "A")
    assert json.loads(client.get("/snapshot/list")) == ["B"]


def test_older_scenes_are_brought_up_to_date_and_newer_ones_refused(monkeypatch):
    with pytest.raises(AntiphonError, match=r"version 7.*update"):
        scenes.parse("version = 7\n" + HAND)
    with pytest.raises(AntiphonError, match="whole number"):
        scenes.parse("version = 'x'\n" + HAND)
    monkeypatch.setattr(migrate, "VERSION", 2)
    monkeypatch.setitem(migrate.MIGRATIONS, 1, lambda text: text.replace("tempo = ", "tempo_bpm = "))
    scene = scenes.parse(HAND.replace("tempo_bpm = ", "tempo = "))
    assert scene.tempo_bpm == 96 and "version = 2" in scene.text and "# its drive" in scene.text


CHILD = """
import sys, time
from realtime.session.session import Options, Session
session = Session(Options(scene=sys.argv[1], driver="null", midi=False, players=False, inputs=1)).open()
count, due = 0, 0.0
while True:
    session.tick()
    if time.monotonic() >= due:
        due = time.monotonic() + 0.1
        count += 1
        session.editor.edit("set_scene", {"notes": f"edit {count} {time.time()}"})
        print(count, flush=True)
    time.sleep(0.01)
"""


@pytest.mark.parametrize("number", range(4))
def test_a_killed_run_loses_five_seconds_at_most_and_the_next_offers_the_rest(tmp_path, number):
    seed = int(os.environ.get("ANTIPHON_SEED", time.time_ns() % 1_000_000))
    moment_s = random.Random(seed + number).uniform(0.02, 7.0)
    print(f"killed after {moment_s:.4f} s; again with ANTIPHON_SEED={seed}")
    path = wrote(tmp_path, HAND, "house.toml")
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline()
    began, first = time.monotonic(), time.time()
    edits = threading.Thread(target=child.stdout.read, daemon=True)  # or it would wait for a reader
    edits.start()
    time.sleep(max(0.0, began + moment_s - time.monotonic()))
    killed = time.time()
    child.send_signal(signal.SIGKILL)
    child.wait()
    edits.join()
    with stage(path, inputs=1) as (session, client):
        if not client.get("/recover/offer"):
            assert killed - first < 5.0, "edits of more than 5 s are lost"
            return
        assert "'house'" in client.get("/recover/offer")
        order(session, client, "/recover/take")
        notes = scenes.parse(session.editor.text()).notes
        assert killed - float(notes.split()[-1]) < 5.0
        assert client.get("/recover/offer") == "" and session.editor.changed and path.read_text("utf-8") == HAND
        order(session, client, "/undo")
        assert session.editor.text() == HAND


def test_what_was_left_unsaved_in_another_scene_is_kept_too_and_a_saved_run_leaves_nothing(tmp_path):
    path = wrote(tmp_path, HAND, "house.toml")
    with stage(path, inputs=1) as (session, client):
        order(session, client, "/edit/set_scene", {"notes": "unsaved"})
        order(session, client, "/scene", "tide")
        session.recovery.write()
        (file,) = recovery.folder().glob("*.json")
        assert json.loads(file.read_text("utf-8"))["scenes"][0]["name"] == "house"
        order(session, client, "/undo")
        order(session, client, "/save", "")
        session.recovery.write()
        assert not list(recovery.folder().glob("*.json"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"scenes": 7}', '{"scenes": [{"name": 1, "text": 2}]}', "\0" * 99])
def test_a_file_that_makes_no_sense_is_not_offered(tmp_path, content):
    recovery.folder().mkdir(parents=True, mode=0o700)
    (recovery.folder() / "999999999-1.json").write_text(content)
    with stage(wrote(tmp_path, HAND), inputs=1) as (_, client):
        assert client.get("/recover/offer") == ""


def test_another_running_instrument_keeps_its_file_until_it_ends(tmp_path):
    """Also one whose process has our number: after a restart of the machine, or each the first of its container."""
    recovery.folder().mkdir(parents=True, mode=0o700)
    file = recovery.folder() / f"{os.getpid()}-1.json"
    file.write_text(json.dumps({"scenes": [{"name": "x", "path": "", "text": HAND}]}))
    held = hold(file.with_suffix(recovery.HELD))
    with stage(wrote(tmp_path, HAND), inputs=1) as (_, client):
        assert client.get("/recover/offer") == "" and file.exists()
    os.close(held)
    with stage(wrote(tmp_path, HAND), inputs=1) as (session, client):
        assert "'x'" in client.get("/recover/offer")
        order(session, client, "/recover/drop")
        assert not list(recovery.folder().iterdir())


def test_a_run_that_is_nobodys_leaves_no_edits_and_asks_for_none(tmp_path):
    """Neither a bench nor the first compile may make the next evening begin with a question."""
    recovery.folder().mkdir(parents=True, mode=0o700)
    left = recovery.folder() / "999999999-1.json"
    left.write_text(json.dumps({"scenes": [{"name": "x", "path": "", "text": HAND}]}))
    with stage(wrote(tmp_path, HAND), inputs=1, aside=False) as (session, client):
        assert client.get("/recover/offer") == ""
        order(session, client, "/edit/set_scene", {"notes": "nobody's"})
        order(session, client, "/scene", "tide")
        session.recovery.write()
    play_all()
    assert list(recovery.folder().iterdir()) == [left]


SAVER = """
import sys
from realtime.session.session import Options, Session
with Session(Options(scene=sys.argv[1], driver="null", midi=False, players=False, inputs=1)) as session:
    from realtime.session.editing.keeper import Keeper
    keeper, count = Keeper(session.editor), 0
    while True:
        count += 1
        session.editor.edit("set_scene", {"notes": f"{count} " + "x" * 200_000})
        keeper.save()
        print(count, flush=True)
"""


@pytest.mark.parametrize("saves", [1, 4, 9])
def test_a_kill_while_saving_leaves_the_former_file_or_the_new_one_and_no_other_scene(tmp_path, saves):
    user_folder("scenes").mkdir(parents=True)
    path = wrote(user_folder("scenes"), HAND, "house.toml")
    wrote(user_folder("scenes"), HAND, ".house.1.part.toml")  # of an earlier one
    child = subprocess.Popen([sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for _ in range(saves):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    last = [*child.stdout.readlines(), str(saves)]
    child.wait()
    notes = scenes.parse(path.read_text("utf-8")).notes
    assert int(notes.split()[0]) - int(last[-2] if len(last) > 1 else saves) in (0, 1) and len(notes) > 200_000
    assert set(scene_files()) == {"house", *(one.stem for one in PRESETS.glob("*.toml"))}


def test_a_locked_show_keeps_its_order_of_songs(tmp_path):
    with stage(evening(tmp_path)) as (session, client):
        settled(session)
        client.set("/lock", True)
        before = client.get("/setlist/songs")
        client.set("/setlist/edit", json.dumps({"remove": 2}))
        client.get("/log")
        settled(session)
        assert [row["name"] for row in json.loads(client.get("/setlist/songs"))] == [
            row["name"] for row in json.loads(before)
        ]
        client.set("/lock", False)
        client.set("/setlist/edit", json.dumps({"remove": 2}))
        client.get("/log")
        settled(session)
        assert len(json.loads(client.get("/setlist/songs"))) == 2
