"""Reads a chord chart from MusicXML: the <harmony> of its first part that has some, repeats and endings played out; [any]
(W3C MusicXML 4.0). No entity of the file's own is expanded, and nothing outside it is read."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from itertools import pairwise
from xml.etree import ElementTree
from xml.parsers import expat

from realtime.music.chart import Bar, Chart, joined
from realtime.music.chart_jumps import CODA, DC, DS, EARLIER, FINE, SEGNO, TO_CODA, played_order
from realtime.music.chord import Chord
from realtime.music.chord_naming import chord_of_mask
from realtime.music.chord_symbol import parse_chord
from realtime.music.chord_table import degree_semitones
from realtime.music.keyfinding import MODES, Key
from realtime.music.pitch import LETTER_CLASS
from realtime.native.errors import AntiphonError

LARGEST_BYTES = 30_000_000
MOST_BARS = 2_000
_FIFTHS_TO_CLASS = 7
SOUNDS = {"dacapo": DC, "dalsegno": DS, "segno": SEGNO, "coda": CODA, "tocoda": TO_CODA, "fine": FINE}
"""Attributes of <sound> by which a program plays the jumps."""


@dataclass
class _Measure:
    length: float  # in quarter notes, as its metre has it
    metre: tuple[int, int]
    chords: list[tuple[float, Chord | None]] = field(default_factory=list)  # (beat in the bar, chord)
    mark: str | None = None
    forward: bool = False
    backward: int = 0  # how often what it ends is played, 0: it ends no repeat
    endings: tuple[int, ...] = ()
    full: bool = True
    signs: frozenset[str] = frozenset()


def read_musicxml(data: bytes, where: str = "Chart") -> Chart:
    """A chart from the bytes of a .musicxml, .xml or .mxl file. Raises AntiphonError."""
    if data[:2] == b"PK":
        data = _unpacked(data, where)
    if len(data) > LARGEST_BYTES:
        raise AntiphonError(f"{where}: {len(data)} bytes are too many for a chart; {LARGEST_BYTES} are the most")
    root = _parsed(data, where)
    parts = root.findall("part")
    part = next((one for one in parts if one.find("measure/harmony") is not None), None)
    if root.tag != "score-partwise" or part is None:
        raise AntiphonError(
            f"{where}: it has no chord symbols (<harmony> in a score-partwise); export it with its chords as symbols"
        )
    key = _key(part)
    measures = _measures(part, where)
    if measures and not measures[0].full:
        measures = measures[1:]  # an upbeat is no bar of the form
    title = (root.findtext("work/work-title") or root.findtext("movement-title") or "").strip()
    try:
        bars = played_order(_bars(_played(measures)))[:MOST_BARS]
    except AntiphonError as error:
        raise AntiphonError(f"{where}: {error}") from None
    return Chart(joined(bars), title, key)


def _unpacked(data: bytes, where: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = [i for i in packed.infolist() if i.filename.lower().endswith((".xml", ".musicxml"))]
            names = [i for i in names if not i.filename.startswith("META-INF")]
            if not names:
                raise AntiphonError(f"{where}: there is no MusicXML in this .mxl")
            with packed.open(names[0]) as inside:
                return inside.read(LARGEST_BYTES + 1)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise AntiphonError(f"{where}: this .mxl cannot be unpacked ({error})") from None


def _parsed(data: bytes, where: str) -> ElementTree.Element:
    def refuse(*_: object) -> None:
        raise AntiphonError(f"{where}: it declares entities, which a score has no use for; export it again")

    guard = expat.ParserCreate()
    guard.EntityDeclHandler = refuse
    try:
        guard.Parse(data, True)
        return ElementTree.fromstring(data)
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise AntiphonError(f"{where}: it is no MusicXML ({error})") from None


def _number(element: ElementTree.Element, path: str, default: float, where: str) -> float:
    text = element.findtext(path)
    try:
        found = default if text is None else float(text)
    except ValueError:
        found = float("nan")
    if not -1e6 < found < 1e6:
        raise AntiphonError(f"{where}: {path} {str(text)[:40]!r} must be a number")
    return found


def _key(part: ElementTree.Element) -> Key | None:
    element = part.find("measure/attributes/key")
    if element is None:
        return None
    minor = (element.findtext("mode") or "").strip() == "minor"
    try:
        fifths = int(element.findtext("fifths") or 0)
    except ValueError:
        return None
    return Key((fifths * _FIFTHS_TO_CLASS + (9 if minor else 0)) % 12, MODES[int(minor)])


def _measures(part: ElementTree.Element, where: str) -> list[_Measure]:
    found: list[_Measure] = []
    divisions, metre = 1.0, (4, 4)
    open_endings: tuple[int, ...] = ()
    for number, element in enumerate(part.findall("measure"), 1):
        if number > MOST_BARS:
            raise AntiphonError(f"{where}: it has more than {MOST_BARS} bars")
        place = f"{where}, measure {element.get('number', number)}"
        measure = _Measure(0.0, metre, endings=open_endings)
        at = furthest = 0.0
        for child in element:
            if child.tag == "attributes":
                divisions = max(1e-3, _number(child, "divisions", divisions, place))
                if child.find("time/beats") is not None:
                    metre = _metre(child, place)
            elif child.tag == "harmony":
                offset = _number(child, "offset", 0.0, place)
                measure.chords.append((max(0.0, at + offset) / divisions, _chord(child, place)))
            elif child.tag in ("note", "forward") and child.find("chord") is None and child.find("grace") is None:
                at += _number(child, "duration", 0.0, place)
            elif child.tag == "backup":
                at -= _number(child, "duration", 0.0, place)
            elif child.tag == "direction" and child.find("direction-type/rehearsal") is not None:
                measure.mark = " ".join((child.findtext("direction-type/rehearsal") or "").split()) or None
            elif child.tag == "barline":
                open_endings = _barline(child, measure, open_endings)
            for sound in [child] if child.tag == "sound" else child.findall("sound"):
                measure.signs |= {sign for name, sign in SOUNDS.items() if sound.get(name)}
            furthest = max(furthest, at)
        measure.metre, measure.length = metre, metre[0] * 4.0 / metre[1]
        implicit = element.get("implicit") == "yes" or element.get("number") == "0"
        measure.full = not (implicit and furthest / divisions < measure.length - 1e-3)
        found.append(measure)
    return found


def _metre(attributes: ElementTree.Element, where: str) -> tuple[int, int]:
    beats, unit = attributes.findtext("time/beats") or "", attributes.findtext("time/beat-type") or ""
    try:
        found = (sum(int(part) for part in beats.split("+")), int(unit))
    except ValueError:
        found = (0, 0)
    if not 1 <= found[0] <= 32 or found[1] not in (1, 2, 4, 8, 16, 32):
        raise AntiphonError(f"{where}: metre {beats[:20]}/{unit[:20]} is unknown")
    return found


def _barline(element: ElementTree.Element, measure: _Measure, endings: tuple[int, ...]) -> tuple[int, ...]:
    """Takes its signs; returns the endings that go on behind it."""
    repeat, ending = element.find("repeat"), element.find("ending")
    if repeat is not None and repeat.get("direction") == "forward":
        measure.forward = True
    elif repeat is not None:
        times = repeat.get("times", "2")
        measure.backward = min(99, int(times)) if times.isdigit() and int(times) > 0 else 2
    if ending is not None:
        numbers = tuple(int(part) for part in ending.get("number", "1").replace(",", " ").split() if part.isdigit())
        if ending.get("type") == "start":
            measure.endings = numbers or (1,)
            return measure.endings
        return ()
    return endings


def _chord(element: ElementTree.Element, where: str) -> Chord | None:
    kind = element.find("kind")
    name = (kind.text or "").strip() if kind is not None else ""
    if name == "none":
        return None
    step = (element.findtext("root/root-step") or "").strip()
    if step not in LETTER_CLASS:
        raise AntiphonError(f"{where}: a chord without a root (root-step {step[:20]!r})")
    root = (LETTER_CLASS[step] + int(_number(element, "root/root-alter", 0.0, where))) % 12
    try:
        plain = parse_chord(f"C:{name or 'major'}")
    except AntiphonError:
        written = (kind.get("text") or "") if kind is not None else ""
        plain = parse_chord(f"C{written}")
    assert plain is not None
    mask = sum(1 << interval for interval in plain.intervals)
    for degree in element.findall("degree"):
        value = str(int(_number(degree, "degree-value", 1.0, where)))
        alter = int(_number(degree, "degree-alter", 0.0, where))
        try:
            natural = degree_semitones(value)
        except ValueError:
            raise AntiphonError(f"{where}: chord degree {value} is unknown") from None
        what = (degree.findtext("degree-type") or "add").strip()
        if what in ("subtract", "alter"):
            mask &= ~(1 << natural)
        if what in ("add", "alter"):
            mask |= 1 << (natural + alter) % 12
    bass = element.find("bass/bass-step")
    over = root
    if bass is not None and (bass.text or "").strip() in LETTER_CLASS:
        over = (LETTER_CLASS[(bass.text or "").strip()] + int(_number(element, "bass/bass-alter", 0.0, where))) % 12
    return chord_of_mask(root, mask, over)


def _played(measures: list[_Measure]) -> list[_Measure]:
    """With repeats and endings played out; what never ends is cut at MOST_BARS."""
    played: list[_Measure] = []
    start = at = 0
    turn = 1
    while at < len(measures) and len(played) < MOST_BARS:
        measure = measures[at]
        if measure.forward and at != start:
            start, turn = at, 1
        if measure.endings and turn not in measure.endings:
            at += 1
            continue
        played.append(measure)
        last_turn = measure.backward or 0
        if last_turn and measure.endings:
            last_turn = max(last_turn, max(measure.endings) + 1)
        if last_turn and turn < last_turn:
            turn += 1
            at = start
            continue
        at += 1
        if last_turn:
            start, turn = at, 1
        elif turn > 1 and measure.endings and (at >= len(measures) or not measures[at].endings):
            start, turn = at, 1
    return played


def _bars(measures: list[_Measure]) -> list[Bar]:
    bars: list[Bar] = []
    before: Chord | None = None
    numbers = {id(measure): number for number, measure in reversed(list(enumerate(measures)))}
    first_behind = len(measures)
    earlier: list[bool] = []
    for measure in reversed(measures):  # what is played behind it begins no later in the score: it comes once more
        earlier.insert(0, first_behind <= numbers[id(measure)])
        first_behind = min(first_behind, numbers[id(measure)])
    for measure, early in zip(measures, earlier, strict=True):
        rows = sorted((row for row in measure.chords if row[0] < measure.length - 1e-6), key=lambda row: row[0])
        if rows and rows[0][0] > 1e-6:
            rows.insert(0, (0.0, before))
        spans = pairwise([*(at for at, _ in rows), measure.length])
        chords = tuple((chord, end - at) for (_, chord), (at, end) in zip(rows, spans, strict=True) if end - at > 1e-6)
        before = rows[-1][1] if rows else before
        bars.append(Bar(chords, measure.metre, measure.mark, measure.signs | ({EARLIER} if early else set())))
    return bars
