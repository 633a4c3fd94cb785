"""Writes two hands as MusicXML 4.0 (partwise), one part of two staves, for a notation program to print; [main]
(W3C Music Notation Community Group, "MusicXML 4.0", 2021).

Times are rounded to twelfths of a quarter note: sixteenths and triplets of eighths are exact. A note ends where the next of its
hand begins, if it was only played a little shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from xml.etree import ElementTree as Xml

from realtime.music.chord import Chord
from realtime.music.keyfinding import Key
from realtime.music.pitch import key_fifths, spell_class
from realtime.music.sequence import Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.native.whole_file import whole_file

DIVISIONS = 12
LEGATO = 2
"""A gap of so many divisions or fewer before the next note is articulation, no rest."""
TYPES = {48: "whole", 24: "half", 12: "quarter", 6: "eighth", 3: "16th"}
DOTTED = {72: "whole", 36: "half", 18: "quarter", 9: "eighth"}
TRIPLETS = {16: "half", 8: "quarter", 4: "eighth", 2: "16th"}
LENGTHS = sorted({*TYPES, *DOTTED, *TRIPLETS, 1}, reverse=True)
CLEFS = (("G", "2"), ("F", "4"))
KINDS = {
    "maj": "major", "min": "minor", "dim": "diminished", "aug": "augmented", "7": "dominant", "maj7": "major-seventh",
    "min7": "minor-seventh", "hdim7": "half-diminished", "dim7": "diminished-seventh", "sus4": "suspended-fourth",
}  # fmt: skip


def write_musicxml(
    music: NoteSequence, path: str | Path, key: Key, title: str = "", chords: Sequence[Chord] = (), swing: bool = False
) -> None:
    """music: channel 0 the right hand, any other the left; one metre. chords: one a bar. Raises AntiphonError."""
    text = Xml.tostring(document(music, key, title, chords, swing), encoding="unicode")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
    try:
        with whole_file(path) as part:
            Path(part).write_text(head + text + "\n", "utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise AntiphonError(f"MusicXML file {path}: cannot be written ({reason}); choose another place.") from None


def document(music: NoteSequence, key: Key, title: str, chords: Sequence[Chord], swing: bool) -> Xml.Element:
    """The whole score as an element."""
    root = Xml.Element("score-partwise", version="4.0")
    Xml.SubElement(Xml.SubElement(root, "work"), "work-title").text = title or music.name
    part_list = Xml.SubElement(root, "part-list")
    Xml.SubElement(Xml.SubElement(part_list, "score-part", id="P1"), "part-name").text = "Piano"
    part = Xml.SubElement(root, "part", id="P1")
    bar = round(music.metres[0].bar_beats * DIVISIONS)
    hands = [_line([n for n in music.notes if (n.channel != 0) == bool(hand)], bar) for hand in (0, 1)]
    used = [hand for hand in (0, 1) if hands[hand]] or [0]
    last = max((start + length for line in hands for start, length, _ in line), default=bar)
    for number in range(-(-last // bar)):
        measure = Xml.SubElement(part, "measure", number=str(number + 1))
        if number == 0:
            _attributes(measure, music, key, used)
            _direction(measure, music, swing)
        if number < len(chords):
            _harmony(measure, chords[number], key)
        for staff, hand in enumerate(used, 1):
            if staff > 1:
                Xml.SubElement(Xml.SubElement(measure, "backup"), "duration").text = str(bar)
            _measure(measure, hands[hand], number * bar, bar, key, staff, len(used) > 1)
        if number + 1 == -(-last // bar):
            line = Xml.SubElement(measure, "barline", location="right")
            Xml.SubElement(line, "bar-style").text = "light-heavy"
    return root


Line = list[tuple[int, int, list[int]]]
"""(start, length, pitches) in divisions, in order, none over another."""


def _line(notes: Sequence[Note], bar: int) -> Line:
    """One hand as one voice: what begins together is a chord; it ends where the next begins, if not before."""
    strokes: dict[int, list[Note]] = {}
    for note in notes:
        strokes.setdefault(round(note.beat * DIVISIONS), []).append(note)
    starts = sorted(strokes)
    found: Line = []
    for start, after in zip_longest(starts, starts[1:]):
        end = max(round(note.end * DIVISIONS) for note in strokes[start])
        limit = after if after is not None else -(-max(end, start + 1) // bar) * bar
        if end > limit or limit - end <= max(LEGATO, (limit - start) // 8):
            end = limit
        found.append((start, max(1, end - start), sorted({note.pitch for note in strokes[start]})))
    return found


def _attributes(measure: Xml.Element, music: NoteSequence, key: Key, hands: list[int]) -> None:
    found = Xml.SubElement(measure, "attributes")
    Xml.SubElement(found, "divisions").text = str(DIVISIONS)
    signature = Xml.SubElement(found, "key")
    Xml.SubElement(signature, "fifths").text = str(key_fifths(key.tonic, key.mode))
    Xml.SubElement(signature, "mode").text = key.mode
    time = Xml.SubElement(found, "time")
    Xml.SubElement(time, "beats").text = str(music.metres[0].numerator)
    Xml.SubElement(time, "beat-type").text = str(music.metres[0].denominator)
    if len(hands) > 1:
        Xml.SubElement(found, "staves").text = str(len(hands))
    for staff, hand in enumerate(hands, 1):
        clef = Xml.SubElement(found, "clef", number=str(staff))
        Xml.SubElement(clef, "sign").text, Xml.SubElement(clef, "line").text = CLEFS[hand]


def _direction(measure: Xml.Element, music: NoteSequence, swing: bool) -> None:
    tempo = music.tempo.tempo_bpm(0.0)
    found = Xml.SubElement(measure, "direction", placement="above")
    metronome = Xml.SubElement(Xml.SubElement(found, "direction-type"), "metronome")
    Xml.SubElement(metronome, "beat-unit").text = "quarter"
    Xml.SubElement(metronome, "per-minute").text = f"{tempo:g}"
    if swing:
        Xml.SubElement(Xml.SubElement(found, "direction-type"), "words").text = "Swing"
    Xml.SubElement(found, "sound", tempo=f"{tempo:g}")


def _harmony(measure: Xml.Element, chord: Chord, key: Key) -> None:
    found = Xml.SubElement(measure, "harmony")
    name = chord.spelled_root(key.tonic, key.mode)
    root = Xml.SubElement(found, "root")
    Xml.SubElement(root, "root-step").text = name[0]
    if len(name) > 1:
        Xml.SubElement(root, "root-alter").text = str(name.count("#") - name.count("b"))
    Xml.SubElement(found, "kind").text = KINDS.get(chord.quality, "other")


def _measure(measure: Xml.Element, line: Line, first: int, bar: int, key: Key, staff: int, staves: bool) -> None:
    """One hand in one bar: notes, ties over the bar line and between lengths that no single sign has, rests."""
    now = first
    voice = 1 if staff == 1 else 5
    for start, length, pitches in line:
        begin, end = max(start, first), min(start + length, first + bar)
        if begin >= end:
            continue
        _rests(measure, begin - now, voice, staff, staves)
        at = begin
        for part in _parts(end - begin):
            ties = (at > start, at + part < start + length)
            for index, pitch in enumerate(pitches):
                _note(measure, pitch, part, index > 0, ties, key, voice, staff, staves)
            at += part
        now = end
    _rests(measure, first + bar - now, voice, staff, staves, whole=now == first)


def _parts(length: int) -> list[int]:
    """Lengths that have a sign of their own and add up to one."""
    found = []
    while length > 0:
        part = next(size for size in LENGTHS if size <= length)
        found.append(part)
        length -= part
    return found


def _note(
    measure: Xml.Element,
    pitch: int,
    length: int,
    chord: bool,
    ties: tuple[bool, bool],
    key: Key,
    voice: int,
    staff: int,
    staves: bool,
) -> None:
    found = Xml.SubElement(measure, "note")
    if chord:
        Xml.SubElement(found, "chord")
    name = spell_class(pitch % 12, key.tonic, key.mode)
    alter = name.count("#") - name.count("b")
    place = Xml.SubElement(found, "pitch")
    Xml.SubElement(place, "step").text = name[0]
    if alter:
        Xml.SubElement(place, "alter").text = str(alter)
    Xml.SubElement(place, "octave").text = str((pitch - alter) // 12 - 1)
    Xml.SubElement(found, "duration").text = str(length)
    for on, kind in zip(ties, ("stop", "start"), strict=True):
        if on:
            Xml.SubElement(found, "tie", type=kind)
    _length(found, length, voice, staff, staves)
    if any(ties):
        notations = Xml.SubElement(found, "notations")
        for on, kind in zip(ties, ("stop", "start"), strict=True):
            if on:
                Xml.SubElement(notations, "tied", type=kind)


def _rests(measure: Xml.Element, length: int, voice: int, staff: int, staves: bool, whole: bool = False) -> None:
    if length <= 0:
        return
    for part in [length] if whole else _parts(length):
        found = Xml.SubElement(measure, "note")
        rest = Xml.SubElement(found, "rest")
        Xml.SubElement(found, "duration").text = str(part)
        if whole:
            rest.set("measure", "yes")
            Xml.SubElement(found, "voice").text = str(voice)
            if staves:
                Xml.SubElement(found, "staff").text = str(staff)
        else:
            _length(found, part, voice, staff, staves)


def _length(found: Xml.Element, length: int, voice: int, staff: int, staves: bool) -> None:
    Xml.SubElement(found, "voice").text = str(voice)
    Xml.SubElement(found, "type").text = TYPES.get(length) or DOTTED.get(length) or TRIPLETS.get(length) or "32nd"
    if length in DOTTED:
        Xml.SubElement(found, "dot")
    if length in TRIPLETS:
        ratio = Xml.SubElement(found, "time-modification")
        Xml.SubElement(ratio, "actual-notes").text = "3"
        Xml.SubElement(ratio, "normal-notes").text = "2"
    if staves:
        Xml.SubElement(found, "staff").text = str(staff)
