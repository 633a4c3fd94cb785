"""`render` with players: on the beat to the sample, the same notes every time, every note with its end, all in one file."""

from __future__ import annotations

import os
import subprocess
import sys

import mido
import numpy as np
import pytest

from realtime.music.midifile import read_midi, write_midi
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError
from realtime.session import render, scene
from realtime.session.paths import PRESETS
from tests.players.small_players import FAILS, STEADY, install

RATE = 48000
RACK = '[[track]]\nname = "t"\n[[track.device]]\ndevice = "pluck"\n'
# a tune of four bars on channel 1 over held triads on channel 2
TUNE = tuple(
    Note(0.5 * step, 0.45, key, 0.7, 0)
    for step, key in enumerate((72, 74, 76, 72, 77, 76, 74, 72, 71, 72, 74, 71, 67, 69, 71, 67,
                                69, 71, 72, 69, 72, 71, 69, 67, 65, 67, 69, 65, 67, 65, 64, 62))
)  # fmt: skip
TRIADS = tuple(
    Note(4.0 * bar, 3.9, key, 0.6, 1)
    for bar, chord in enumerate(((48, 52, 55), (43, 47, 50), (45, 48, 52), (41, 45, 48)))
    for key in chord
)
LANE_RANGES = {"bass": (21, 67), "melody": (21, 108), "drums": (27, 87), "piano": (21, 108), "pad": (36, 96)}
"""What may be written on a lane of that name: a bass guitar's and a piano's keys, General MIDI's drums."""
ANYWHERE = (21, 108)


ROOTED = STEADY.replace('int(self.values["pitch"])', "36 + self.told.chord.root if self.told.chord else 0")
"""Its bass is the root of the chord it was told last."""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """own(players=..., scene lines) -> a scene of players as strangers write them."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    install(tmp_path / "data", steady=STEADY, fails=FAILS, rooted=ROOTED)

    def made(*players: str, head: str = "", rack: str = RACK) -> scene.Scene:
        path = tmp_path / "s.toml"
        path.write_text(head + rack + "".join(f"[[player]]\n{player}\n" for player in players))
        return scene.load(path)

    return made


def prompt(folder, notes=(*TUNE, *TRIADS), tempo=((0.0, 120.0),), metres=((0.0, 4, 4),)):
    write_midi(NoteSequence(list(notes), TempoMap(tempo), [Metre(*m) for m in metres]), folder / "prompt.mid")
    return render.midi_music(folder / "prompt.mid", RATE)


def played(loaded, music, path, seconds=None, told=None):
    """(sound, what the file says, its tracks) of one render into `path`."""
    takes: list = []
    how = {"players": True, "takes": takes, "told": told}
    sound = np.concatenate([*render.render_pieces(loaded, music, seconds, RATE, **how)], axis=1)
    said = takes[0].write(path)
    return sound, said, mido.MidiFile(path)


def notes_of(path, track: str) -> list[Note]:
    """Notes of a track by its name; every one has its end."""
    file = mido.MidiFile(path)
    found, open_notes, now = [], {}, 0
    chosen = next(t for t in file.tracks if t.name == track)
    for message in chosen:
        now += message.time
        if message.type == "note_on" and message.velocity:
            assert (message.channel, message.note) not in open_notes, "a key is struck while it sounds"
            open_notes[message.channel, message.note] = (now, message.velocity)
        elif message.type in ("note_off", "note_on"):
            start, velocity = open_notes.pop((message.channel, message.note))
            beats = 1.0 / file.ticks_per_beat
            found.append(Note(start * beats, (now - start) * beats, message.note, velocity / 127, message.channel))
    assert not open_notes, "a note hangs"
    return sorted(found)


def names(file: mido.MidiFile) -> list[str]:
    return [track.name for track in file.tracks]


def test_lanes_are_named_tracks_with_their_channel_and_program(own, tmp_path):
    loaded = own(
        'player = "steady"\nguard = "off"\nlanes = { bass = { channel = 3, program = 33 }, chime = { channel = 10 } }'
    )
    _, said, file = played(loaded, prompt(tmp_path), tmp_path / "o.mid", 8.0)
    assert names(file) == ["tempo", "you", "1 steady bass", "1 steady chime"]
    assert [row["channel"] for row in said["tracks"]] == [1, 3, 10]
    programs = {track.name: [m.program for m in track if m.type == "program_change"] for track in file.tracks}
    assert programs["1 steady bass"] == [33] and programs["1 steady chime"] == []
    assert [n.beat for n in notes_of(tmp_path / "o.mid", "1 steady bass")] == pytest.approx(range(1, 16), abs=1e-4)
    assert [n.pitch for n in notes_of(tmp_path / "o.mid", "1 steady chime")] == [80] * 7


def test_a_channel_that_somebody_before_has_is_exchanged(own, tmp_path):
    loaded = own('player = "steady"', 'player = "steady"\npitch = 50')
    _, said, _ = played(loaded, prompt(tmp_path), tmp_path / "o.mid", 3.0)
    channels = [row["channel"] for row in said["tracks"]]
    assert len(set(channels[1:])) == 4 and not {1, 2, 10} & set(channels[1:])


def test_what_was_played_in_comes_out_where_it_was(own, tmp_path):
    tempo, metres = ((0.0, 90.0), (3.0, 143.0), (8.0, 77.5)), ((0.0, 3, 4), (3.0, 5, 8), (8.0, 4, 4))
    music = prompt(tmp_path, tempo=tempo, metres=metres)
    loaded = own('player = "steady"\nmute = true')
    played(loaded, music, tmp_path / "o.mid")
    before, after = read_midi(tmp_path / "prompt.mid"), notes_of(tmp_path / "o.mid", "you")
    assert [n.pitch for n in after] == [n.pitch for n in before.notes]
    sample = max(bpm for _, bpm in tempo) / 60 / RATE
    for a, b in zip(after, before.notes, strict=True):
        assert a.beat == pytest.approx(b.beat, abs=2.5 * sample) and a.end == pytest.approx(b.end, abs=2.5 * sample)
    again = read_midi(tmp_path / "o.mid")
    assert [(m.numerator, m.denominator) for m in again.metres] == [(3, 4), (5, 8), (4, 4)]
    assert [m.beat for m in again.metres] == pytest.approx([0, 3, 8], abs=2.5 * sample)
    assert again.tempo.tempi_bpm == pytest.approx([90.0, 143.0, 77.5], abs=1e-3)
    assert notes_of(tmp_path / "o.mid", "1 steady bass") == []


def test_players_keep_the_beat_to_the_sample_through_changes_of_tempo(own, tmp_path):
    tempo = tuple((float(beat), 60.0 + 11.0 * beat) for beat in range(16))
    played(own('player = "steady"'), prompt(tmp_path, tempo=tempo), tmp_path / "o.mid")
    beats = [n.beat for n in notes_of(tmp_path / "o.mid", "1 steady bass")]
    assert len(beats) >= 15
    assert np.abs(np.array(beats) - np.round(beats)).max() <= 240.0 / 60 / RATE + 1 / 30720


def test_bars_are_counted_through_every_change(own, tmp_path):
    music = prompt(tmp_path, tempo=((0.0, 120.0), (3.0, 60.0)), metres=((0.0, 3, 4), (3.0, 5, 8), (5.5, 4, 4)))
    loaded = own(head="tempo_bpm = 200\n")
    frames = [render.frames_of_bars(loaded, music, bars, RATE) / RATE for bars in (1, 2, 3, 4)]
    assert frames == pytest.approx([1.5, 4.0, 8.0, 12.0], abs=1e-3)


def test_it_ends_on_a_bar_line_with_those_who_keep_you_company(own, tmp_path):
    sound, said, _ = played(own('player = "steady"\nlength = 9'), prompt(tmp_path), tmp_path / "o.mid")
    last = max(n.end for n in notes_of(tmp_path / "o.mid", "1 steady bass"))
    assert last == pytest.approx(16.0, abs=1e-2) and said["end_beat"] > 16.0
    assert np.abs(sound[:, -RATE // 10 :]).max() < 1e-3


def test_an_answer_is_waited_for_and_heard_out(tmp_path):
    _, said, _ = played(scene.load("quiet_company"), prompt(tmp_path, TUNE), tmp_path / "o.mid")
    answer = notes_of(tmp_path / "o.mid", "1 answer melody")
    assert len(answer) > 4 and answer[0].beat > 15.9 and said["end_beat"] > answer[-1].end
    assert answer[-1].beat > 20.0, "it is as long as what was played"


def test_a_turn_that_begins_on_the_bar_where_you_end_is_heard_out(tmp_path):
    music = prompt(tmp_path, TUNE[:31])
    played(scene.load(PRESETS / "trading.toml"), music, tmp_path / "o.mid")
    answer = notes_of(tmp_path / "o.mid", "1 answer melody")
    assert 16.0 <= answer[0].beat < 20.0 and answer[-1].end > 30.0


def test_one_soloed_silences_the_others(own, tmp_path):
    loaded = own('player = "steady"', 'player = "steady"\npitch = 50\nsolo = true')
    played(loaded, prompt(tmp_path), tmp_path / "o.mid", 8.0)
    assert not notes_of(tmp_path / "o.mid", "1 steady bass") and notes_of(tmp_path / "o.mid", "2 steady bass")


def test_the_follower_hears_the_chords_and_the_players_hear_of_them(own, tmp_path):
    loaded = own('player = "rooted"\nguard = "off"', head='[follower]\nchords = "channel 2"\n')
    played(loaded, prompt(tmp_path), tmp_path / "o.mid", 8.0)
    bass = {round(n.beat): n.pitch - 36 for n in notes_of(tmp_path / "o.mid", "1 rooted bass")}
    # planned a beat ahead: the note of a bar's second beat is the first that can know of its chord
    for bar, root in enumerate((0, 7, 9, 5)):
        assert [bass[4 * bar + beat] for beat in (2, 3)] == [root, root]


def test_a_midi_device_has_a_track_of_its_own(tmp_path):
    text = RACK.replace("[[track.device]]", '[[track.device]]\ndevice = "transposer"\nsemitones = 7\n[[track.device]]')
    (tmp_path / "s.toml").write_text(text.replace('"t"', '"fifth"'))
    played(scene.load(tmp_path / "s.toml"), prompt(tmp_path, TUNE), tmp_path / "o.mid")
    you, fifth = (notes_of(tmp_path / "o.mid", name) for name in ("you", "fifth"))
    assert [(n.beat, n.duration, n.pitch + 7) for n in you] == [(n.beat, n.duration, n.pitch) for n in fifth]
    assert fifth[0].channel != you[0].channel


def test_a_player_that_fails_is_told_in_one_sentence(own, tmp_path):
    with pytest.raises(AntiphonError, match=r"player 2: .*sore throat") as error:
        played(own('player = "steady"', 'player = "fails"'), prompt(tmp_path), tmp_path / "o.mid")
    assert "\n" not in str(error.value)


def test_a_render_without_notes_or_sound_is_refused(capsys, monkeypatch):
    from realtime import cli

    monkeypatch.setattr(sys, "argv", ["antiphon", "render", "first_light"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2 and "--notes FILE.mid" in capsys.readouterr().err


def test_another_process_writes_the_same_bytes(tmp_path):
    prompt(tmp_path)
    found = []
    for seed in ("1", "77"):
        files = [tmp_path / f"{seed}.mid", tmp_path / f"{seed}.wav"]
        words = ["render", "seven_steps", "--midi", tmp_path / "prompt.mid", "--notes", files[0], "-o", files[1]]
        subprocess.run(
            [sys.executable, "-m", "realtime.cli", *map(str, words)], check=True, capture_output=True,
            env=os.environ | {"PYTHONHASHSEED": seed}, timeout=300,
        )  # fmt: skip
        found.append([path.read_bytes() for path in files])
    assert found[0] == found[1]


WITH_PLAYERS = sorted(path.stem for path in PRESETS.glob("*.toml") if "[[player]]" in path.read_text())


@pytest.mark.parametrize("name", WITH_PLAYERS)
def test_every_factory_scene_with_players_plays(name, tmp_path):
    """Twice the same; no note hangs; every note is one that its lane can play."""
    loaded = scene.load(name)
    music, told = prompt(tmp_path, tempo=((0.0, loaded.tempo_bpm),)), []
    seconds = render.frames_of_bars(loaded, music, 8, RATE) / RATE
    one, said, file = played(loaded, music, tmp_path / "one.mid", seconds, told)
    two, *_ = played(scene.load(name), music, tmp_path / "two.mid", seconds)
    assert np.array_equal(one, two) and (tmp_path / "one.mid").read_bytes() == (tmp_path / "two.mid").read_bytes()
    assert not told, told
    lanes = [f"{n + 1} {s.player} {lane.name}" for n, s in enumerate(loaded.players) for lane in s.lanes]
    assert names(file)[1:2] == ["you"] and names(file)[2 : 2 + len(lanes)] == lanes
    assert sum(row["notes"] for row in said["tracks"] if row["track"] in lanes) > 0, "nobody plays to that"
    for lane in lanes:
        low, high = LANE_RANGES.get(lane.split()[-1], ANYWHERE)
        for note in notes_of(tmp_path / "one.mid", lane):
            assert low <= note.pitch <= high, f"{lane}: {note}"
            assert 0 < note.velocity <= 1 and note.duration > 0
