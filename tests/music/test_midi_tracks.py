"""Files of many tracks: to the tick, no key struck twice, readable however long the piece is."""

from __future__ import annotations

import mido
import pytest

from realtime.music.midi_tracks import MOST_TICKS, MidiTrack, Said, write_tracks
from realtime.music.midifile import read_midi
from realtime.music.sequence import Metre, Note, TempoMap
from realtime.native.errors import AntiphonError

PLAIN = (TempoMap(), [Metre(0.0, 4, 4)])


def test_notes_come_back_to_the_tick_and_end_with_the_file(tmp_path):
    notes = [Note(1 / 3, 1 / 3, 60, 0.5, 2), Note(2.2, 9.0, 64, 1.0, 2)]
    ticks = write_tracks([MidiTrack("1 bass", notes, program=33)], *PLAIN, tmp_path / "o.mid", 4.0)
    back = read_midi(tmp_path / "o.mid")
    assert [n.beat for n in back.notes] == pytest.approx([1 / 3, 2.2], abs=0.51 / ticks)
    assert back.notes[0].duration == pytest.approx(1 / 3, abs=1 / ticks) and back.notes[1].end == 4.0
    assert back.programs == {2: 33}


def test_a_key_struck_again_is_let_go_first(tmp_path):
    notes = [Note(0.0, 3.0, 60), Note(1.0, 1.0, 60), Note(1.0, 0.5, 60), Note(5.0, 1.0, 60)]
    write_tracks([MidiTrack("t", notes)], *PLAIN, tmp_path / "o.mid", 4.0)
    held = 0
    for message in mido.MidiFile(tmp_path / "o.mid").tracks[1]:
        held += {"note_on": 1, "note_off": -1}.get(message.type, 0)
        assert held in (0, 1)
    assert held == 0 and [(n.beat, n.end) for n in read_midi(tmp_path / "o.mid").notes] == [(0.0, 1.0), (1.0, 2.0)]


def test_a_long_piece_keeps_below_the_ticks_that_readers_take(tmp_path):
    ticks = write_tracks([MidiTrack("t", [Note(4999.0, 0.5, 60)])], *PLAIN, tmp_path / "o.mid", 5000.0)
    assert ticks >= 480 and ticks * 5000 <= MOST_TICKS
    assert read_midi(tmp_path / "o.mid").notes[0].beat == 4999.0


def test_pedals_and_names_are_written(tmp_path):
    track = MidiTrack("1 böse ♫", [Note(0.0, 1.0, 60)], [Said(0.5, b"\xb0\x40\x7f"), Said(9.0, b"\xb0\x40\x00")])
    write_tracks([track], *PLAIN, tmp_path / "o.mid", 2.0)
    written = mido.MidiFile(tmp_path / "o.mid").tracks[1]
    assert written.name.startswith("1 böse") and [m.value for m in written if m.type == "control_change"] == [127, 0]
    with pytest.raises(AntiphonError, match="choose another place"):
        write_tracks([], *PLAIN, "/proc/no/where.mid", 1.0)
