"""Charts from other programs' files: iReal links, ChordPro, MusicXML, MIDI markers; damaged ones told in one sentence."""

import io
import zipfile
from urllib.parse import quote

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.music.chart_files import read_any_text, read_chart
from realtime.music.chart_ireal import _changed_over, read_ireal
from realtime.music.chart_musicxml import read_musicxml
from realtime.native.errors import AntiphonError


def bars(chart) -> list[str]:
    return [" ".join(str(chord) if chord else "N.C." for chord, _ in bar.chords) for bar in chart.bars]


# -- iReal -------------------------------------------------------------------------------------------------------------


def link(music: str, scrambled: bool) -> str:
    fields = ["Test Tune", "Somebody", "", "Medium Swing", "Bb", "", music] if scrambled else [
        "Test Tune", "Somebody", "Medium Swing", "Bb", "n", music]  # fmt: skip
    return ("irealb://" if scrambled else "irealbook://") + quote("=".join(fields))


MUSIC = "{*AT44Bb^7   |G-7 C7 |x   |N1Ah7 D7b9|G-/F  }|N2F7sus   |n   Z"


def scrambled(music: str) -> str:
    found = ""
    while len(music) > 50:
        chunk, music = music[:50], music[50:]
        found += chunk if len(music) < 2 else _changed_over(chunk)
    return "1r34LbKcu7" + found + music


@pytest.mark.parametrize("text", [link(MUSIC, False), link(scrambled(MUSIC), True)])
def test_an_ireal_link_is_read(text):
    chart = read_any_text(f'<a href="{text}">song</a>')
    assert chart.title == "Test Tune" and chart.key.name == "Bb major"
    assert bars(chart) == [
        "Bbmaj7", "Gm7 C7", "Gm7 C7", "Am7b5 D7b9", "Gm/F", "Bbmaj7", "Gm7 C7", "Gm7 C7", "F7sus4", "N.C.",
    ]  # fmt: skip
    assert chart.bars[0].section == "A" and chart.bars[1].places(4, 4)[1][0] == 2.0


def test_an_ireal_song_in_three_with_a_repeat_of_two_bars_and_an_invisible_root():
    chart = read_ireal(link("*iT34C^7  |A-7  |r|  |D-7 W/C |G7  Z", False))
    assert bars(chart) == ["Cmaj7", "Am7", "Cmaj7", "Am7", "Dm7 Dm7/C", "G7"]
    assert chart.metres(4, 4)[-1] == (3, 4) and chart.sections[0].kind == "intro"


@pytest.mark.parametrize("text", ["irealb://", "irealb://a=b=c", "irealb://" + quote("a=b==c=C==1r34LbKcu7|||")])
def test_a_broken_link_is_told(text):
    with pytest.raises(AntiphonError):
        read_ireal(text)


# -- ChordPro ----------------------------------------------------------------------------------------------------------

SHEET = """{title: Song}
{key: G}
{time: 3/4}
{start_of_verse}
[G]Hello [D/F#]there my [Em]friend
{bars: 4}
[C]Long [G]line
{end_of_verse}
{start_of_grid}
| Am . D7 | % |
{end_of_grid}
{chorus}
"""


def test_chordpro_lines_are_bars():
    chart = read_any_text(SHEET)
    assert bars(chart) == ["G", "D/F#", "Em", "C", "", "G", "", "Am D7", "Am D7"]
    assert chart.metres(4, 4)[0] == (3, 4) and chart.key.name == "G major" and chart.sections[0].kind == "verse"


# -- MusicXML ----------------------------------------------------------------------------------------------------------

HARMONY = "<harmony><root><root-step>{}</root-step></root><kind>{}</kind>{}</harmony>"
NOTE = "<note><rest/><duration>{}</duration></note>"


def xml(*measures: str, head: str = "") -> bytes:
    body = "".join(f'<measure number="{n}">{m}</measure>' for n, m in enumerate(measures, 1))
    return f'<?xml version="1.0"?>{head}<score-partwise><part id="P1">{body}</part></score-partwise>'.encode()


METRE = "<time><beats>4</beats><beat-type>4</beat-type></time>"
START = f"<attributes><divisions>2</divisions><key><fifths>-1</fifths></key>{METRE}</attributes>"


def test_musicxml_chords_stand_where_they_are_written():
    slash = "<bass><bass-step>B</bass-step><bass-alter>-1</bass-alter></bass>"
    flat_nine = (
        "<degree><degree-value>9</degree-value><degree-alter>-1</degree-alter><degree-type>add</degree-type></degree>"
    )
    chart = read_musicxml(
        xml(
            START + '<direction><direction-type><rehearsal>Chorus</rehearsal></direction-type></direction>'
            + HARMONY.format("F", "major", "") + NOTE.format(6) + HARMONY.format("C", "dominant", slash) + NOTE.format(2),
            NOTE.format(8),
            NOTE.format(4) + HARMONY.format("D", "dominant", flat_nine) + NOTE.format(4),
            HARMONY.format("G", "half-diminished", "") + NOTE.format(8),
        )
    )  # fmt: skip
    assert bars(chart) == ["F C7/Bb", "", "C7/Bb D7b9", "Gm7b5"] and chart.key.name == "F major"
    assert [beat for beat, _ in chart.bars[0].places(4, 4)] == [0.0, 3.0] and chart.sections[0].kind == "chorus"


def test_musicxml_repeats_and_endings_are_played_out_and_an_upbeat_is_no_bar():
    left = '<barline location="left">{}</barline>'
    right = '<barline location="right">{}</barline>'
    data = xml(
        START + NOTE.format(2),
        left.format('<repeat direction="forward"/>') + HARMONY.format("C", "major", "") + NOTE.format(8),
        left.format('<ending number="1" type="start"/>') + HARMONY.format("F", "major", "") + NOTE.format(8)
        + right.format('<ending number="1" type="stop"/><repeat direction="backward"/>'),
        left.format('<ending number="2" type="start"/>') + HARMONY.format("G", "major", "") + NOTE.format(8)
        + right.format('<ending number="2" type="discontinue"/>'),
        HARMONY.format("A", "minor", "") + NOTE.format(8),
    ).replace(b'<measure number="1">', b'<measure number="0" implicit="yes">')  # fmt: skip
    assert bars(read_musicxml(data)) == ["C", "F", "C", "G", "Am"]


def test_a_packed_score_is_unpacked():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("META-INF/container.xml", "<container/>")
        file.writestr("score.musicxml", xml(START + HARMONY.format("C", "major", "") + NOTE.format(8)))
    assert bars(read_musicxml(packed.getvalue())) == ["C"]


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (xml(START, head=BOMB), "declares entities"),
        (xml(START, head='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), "declares entities"),
        (xml(START), "no chord symbols"),
        (b"<score-partwise><part>", "no MusicXML"),
        (b"PK\x03\x04broken", "cannot be unpacked"),
        (xml(START + HARMONY.format("H", "major", "")), "without a root"),
        (xml(START.replace(">2<", ">two<") + HARMONY.format("C", "major", "")), "must be a number"),
    ],
)
def test_a_damaged_score_is_told(data, sentence):
    with pytest.raises(AntiphonError, match=sentence) as caught:
        read_musicxml(data)
    assert "\n" not in str(caught.value)


# -- MIDI --------------------------------------------------------------------------------------------------------------


def test_midi_markers_are_chords_and_sections(tmp_path):
    file = mido.MidiFile(ticks_per_beat=96)
    track = mido.MidiTrack()
    for delta, text in ((0, "Verse"), (0, "C"), (192, "Am7"), (192, "F/A"), (384, "G7")):
        track.append(mido.MetaMessage("marker", text=text, time=delta))
    file.tracks.append(track)
    file.save(tmp_path / "song.mid")
    chart = read_chart(tmp_path / "song.mid")
    assert bars(chart) == ["C Am7", "F/A", "G7"] and chart.bars[0].section == "Verse"
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(tmp_path / "none.mid")
    with pytest.raises(AntiphonError, match=r"none\.mid: its markers and texts are no chords"):
        read_chart(tmp_path / "none.mid")
    with pytest.raises(AntiphonError, match="cannot be read"):
        read_chart(tmp_path / "nowhere.txt")


@given(st.binary(max_size=80))
def test_no_file_breaks_a_reader(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.chart"
    path.write_bytes(data)
    try:
        assert read_chart(path).bars
    except AntiphonError as error:
        assert "\n" not in str(error).strip()
