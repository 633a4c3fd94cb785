"""MIDI files: what is written is read back to the tick, and damaged files are refused in one sentence."""

from __future__ import annotations

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.music.midifile import TICKS_PER_BEAT, read_midi, write_midi
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

ticks = st.integers(0, 20_000)


@st.composite
def voices(draw):
    """Notes of which no two of one pitch and channel overlap (MIDI cannot tell those apart)."""
    notes, busy = [], {}
    for start, length, pitch, velocity, channel in draw(
        st.lists(
            st.tuples(ticks, st.integers(1, 4000), st.integers(0, 127), st.integers(1, 127), st.integers(0, 15)),
            max_size=40,
        )
    ):
        spans = busy.setdefault((pitch, channel), [])
        if all(start + length <= a or start >= b for a, b in spans):
            spans.append((start, start + length))
            notes.append(Note(start / TICKS_PER_BEAT, length / TICKS_PER_BEAT, pitch, velocity / 127, channel))
    return notes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    notes=voices(),
    tempi=st.lists(st.tuples(ticks, st.integers(20, 300)), max_size=4),
    metre=st.sampled_from([(4, 4), (7, 8), (3, 4), (12, 8)]),
)
def test_round_trip_keeps_every_note_tempo_and_metre(tmp_path, notes, tempi, metre):
    tempo = TempoMap((t / TICKS_PER_BEAT, bpm) for t, bpm in tempi)
    sequence = NoteSequence(notes, tempo, [Metre(0.0, *metre)], "a tune")
    write_midi(sequence, tmp_path / "x.mid")
    back = read_midi(tmp_path / "x.mid")
    assert len(back.notes) == len(sequence.notes)
    for a, b in zip(sequence.notes, back.notes, strict=True):
        assert a.pitch == b.pitch and a.channel == b.channel
        assert abs(a.beat - b.beat) < 1e-9 and abs(a.duration - b.duration) < 1e-9
        assert round(a.velocity * 127) == round(b.velocity * 127)
    assert [m[1:] for m in back.metres] == [metre]
    assert back.name == "a tune"
    for beat in (0.0, 3.3, 50.0):
        assert back.tempo.tempo_bpm(beat) == pytest.approx(sequence.tempo.tempo_bpm(beat), rel=1e-5)


def test_two_keyboards_one_pitch_and_a_note_without_end(tmp_path):
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.Message("note_on", note=60, velocity=64, time=0))
    track.append(mido.Message("note_on", note=60, velocity=0, time=480))  # running status style note-off
    track.append(mido.Message("note_on", note=62, velocity=64, time=0))
    track.append(mido.MetaMessage("end_of_track", time=960))
    file.save(tmp_path / "x.mid")
    notes = read_midi(tmp_path / "x.mid").notes
    assert [(n.pitch, n.beat, n.duration) for n in notes] == [(60, 0.0, 1.0), (62, 1.0, 2.0)]


@pytest.mark.parametrize(
    "content", [b"", b"MThd", b"hello, this is text", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x10\x00\x90\x3c"]
)
def test_damaged_files_are_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "broken.mid"
    path.write_bytes(content)
    with pytest.raises(AntiphonError, match=r"broken\.mid"):
        read_midi(path)


def test_missing_file_and_full_path_are_told(tmp_path):
    with pytest.raises(AntiphonError, match="no such file"):
        read_midi(tmp_path / "nowhere.mid")
    with pytest.raises(AntiphonError, match="cannot be written"):
        write_midi(NoteSequence(), tmp_path / "no_folder" / "x.mid")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 200), flip=st.integers(0, 200), value=st.integers(0, 255))
def test_a_cut_or_flipped_file_is_read_or_refused_never_worse(tmp_path, cut, flip, value):
    good = tmp_path / "good.mid"
    write_midi(NoteSequence([Note(i / 2, 0.4, 60 + i) for i in range(8)]), good)
    data = bytearray(good.read_bytes())
    data[flip % len(data)] = value
    bad = tmp_path / "bad.mid"
    bad.write_bytes(bytes(data[: max(0, len(data) - cut)]))
    try:
        read_midi(bad)
    except AntiphonError as error:
        assert "bad.mid" in str(error)
