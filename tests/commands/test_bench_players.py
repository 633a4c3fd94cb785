"""What the benches of players count: chords on strong beats, bars of a clock, answers within the block; short runs of each."""

from __future__ import annotations

import gzip
import json
import os

import numpy as np
import pytest

from realtime.bench import band_memory, drumming, following, slaved
from realtime.bench.chord_led import BARS, Song, Tally, bench_chords, by_hand, chart, songs
from realtime.bench.measures_of_players import MEASURES
from realtime.bench.reflex import bench_reflex
from realtime.commands import bench
from realtime.models.changes.code import label_of
from realtime.music.chord_symbol import parse_chord
from realtime.music.sequence import Metre, Note
from realtime.native.errors import AntiphonError

CHORDS = [(0.0, parse_chord("C")), (4.0, parse_chord("Am7/G")), (6.0, None), (8.0, parse_chord("F"))]


def song() -> Song:
    return Song("s", "pop909", [Note(0.0, 1.0, 72)], CHORDS, Metre(0.0, 4, 4))


def test_the_measures_named_by_the_command_are_those_there_are():
    assert tuple(MEASURES) == bench.MEASURES


def test_a_hand_holds_every_note_of_each_chord_and_rests_where_there_is_none():
    held = by_hand(song())
    assert all(n.channel == 1 for n in held) and {n.pitch % 12 for n in held if n.beat == 4.0} == {9, 0, 4, 7}
    assert min(n.pitch for n in held if n.beat == 4.0) % 12 == 7, "the bass is the lowest"
    assert not [n for n in held if 6.0 <= n.beat < 8.0] and max(n.end for n in held) <= 4.0 * BARS


def test_a_chart_has_a_bar_for_every_bar():
    bars = chart(song()).strip("| ").split(" | ")
    assert len(bars) == BARS and bars[0] == "C" and bars[1].split() == ["Am7/G", "N.C."] and bars[2] == "F"


def test_strong_beats_are_counted_and_a_change_is_followed_within_the_beat():
    tally = Tally()
    notes = [
        Note(0.01, 1, 60),
        Note(2.0, 1, 61),
        Note(3.0, 1, 61),
        Note(4.0, 1, 60),
        Note(6.0, 1, 61),
        Note(8.0, 1, 64),
    ]
    tally.add(song(), [*notes, Note(8.0, 1, 65), Note(10.0, 1, 67)])
    assert (tally.notes, tally.strong) == (8, 6)
    assert tally.inside == 3, "C on one, C over A minor, F over F"
    row = Tally(strong=4, inside=2, within_a_beat=3, notes=10).row()
    assert (row["in_chord"], row["in_chord_within_a_beat"], row["limit"]) == (0.5, 0.75, 0.95)
    assert Tally().row()["in_chord"] is None
    assert tally.within_a_beat == 3, "the seventh of the former chord, D flat and G are none of C, A minor and F"


def test_songs_are_read_from_their_first_chord_and_damage_is_told(tmp_path):
    piece = {
        "id": "a", "split": "valid", "tpq": 48, "ts": [[0, 4, 4]], "tempo": [[0, 90.0]],
        "tracks": [{"name": "MELODY", "n": [[0, 48, 60, 90], [432, 48, 62, 90]]}],
        "chords": [[240, "C:min7"], [384, "F"]],
    }  # fmt: skip
    rows = [piece, piece | {"split": "train"}, piece | {"ts": [[0, 3, 4]]}, piece | {"chords": []}]
    with gzip.open(tmp_path / "pop909.jsonl.gz", "wt") as file:
        file.write("\n".join(map(json.dumps, rows)))
    (found,) = songs(tmp_path, "pop909")
    assert found.tempo_bpm == 90.0 and found.chords[0][0] == 1.0 and found.chords[0][1].quality == "min7"
    assert [n.beat for n in found.melody] == [5.0]
    (tmp_path / "openewld.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(AntiphonError, match="cannot be read as songs"):
        list(songs(tmp_path, "openewld"))
    assert "--data" in bench_chords(None, "pop_band")[0]["sentence"]


def test_the_clock_of_a_bar_is_where_its_ticks_are():
    messages, lines = slaved.ticks(120.0, 120.0, 3)
    assert np.diff(lines).tolist() == [96000, 96000, 96000]
    start = next(at for at, data in messages if data == b"\xfa")
    ticks = [at for at, data in messages if data == b"\xf8"]
    assert start < lines[0] and lines[0] in ticks and sum(at < start for at in ticks) == 24 * slaved.READY_BEATS
    rising = np.diff(slaved.ticks(60.0, 200.0, 4)[1])
    assert (np.diff(rising) < 0).all()
    found = slaved._compared(np.array([100, 201, 305]), np.array([100, 200, 300, 90_000]))
    assert (found["found"], found["within_a_sample"], found["largest_samples"]) == (3, 2, 5)


def test_a_midi_device_answers_in_the_block_of_its_note():
    found = bench_reflex("transposer", notes=20, driver="null", stall="none")
    assert (found["notes"], found["same_block"], found["frames_apart"], found["voices"]) == (20, 20, 0, [1, 1])
    assert 0 < found["p50_us"] <= found["p999_us"] <= found["max_us"]


@pytest.mark.parametrize(
    ("device", "frames", "said"),
    [("reverb", 64, "of the kind effect"), ("transposer", 256, "16 to 64"), ("none", 64, "none")],
)
def test_what_cannot_be_measured_is_said(device, frames, said):
    with pytest.raises(AntiphonError, match=said):
        bench_reflex(device, 10, frames)


def test_memory_is_that_of_a_process_and_its_children():
    assert band_memory.family(os.getpid())[0] == os.getpid() and os.getpid() in band_memory.family(os.getppid())
    assert band_memory.pss_mib([os.getpid()]) > 10 and band_memory.processor_s([os.getpid()]) > 0
    with pytest.raises(AntiphonError, match="measure on Linux"):
        band_memory.pss_mib([])


def test_a_chord_is_right_from_when_it_was_told_and_a_change_that_never_was_is_missed():
    found = following.Following()
    found.chords(song(), [(0.5, label_of(parse_chord("C"))), (8.25, label_of(parse_chord("Dm")))])
    assert (found.beats, found.right, found.missed, found.delays) == (126.0, 3.5, 1, [])
    found = following.Following()
    found.chords(song(), [(0.0, label_of(parse_chord("C"))), (4.25, label_of(parse_chord("Am7")))])
    assert (found.right, found.root, found.delays) == (5.75, 5.75, [0.25])


def test_the_follower_names_the_chords_of_a_chart_ahead_and_those_that_are_held():
    tune = [Note(beat, 1.0, 72, 0.8, 0) for beat in range(0, 128, 2)]
    chords = [(4.0 * bar, parse_chord(["C", "F", "G", "Am"][bar % 4])) for bar in range(BARS)]
    one = Song("s", "pop909", tune, chords, Metre(0.0, 4, 4), 120.0, tune, (0, False))
    rows = {}
    for way in ("chart", "chords held on a channel"):
        found = following.Following()
        following._follow(one, way, found)
        rows[way] = found.row()
    led = rows["chart"]
    assert (led["right"], led["delay_beats"], led["sections"]) == (1.0, 0.0, 1.0) and led["least_ahead_beats"] >= 8.0
    held = rows["chords held on a channel"]
    assert held["right"] > 0.95 and held["delay_beats"] < 0.2 and held["key_after_8_bars"] == 1.0


def test_a_groove_is_counted_by_the_bar():
    bar = [(0.0, 36), (1.02, 38), (2.5, 36), (2.98, 38)]
    drums = [Note(4.0 * k + beat, 0.1, key, 0.8, 9) for k in range(4) for beat, key in bar]
    bass = [Note(4.0 * k + beat, 1.0, 40) for k in range(4) for beat in (0.05, 1.5)]
    found = drumming.Grooves()
    found.add([*drums, Note(16.2, 0.1, 42, 0.8, 9)], bass)
    row = found.row()
    assert (row["bars"], row["kick_on_one"], row["backbeat"]) == (5, 0.8, 0.8)
    assert (row["kicks_with_bass"], row["bass_with_kick"], row["a_bar_later"]) == (0.5, 0.5, 0.375)
    assert "--data" in drumming.bench_drums(None, "pop_band")[0]["sentence"]


def test_grooves_of_drummers_are_read_and_damage_is_told(tmp_path):
    groove = {"split": "valid", "beat_type": "beat", "meter": "4-4", "tpq": 480,
              "tracks": [{"n": [[0, 60, 36, 90], [9000, 60, 38, 90]]}]}  # fmt: skip
    rows = [groove, groove | {"beat_type": "fill"}, groove | {"split": "train"}]
    assert list(drumming.drummers(tmp_path)) == []
    with gzip.open(tmp_path / "groove_midi.jsonl.gz", "wt") as file:
        file.write("\n".join(map(json.dumps, rows)))
    (found,) = drumming.drummers(tmp_path)
    assert [note.beat for note in found] == [0.0, 18.75]
    (tmp_path / "groove_midi.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(AntiphonError, match="drum grooves"):
        list(drumming.drummers(tmp_path))
