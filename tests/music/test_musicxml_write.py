"""MusicXML of two hands says what was meant: read back by its own rules, the notes are the same."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest

from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import read_key
from realtime.music.musicxml_write import DIVISIONS, document, write_musicxml
from realtime.music.pitch import parse_pitch
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

C = read_key("C")


def piece(notes, metre=(4, 4)):
    return NoteSequence(list(notes), TempoMap([(0.0, 92.0)]), [Metre(0.0, *metre)], "piece")


def pitch_of(note: Xml.Element) -> int:
    alter = int(note.findtext("pitch/alter") or 0)
    natural = parse_pitch(f"{note.findtext('pitch/step')}{note.findtext('pitch/octave')}")
    return natural + alter


def read_back(root: Xml.Element) -> list[tuple[float, float, int, int]]:
    """(beat, duration, pitch, staff) of every note, tied ones joined; checks that every bar is filled by each staff."""
    found: list[list] = []
    start = 0
    for measure in root.find("part").findall("measure"):
        length = None
        if measure.find("attributes") is not None:
            time = measure.find("attributes/time")
            bar = int(time.findtext("beats")) * 4 * DIVISIONS // int(time.findtext("beat-type"))
        now = start
        for one in measure:
            if one.tag == "backup":
                assert now - start == bar == int(one.findtext("duration"))
                now = start
            if one.tag != "note":
                continue
            length = int(one.findtext("duration"))
            begun = now - length if one.find("chord") is not None else now
            if one.find("rest") is None:
                staff = int(one.findtext("staff") or 1)
                row = [begun / DIVISIONS, length / DIVISIONS, pitch_of(one), staff]
                if any(tie.get("type") == "stop" for tie in one.findall("tie")):
                    former = next(r for r in reversed(found) if r[2:] == row[2:])
                    assert former[0] + former[1] == pytest.approx(row[0])
                    former[1] += row[1]
                else:
                    found.append(row)
            now = begun + length
        assert now - start == bar, "a bar is full"
        start += bar
    return [tuple(row) for row in sorted(found)]


def test_two_hands_come_back_as_they_were_written():
    right = [Note(0.5 * i, 0.475, 60 + i, 0.7, 0) for i in range(8)] + [Note(4.0, 3.8, 72, 0.7, 0)]
    left = [Note(0.0, 3.8, 48, 0.5, 1)] + [Note(4.0, 3.8, key, 0.5, 1) for key in (48, 52, 55)]
    rows = read_back(document(piece([*right, *left]), C, "A title", (), False))
    assert rows == sorted(
        [(0.5 * i, 0.5, 60 + i, 1) for i in range(8)]
        + [(4.0, 4.0, 72, 1), (0.0, 4.0, 48, 2)]
        + [(4.0, 4.0, key, 2) for key in (48, 52, 55)]
    )


@pytest.mark.parametrize(
    ("metre", "step"), [((3, 4), 1 / 3), ((6, 8), 0.5), ((7, 8), 0.25), ((5, 4), 1.0), ((12, 8), 1.5)]
)
def test_triplets_sixteenths_and_odd_bars_fill_their_bars(metre, step):
    bar = metre[0] * 4.0 / metre[1]
    notes = [Note(i * step, 0.95 * step, 60 + i % 12, 0.7, 0) for i in range(int(3 * bar / step))]
    rows = read_back(document(piece(notes, metre), C, "", (), False))
    assert len(rows) == len(notes)
    for row, note in zip(rows, notes, strict=True):
        assert row[0] == pytest.approx(note.beat, abs=1e-3) and row[2] == note.pitch
        assert row[1] == pytest.approx(step, abs=1e-3) or note is notes[-1]


def test_a_note_over_the_bar_line_is_tied_and_a_rest_is_a_rest():
    notes = [Note(3.0, 3.0, 64, 0.7, 0), Note(7.0, 1.0, 65, 0.7, 0)]
    root = document(piece(notes), C, "", (), False)
    assert read_back(root) == [(3.0, 3.0, 64, 1), (7.0, 1.0, 65, 1)]
    assert [tie.get("type") for tie in root.iter("tie")] == ["start", "stop"]


def test_key_metre_tempo_chords_and_spelling_are_those_of_the_piece(tmp_path):
    key = read_key("Eb")
    music = piece([Note(0.0, 0.5, 63, 0.7, 0), Note(1.0, 0.5, 68, 0.7, 0)], (3, 4))
    write_musicxml(
        music, tmp_path / "a.musicxml", key, "Ländler <1>", [parse_chord("Ab"), parse_chord("Bb7")], swing=True
    )
    text = (tmp_path / "a.musicxml").read_text("utf-8")
    assert text.startswith("<?xml") and "MusicXML 4.0 Partwise" in text
    root = Xml.fromstring(text)
    assert root.findtext("work/work-title") == "Ländler <1>"
    attributes = root.find("part/measure/attributes")
    assert (attributes.findtext("key/fifths"), attributes.findtext("time/beats")) == ("-3", "3")
    names = [
        (n.findtext("pitch/step"), n.findtext("pitch/alter")) for n in root.iter("note") if n.find("pitch") is not None
    ]
    assert names == [("E", "-1"), ("A", "-1")]
    harmony = root.find("part/measure/harmony")
    assert (harmony.findtext("root/root-step"), harmony.findtext("root/root-alter")) == ("A", "-1")
    assert root.find("part/measure/direction/sound").get("tempo") == "92" and "Swing" in text


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(AntiphonError, match="choose another place"):
        write_musicxml(piece([Note(0.0, 1.0, 60)]), tmp_path / "no" / "such" / "a.musicxml", C)
