"""MIDI files at their edges: raw bytes with running status, types 0 and 1, programs, odd metres, long files."""

from __future__ import annotations

import random

import pytest

from realtime.music.midifile import read_midi, write_midi
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError


def midi_bytes(kind: int, *tracks: bytes, division: bytes = b"\x01\xe0") -> bytes:
    header = b"MThd\0\0\0\6" + kind.to_bytes(2, "big") + len(tracks).to_bytes(2, "big") + division
    return header + b"".join(b"MTrk" + len(t).to_bytes(4, "big") + t for t in tracks)


END = b"\x00\xff\x2f\x00"
CONDUCTOR = b"\x00\xff\x58\x04\x07\x03\x18\x08" + b"\x00\xff\x51\x03\x07\xa1\x20" + END  # 7/8, 120 a minute


@pytest.mark.parametrize("kind", [0, 1])
def test_running_status_in_seven_eight(tmp_path, kind):
    # note on 60, then under the same status: 60 off (velocity 0) after 240 ticks, 64 on, off after 480 (two bytes)
    music = b"\x00\xc0\x21" + b"\x00\x90\x3c\x40" + b"\x81\x70\x3c\x00" + b"\x00\x40\x50" + b"\x83\x60\x40\x00" + END
    tracks = (CONDUCTOR[:-4] + music,) if kind == 0 else (CONDUCTOR, music)
    (tmp_path / "x.mid").write_bytes(midi_bytes(kind, *tracks))
    piece = read_midi(tmp_path / "x.mid")
    assert [(n.beat, n.duration, n.pitch) for n in piece.notes] == [(0.0, 0.5, 60), (0.5, 1.0, 64)]
    assert piece.metres == [Metre(0.0, 7, 8)]
    assert piece.metres[0].bar_beats == 3.5
    assert piece.programs == {0: 33}
    assert piece.in_seconds()[1][:2] == (0.25, 0.75)


def test_a_note_of_no_length_lasts_a_tick(tmp_path):
    music = b"\x00\x90\x3c\x40" + b"\x00\x80\x3c\x00" + END
    (tmp_path / "x.mid").write_bytes(midi_bytes(0, music))
    assert [n.duration for n in read_midi(tmp_path / "x.mid").notes] == [1 / 480]


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(AntiphonError, match="folder"):
        read_midi(tmp_path)


def test_programs_come_back_and_travel_with_the_music(tmp_path):
    piece = NoteSequence([Note(0, 1, 60, 0.5, 0), Note(0, 1, 40, 0.5, 1)], programs={0: 4, 1: 33})
    for version in (piece, piece.shifted(2), piece.transposed(3), piece.channel(1), piece.between(0, 1)):
        assert version.programs == {0: 4, 1: 33}
    piece.shifted(1).programs[0] = 99
    assert piece.programs[0] == 4
    write_midi(piece, tmp_path / "x.mid")
    assert read_midi(tmp_path / "x.mid").programs == {0: 4, 1: 33}
    write_midi(piece, tmp_path / "x.mid", program=7)
    assert read_midi(tmp_path / "x.mid").programs == {0: 7, 1: 7}
    assert NoteSequence().programs == {}


def test_the_program_a_channel_starts_with(tmp_path):
    music = b"\x00\xc0\x01" + b"\x00\xc0\x05" + b"\x00\x90\x3c\x40" + b"\x60\x80\x3c\x00" + b"\x00\xc0\x09" + END
    (tmp_path / "x.mid").write_bytes(midi_bytes(0, music))
    assert read_midi(tmp_path / "x.mid").programs == {0: 5}


def test_two_thousand_notes_with_changing_tempo_and_metre(tmp_path):
    draw = random.Random(1)
    notes = [Note(i / 4, draw.choice((0.25, 0.5, 1 / 6)), draw.randrange(30, 90), 0.7, i % 3) for i in range(2000)]
    piece = NoteSequence(
        [Note(n.beat, 0.2, n.pitch, n.velocity, n.channel) for n in notes],
        TempoMap([(0, 100), (250, 140)]),
        [Metre(0, 4, 4), Metre(100, 7, 8), Metre(135, 5, 4)],
    )
    write_midi(piece, tmp_path / "x.mid")
    back = read_midi(tmp_path / "x.mid")
    assert len(back.notes) == 2000
    assert back.metres == piece.metres
    assert back.duration_s == pytest.approx(piece.duration_s, abs=1e-3)


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        (NoteSequence([Note(0, 1, 128)]), "0..127"),
        (NoteSequence([Note(0, 1, 60, 0.7, 16)]), "0..15"),
        (NoteSequence([Note(0, float("nan"), 60)]), "does not fit"),
        (NoteSequence([], TempoMap(), [Metre(0.0, 4, 5)]), "lower number"),
        (NoteSequence([], programs={0: 128}), "programs are"),
    ],
)
def test_what_midi_cannot_hold_is_told(tmp_path, piece, words):
    with pytest.raises(AntiphonError, match=words):
        write_midi(piece, tmp_path / "x.mid")


def test_bars_are_counted_through_changes_of_metre():
    piece = NoteSequence([], TempoMap(), [Metre(0, 4, 4), Metre(8, 7, 8), Metre(15, 3, 4)])
    assert [piece.bar_number(b) for b in (0, 3.9, 4, 8, 11.4, 11.5, 15, 18)] == [0, 0, 1, 2, 2, 3, 4, 5]


def test_from_seconds_is_the_inverse_of_in_seconds():
    tempo = TempoMap([(0, 90), (4, 150)])
    piece = NoteSequence([Note(0, 1, 60, 0.5, 2), Note(3.5, 1, 62), Note(5, 0.5, 64)], tempo)
    back = NoteSequence.from_seconds([(a, b, n.pitch, n.velocity, n.channel) for a, b, n in piece.in_seconds()], tempo)
    for one, other in zip(piece.notes, back.notes, strict=True):
        assert other.pitch == one.pitch and other.channel == one.channel
        assert other.beat == pytest.approx(one.beat) and other.duration == pytest.approx(one.duration)
