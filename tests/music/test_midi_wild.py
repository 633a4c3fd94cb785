"""MIDI files of the wild: what can be read is read as mido reads well-formed files; else one sentence, soon and small."""

from __future__ import annotations

import time
import tracemalloc

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.music.midi_chunks import load
from realtime.music.midi_performance import read_performance
from realtime.music.midifile import read_midi, texts_of
from realtime.music.sequence import Metre
from realtime.native.errors import AntiphonError

END = b"\x00\xff\x2f\x00"
SCALE = b"".join(b"\x00\x90%c\x50\x60\x80%c\x40" % (p, p) for p in range(60, 68))
fuzz = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def chunk(name: bytes, body: bytes, length: int | None = None) -> bytes:
    return name + (len(body) if length is None else length).to_bytes(4, "big") + body


def smf(*tracks: bytes, kind=1, count=None, division=b"\x00\x60") -> bytes:
    count = len(tracks) if count is None else count
    return b"MThd\0\0\0\6" + kind.to_bytes(2, "big") + count.to_bytes(2, "big") + division + b"".join(tracks)


def meta(kind: int, content: bytes) -> bytes:
    return b"\x00\xff%c%c" % (kind, len(content)) + content


TRACK = chunk(b"MTrk", SCALE + END)


def riff(body: bytes) -> bytes:
    inside = b"RMIDdata" + len(body).to_bytes(4, "little") + body + b"LIST\x04\0\0\0INFO"
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside


EIGHT = {
    "alien chunk before": smf(chunk(b"XFIH", b"alien"), TRACK),
    "alien chunk between": smf(TRACK, chunk(b"junk", b"MT"), chunk(b"MTrk", END)),
    "alien chunk too long": smf(chunk(b"ODD ", b"abc", 1 << 31), TRACK),
    "count too big": smf(TRACK, count=99),
    "count too small": smf(chunk(b"MTrk", END), TRACK, count=1),
    "count of none": smf(TRACK, count=0),
    "length too long": smf(chunk(b"MTrk", SCALE + END, 5000)),
    "length too long over another track": smf(chunk(b"MTrk", SCALE + END, len(SCALE) + 24), chunk(b"MTrk", END)),
    "length too short": smf(chunk(b"MTrk", SCALE + END, 21), chunk(b"MTrk", END)),
    "length not known": smf(chunk(b"MTrk", SCALE + END, 0xFFFFFFFF)),
    "no end of track": smf(chunk(b"MTrk", SCALE)),
    "cut within the last message": smf(chunk(b"MTrk", SCALE + b"\x00\x90\x3c", 900)),
    "garbage before": b"\0\1mail header\r\n" + smf(TRACK),
    "garbage behind": smf(TRACK) + b"\0" * 77,
    "longer header": b"MThd\0\0\0\x08\0\1\0\1\0\x60\xab\xcd" + TRACK,
    "riff": riff(smf(TRACK)),
    "empty tracks": smf(chunk(b"MTrk", b""), TRACK, chunk(b"MTrk", END)),
    "short tempo": smf(chunk(b"MTrk", meta(0x51, b"\x07\xa1") + SCALE + END)),
    "no tempo": smf(chunk(b"MTrk", meta(0x51, b"\0\0\0") + SCALE + END)),
    "short metre": smf(chunk(b"MTrk", meta(0x58, b"\x03") + SCALE + END)),
    "wrong key": smf(chunk(b"MTrk", meta(0x59, b"\x7f\x05") + SCALE + END)),
    "wrong smpte offset": smf(chunk(b"MTrk", meta(0x54, b"\xff\xff") + SCALE + END)),
    "channel prefix empty": smf(chunk(b"MTrk", meta(0x20, b"") + SCALE + END)),
    "unknown metas": smf(chunk(b"MTrk", meta(0x60, b"x") + meta(0x7F, b"yy") + SCALE + END)),
    "real-time bytes": smf(chunk(b"MTrk", b"\x00\xf8\x00\xfe" + SCALE + END)),
    "patterns": smf(chunk(b"MTrk", SCALE[:32] + END), chunk(b"MTrk", SCALE[32:] + END), kind=2),
}


def write(folder, data: bytes):
    (folder / "x.mid").write_bytes(data)
    return folder / "x.mid"


@pytest.mark.parametrize("name", EIGHT)
def test_eight_notes_are_read_and_played(tmp_path, name):
    path = write(tmp_path, EIGHT[name])
    notes = read_midi(path).notes
    assert [n.pitch for n in notes] == list(range(60, 68))
    assert [n.duration for n in notes] == [1.0] * 8
    assert [n.beat for n in notes] == list(range(8))
    assert len([m for m in read_performance(path).messages if m.data[0] == 0x90]) == 8


def notes_of(tmp_path, *tracks: bytes, **how):
    path = write(tmp_path, smf(*(chunk(b"MTrk", t + END) for t in tracks), **how))
    return [(n.pitch, n.beat, n.duration, n.channel) for n in read_midi(path).notes]


def test_running_status_holds_over_exclusive_and_meta(tmp_path):
    track = (
        b"\x00\x90\x3c\x50"
        + b"\x00\xf0\x03\x7d\x01\xf7"
        + b"\x60\x3c\x00"
        + meta(1, b"hm")
        + b"\x00\x3e\x50\x60\x3e\x00"
    )
    assert notes_of(tmp_path, track) == [(60, 0.0, 1.0, 0), (62, 1.0, 1.0, 0)]


def test_an_end_in_another_track_ends_the_note_but_never_one_that_has_its_own(tmp_path):
    on, off = b"\x00\x90\x3c\x50", b"\x60\x80\x3c\x40"
    assert notes_of(tmp_path, on, off) == [(60, 0.0, 1.0, 0)]
    own = on + b"\x81\x40\x80\x3c\x40"  # two beats
    assert notes_of(tmp_path, own, off) == [(60, 0.0, 2.0, 0)]


def test_ports_keep_their_channels_apart(tmp_path):
    one = meta(0x21, b"\0") + b"\x00\x90\x3c\x50\x81\x40\x80\x3c\x40"
    other = meta(0x21, b"\5") + b"\x00\x90\x3c\x50\x60\x80\x3c\x40"
    path = write(tmp_path, smf(chunk(b"MTrk", one + END), chunk(b"MTrk", other + END)))
    assert sorted(n.duration for n in read_midi(path).notes) == [1.0, 2.0]
    assert [(m.port, m.data[0]) for m in read_performance(path).messages] == [
        (0, 0x90),
        (1, 0x90),
        (1, 0x80),
        (0, 0x80),
    ]


@pytest.mark.parametrize(
    ("division", "seconds"), [(b"\xe7\x28", 0.096), (b"\xe8\x04", 1.0), (b"\xe3\x50", 96 * 1001 / 2_400_000)]
)
def test_time_in_frames_passes_in_seconds(tmp_path, division, seconds):
    slow = meta(0x51, b"\x0f\x42\x40") + SCALE + END  # no tempo moves the frames
    piece = read_midi(write(tmp_path, smf(chunk(b"MTrk", slow), division=division)))
    assert piece.in_seconds()[1][0] == pytest.approx(seconds, rel=1e-9)


@pytest.mark.parametrize("division", [b"\0\0", b"\x80\x01", b"\xe7\0"])
def test_a_time_that_does_not_pass_is_told(tmp_path, division):
    with pytest.raises(AntiphonError, match="export it again"):
        read_midi(write(tmp_path, smf(TRACK, division=division)))


def test_absurd_metres_are_left_out_and_an_upbeat_keeps_its_bar(tmp_path):
    absurd = meta(0x58, b"\x04\xff\x18\x08") + meta(0x58, b"\0\x02\x18\x08")
    path = write(tmp_path, smf(chunk(b"MTrk", absurd + SCALE + END)))
    assert read_midi(path).metres == [Metre(0.0, 4, 4)]
    upbeat = meta(0x58, b"\x01\x02\x18\x08") + b"\x60\xff\x58\x04\x03\x02\x18\x08" + SCALE
    piece = read_midi(write(tmp_path, smf(chunk(b"MTrk", upbeat + END))))
    assert [piece.bar_number(b) for b in (0, 1, 3.9, 4)] == [0, 1, 1, 2]


@pytest.mark.parametrize("delta", [b"\xff\xff\xff\x7f", b"\xff\xff\xff\x7f\x90\x3e\x50" + b"\xff\xff\xff\x7f"])
def test_notes_that_last_for_days_are_told(tmp_path, delta):
    path = write(tmp_path, smf(chunk(b"MTrk", b"\x00\x90\x3c\x50" + delta + b"\x80\x3c\x40" + END)))
    for read in (read_midi, read_performance):
        with pytest.raises(AntiphonError, match="hours"):
            read(path)


def test_silence_for_days_after_the_music_is_left_out(tmp_path):
    path = write(tmp_path, smf(chunk(b"MTrk", SCALE + b"\xff\xff\xff\x7f\xb0\x07\x40" + END)))
    assert read_performance(path).messages[-1].seconds == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("für".encode(), "für"),
        ("für".encode("latin-1"), "für"),
        ("für".encode("utf-16"), "für"),
        (b"a\0\x1b[31m\nb", "a [31m b"),
    ],
)
def test_words_in_any_encoding_come_on_one_line(tmp_path, content, text):
    path = write(tmp_path, smf(chunk(b"MTrk", meta(5, content) + meta(3, content) + SCALE + END)))
    assert texts_of(load(path), "lyrics") == [(0.0, text)] and read_midi(path).name == text


def test_controllers_pedals_bend_pressure_and_programs_are_played_in_the_files_order(tmp_path):
    told = [
        b"\xb0\x40\x7f",
        b"\xc0\x05",
        b"\xe0\x00\x60",
        b"\xd0\x40",
        b"\x90\x3c\x50",
        b"\xa0\x3c\x30",
        b"\xb0\x40\x00",
        b"\x80\x3c\x20",
    ]
    path = write(tmp_path, smf(chunk(b"MTrk", b"".join(b"\x00" + m for m in told[:-1]) + b"\x60" + told[-1] + END)))
    assert [m.data for m in read_performance(path).messages] == told


def test_a_key_struck_again_in_another_track_is_let_go_before(tmp_path):
    again = b"\x60\x90\x3c\x50\x60\x80\x3c\x40"
    first = b"\x00\x90\x3c\x50\x60\x80\x3c\x40"
    path = write(tmp_path, smf(chunk(b"MTrk", again + END), chunk(b"MTrk", first + END)))
    assert [m.data[0] for m in read_performance(path).messages] == [0x90, 0x80, 0x90, 0x80]


messages = st.one_of(
    st.builds(
        lambda c, n, v: mido.Message("note_on", channel=c, note=n, velocity=v),
        st.integers(0, 15),
        st.integers(58, 62),
        st.integers(0, 127),
    ),
    st.builds(lambda c, n: mido.Message("note_off", channel=c, note=n), st.integers(0, 15), st.integers(58, 62)),
    st.builds(
        lambda c, n, v: mido.Message("control_change", channel=c, control=n, value=v),
        st.integers(0, 15),
        st.integers(0, 127),
        st.integers(0, 127),
    ),
    st.builds(
        lambda c, p: mido.Message("pitchwheel", channel=c, pitch=p), st.integers(0, 15), st.integers(-8192, 8191)
    ),
    st.builds(
        lambda c, p: mido.Message("program_change", channel=c, program=p), st.integers(0, 15), st.integers(0, 127)
    ),
    st.builds(lambda d: mido.Message("sysex", data=d), st.lists(st.integers(0, 127), max_size=5)),
    st.builds(lambda t: mido.MetaMessage("set_tempo", tempo=t), st.integers(100_000, 2_000_000)),
    st.builds(lambda t: mido.MetaMessage("lyrics", text=t), st.text("abc ", max_size=5)),
)


@fuzz
@given(st.lists(st.lists(st.tuples(messages, st.integers(0, 40_000)), max_size=25), min_size=1, max_size=4))
def test_well_formed_files_are_read_as_mido_reads_them(tmp_path, tracks):
    file = mido.MidiFile(ticks_per_beat=480)
    for rows in tracks:
        file.tracks.append(mido.MidiTrack([m.copy(time=t) for m, t in rows] + [mido.MetaMessage("end_of_track")]))
    file.save(tmp_path / "x.mid")
    ours = load(tmp_path / "x.mid")
    assert not ours.damage and len(ours.tracks) == len(file.tracks)
    for track, theirs in zip(ours.tracks, mido.MidiFile(tmp_path / "x.mid").tracks, strict=True):
        tick, expected = 0, []
        for message in theirs:
            tick += message.time
            if not message.is_meta and message.type != "sysex":
                expected.append((tick, bytes(message.bytes())))
        assert [(m.tick, m.data) for m in track if m.data[0] < 0xF0] == expected


def read_or_told(path):
    """Read every way, or one sentence; in little time and memory."""
    started = time.process_time()
    for read in (read_midi, read_performance):
        try:
            read(path)
        except AntiphonError as error:
            assert "x.mid" in str(error)
    assert time.process_time() - started < 5.0


@fuzz
@given(
    st.sampled_from(sorted(EIGHT)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 60),
)
def test_mutated_files_are_read_or_told(tmp_path, name, flips, cut):
    data = bytearray(EIGHT[name])
    for place, value in flips:
        data[place % len(data)] = value
    read_or_told(write(tmp_path, bytes(data[: len(data) - cut])))


@fuzz
@given(st.binary(max_size=300))
def test_random_bytes_after_a_header_are_read_or_told(tmp_path, body):
    read_or_told(write(tmp_path, smf(chunk(b"MTrk", body), count=1)))


def test_a_file_of_endless_messages_is_told_in_bounded_memory(tmp_path):
    path = write(tmp_path, smf(chunk(b"MTrk", b"\x00\x90\x3c\x50" + b"\x00\x3c\x50" * 5_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(AntiphonError, match="messages"):
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 30
    finally:
        tracemalloc.stop()
    with open(path, "ab") as file:
        file.truncate(1 << 36)
    with pytest.raises(AntiphonError, match="larger than"):
        load(path)
