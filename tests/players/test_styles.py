"""The styles and their notation: what a musician wrote is what is played, every factory style is whole and sounds like itself."""

from __future__ import annotations

from random import Random

import pytest

from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.native.errors import AntiphonError
from realtime.players.styles import MAIN, SECTIONS, Hand, bar_events, read_style, style_files, style_named, style_names
from realtime.players.styles.notation import DRUM_KEYS, read_row
from realtime.players.styles.pitches import degree_above
from realtime.players.styles.style import DEFAULT_LANES, NEEDED, VOICINGS, Lane
from realtime.players.styles.voicings import voiced

WANTED = (
    "waltz", "blues_shuffle", "bossa", "fingerstyle", "march", "swing", "four_on_the_floor", "ballad", "reggae",
    "slow_rock", "pop_eighths", "funk", "country", "tango", "samba", "gospel",
    "disco", "musette", "jazz_waltz", "five_four", "seven_eight",
)  # fmt: skip
FACTORY = sorted(style_files())
C, A_MINOR, G7 = Chord(0), Chord(9, "min"), Chord(7, "7")


def bar(name: str, section: str, number: int = 0, intensity: float = 0.6, **more) -> list:
    style = style_named(name)
    return bar_events(style, style.sections[section], number, style.bar_beats, intensity, Random(1), **more)


def beats(name: str, section: str, drum: str = "", lane: str = "drums", number: int = 0, **more) -> list[float]:
    key = DRUM_KEYS[drum] if drum else -1
    return [round(e.at, 3) for e in bar(name, section, number, **more) if e.lane == lane and e.drum == key]


def test_the_factory_has_the_styles_that_a_musician_asks_for():
    assert set(WANTED) <= set(FACTORY)


@pytest.mark.parametrize("name", FACTORY)
def test_every_style_is_whole(name):
    style = style_named(name)
    assert style.source and style.title and set(NEEDED) <= set(style.sections)
    assert style.sections["verse"] != style.sections["chorus"]
    for section in set(SECTIONS) & set(style.sections):
        for number in range(style.sections[section].bars):
            for intensity in (0.0, 0.3, 0.6, 1.0):
                events = bar(name, section, number, intensity)
                assert all(0.0 <= e.at < style.bar_beats and e.beats > 0.0 and 0.0 < e.velocity <= 1.0 for e in events)
    for section in MAIN:
        for intensity in (0.05, 0.5, 0.95):
            lanes = {e.lane for e in bar(name, style.main(section), 0, intensity)}
            assert lanes & {"chords1", "chords2"}, f"{section} at {intensity} has no chords"
    soft, loud = (len(bar(name, "chorus", 0, intensity)) for intensity in (0.1, 0.95))
    assert loud > soft, "it does not grow"


def test_styles_sound_like_themselves():
    assert beats("waltz", "verse", lane="bass") == [0.0] and beats("waltz", "verse", lane="chords1") == [1.0, 2.0]
    assert beats("bossa", "verse", "rim") == [0.0, 1.5, 3.0] and beats("bossa", "verse", "rim", number=1) == [1.0, 2.5]
    assert beats("four_on_the_floor", "verse", "kick") == [0.0, 1.0, 2.0, 3.0] == beats("disco", "verse", "kick")
    assert beats("reggae", "verse", "kick") == [2.0] == beats("reggae", "verse", "rim")
    assert beats("reggae", "verse", lane="chords1") == [1.0, 3.0]
    ride = beats("swing", "verse", "ride", tempo_bpm=120.0)
    assert ride[:3] == pytest.approx([0.0, 1.0, 1.0 + 2.2 / 3.2], abs=1e-3)
    assert beats("slow_rock", "verse", "snare") == [1.5] and beats("slow_rock", "verse", lane="chords1")[1] == 0.5
    assert beats("seven_eight", "verse", "surdo")[:3] == [0.0, 1.0, 2.0]
    line = [e.velocity for e in bar("funk", "verse") if e.lane == "bass"]
    assert line[0] == max(line)
    assert beats("jazz_waltz", "verse", lane="chords1") == [0.0, 1.667]  # two against three, swung
    assert {*beats("tango", "verse", lane="chords1")} == {0.0, 1.0, 2.0, 3.0} and not beats("tango", "verse", "kick")


def test_swing_of_fast_music_is_flatter_and_triplets_stay_where_they_are():
    late = [beats("swing", "verse", "ride", tempo_bpm=bpm)[2] for bpm in (60.0, 200.0, 260.0, 320.0)]
    assert late[0] == pytest.approx(1.688, abs=2e-3) and late == sorted(late, reverse=True) and late[-1] == 1.5
    assert beats("gospel", "verse", "hat")[:2] == pytest.approx([0.0, 2 / 3], abs=1e-3)
    assert beats("swing", "verse", "ride", swing=1.0)[2] == 1.5


def test_layers_first_bars_and_fills():
    assert beats("pop_eighths", "verse", "crash") == [] and beats("pop_eighths", "verse", "crash", first=True) == [0.0]
    assert not beats("ballad", "verse", "snare", intensity=0.4) and beats("ballad", "verse", "snare", intensity=0.8)
    style = style_named("pop_eighths")
    fill = bar("pop_eighths", "verse", fill=style.sections["fill"])
    assert any(e.drum == DRUM_KEYS["floor"] for e in fill) and any(e.lane == "chords1" for e in fill)


@pytest.mark.parametrize(
    ("length", "expected"), [(3.0, [0.0, 1.0, 2.0]), (5.0, [0.0, 1.0, 2.0, 3.0, 4.0]), (3.5, [0, 1, 2, 3])]
)
def test_in_another_metre_the_bar_is_cut_or_begun_anew(length, expected):
    style = style_named("disco")
    events = bar_events(style, style.sections["verse"], 0, length, 0.5, Random(1))
    assert [e.at for e in events if e.drum == DRUM_KEYS["kick"]] == expected
    assert all(e.at < length for e in events)


# -- the notation ------------------------------------------------------------------------------------------------------


def test_a_row_is_read_as_it_is_written():
    row = read_row("ride from 0.4 to 0.8 30% first: X-o- | -x--", True, 4, 4)
    assert (row.drum, row.low, row.high, row.odds, row.first, row.bars, row.step_beats) == (
        51,
        0.4,
        0.8,
        0.3,
        True,
        2,
        1.0,
    )
    assert [(s.at, s.atoms) for s in row.steps] == [(0.0, ("X",)), (2.0, ("o",)), (5.0, ("x",))]
    assert row.steps[0].weight > 1.0 > row.steps[1].weight
    line = read_row("1 - - 5* >b7 (3,) 1+5' .", False, 4, 4)
    assert [(s.at, s.beats, s.atoms, s.short) for s in line.steps] == [
        (0.0, 1.5, ("1",), False), (1.5, 0.5, ("5",), True), (2.0, 0.5, ("b7",), False), (2.5, 0.5, ("3,",), False),
        (3.0, 0.5, ("1", "5'"), False),
    ]  # fmt: skip
    assert read_row("pimaei'", False, 3, 4).steps[-1].atoms == ("i'",)
    assert read_row("xxxxxx", False, 6, 8).step_beats == 0.5 and read_row("xxx", False, 3, 4).step_beats == 1.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x-x-", "name the drum"),
        ("kikc: x-x-", "did you mean 'kick'"),
        ("kick: x-y-", "'y-' is no step"),
        ("kick: x-x-x", "5 steps make no grid in a bar of 4/4; write .*4, .*8, .*16"),
        ("kick: x-x- | x-x-x-x-", "bar 2 has 8 steps and bar 1 has 4"),
        ("kick from 7: x---", "must be from 0 to 1"),
        ("kick from: x---", "'from' is no drum"),
        ("kick:", "write the steps of a bar"),
    ],
)
def test_a_wrong_row_is_told_with_its_remedy(text, says):
    with pytest.raises(AntiphonError, match=says):
        read_row(text, True, 4, 4)


@pytest.mark.parametrize("text", ["1 14 5 5", "q . . .", "(1 . . .", "1+ . . .", "loud: 1 . . ."])
def test_a_wrong_line_is_told(text):
    with pytest.raises(AntiphonError, match=r"is no step|says nothing here"):
        read_row(text, False, 4, 4)


GOOD = 'title = "Mine"\nmetre = "3/4"\n\n' + "\n".join(
    f"[{name}]\nbars = 1\nbass = '''\n    1 . .\n    '''\n" for name in NEEDED
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("1 . .\n", "1 . . . .\n"), r"mine\.toml, line 7: \[intro\] bass: 5 steps make no grid in a bar of 3/4"),
        (("[fill]", "[fil]"), r"mine\.toml, line 22: fil is unknown here; did you mean 'fill'"),
        (("bars = 1\nbass", "bars = 0\nbass"), r"line 5: \[intro\] bars = 0 must be a whole number from 1 to 16"),
        (("3/4", "waltz"), r"line 2: metre = 'waltz' must be a metre in quotes"),
        (("[ending]", "[chorus.x]"), r"line \d+: .*\[chorus\] x is unknown here"),
        (('title = "Mine"', "title = 3"), r"line 1: title must be a text in quotes"),
        (('title = "Mine"', 'title = "Mine'), r"this is not TOML: .*line 1"),
        (("[intro]", "[lane.bass]\nrange = ['G2', 'E1']\n[intro]"), r"line 5: \[lane.bass\] range must be two notes"),
        (("[intro]", "[lane.pad]\nvoicing = 'jazzy'\n[intro]"), r"line 5: \[lane.pad\] voicing = 'jazzy' must be one of close"),
        (("[intro]", "[lane.kazoo]\n[intro]"), r"\[lane\] kazoo is unknown here"),
        (("[verse]\n", "[verse]\nlike = 'chorus'\n"), r"like = 'chorus' must be a section that stands above: intro"),
        (("[verse]\nbars = 1\nbass = '''", "[verse]\nbars = 1\nbass = 7 #'''"), r"must be a pattern in quotes|this is not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_sentence_with_file_line_and_remedy(tmp_path, change, says):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert read_style(path).sections["verse"].bars == 1
    path.write_text(GOOD.replace(*change, 1))
    with pytest.raises(AntiphonError, match=says) as told:
        read_style(path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "junk", [b"\xff\xfe", b"x" * 300_000, b"[" * 5000, b"", b"verse = 3", b"[verse]\nbass = 1\n[[verse]]"]
)
def test_no_file_can_break_the_reader(tmp_path, junk):
    (tmp_path / "junk.toml").write_bytes(junk)
    with pytest.raises(AntiphonError, match=r"junk\.toml"):
        read_style(tmp_path / "junk.toml")


def test_a_users_style_is_found_and_hides_that_of_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "antiphon" / "styles"
    folder.mkdir(parents=True)
    (folder / "waltz.toml").write_text(GOOD)
    (folder / "mine.toml").write_text(GOOD)
    assert style_named("waltz").title == style_named("mine").title == "Mine"
    assert style_names()[-1] == "mine" and set(style_names()) == set(style_files())
    with pytest.raises(AntiphonError, match="there is no style 'mime'; did you mean 'mine'"):
        style_named("mime")


# -- pitches -----------------------------------------------------------------------------------------------------------


def test_degrees_are_the_chords_own_and_the_rest_of_the_key():
    c_major = frozenset({0, 2, 4, 5, 7, 9, 11})
    chords = {"C": [0, 4, 7, 12, 12], "Am": [0, 3, 7, 12, 12], "G7": [0, 4, 7, 10, 12], "Bdim": [0, 3, 6, 12, 12],
              "Fsus4": [0, 5, 7, 12, 12], "C5": [0, 0, 7, 12, 12]}  # fmt: skip
    for symbol, wanted in chords.items():
        chord = parse_chord(symbol)
        assert [degree_above(d, chord, c_major) for d in ("1", "3", "5", "7", "8")] == wanted, symbol
    assert [degree_above(d, Chord(4, "min"), c_major) for d in ("2", "4", "6", "9", "b7", "#4")] == [1, 5, 8, 13, 10, 6]
    assert degree_above("6", C, frozenset()) == 9


@pytest.mark.parametrize("kind", VOICINGS)
@pytest.mark.parametrize(
    "symbol", ["C", "F#m", "Bb7", "Ebmaj7", "G7b9", "Bm7b5", "Dsus4", "A5", "Caug", "F#dim7", "Am/C", "G13"]
)
def test_every_voicing_is_of_the_chord_in_its_range_and_rises(kind, symbol):
    chord = parse_chord(symbol)
    for lowest, highest in ((40, 79), (55, 72), (60, 71)):
        keys = voiced(kind, chord, lowest, highest)
        assert keys and all(lowest <= key <= highest for key in keys) and list(keys) == sorted(set(keys))
        foreign = {key % 12 for key in keys} - chord.classes
        # a rootless hand has its ninth, a dominant one its thirteenth, an open fifth its fifth
        assert not foreign or kind in ("rootless", "power"), (keys, foreign)


def test_guitar_chords_lie_as_guitarists_know_them():
    shapes = {"C": (48, 52, 55, 60, 64), "Am": (45, 52, 57, 60, 64), "G7": (43, 47, 50, 55, 59, 65),
              "E": (40, 47, 52, 56, 59, 64), "Dm": (50, 57, 62, 65)}  # fmt: skip
    for symbol, keys in shapes.items():
        assert voiced("guitar", parse_chord(symbol), 40, 79) == keys, symbol


def test_a_hand_moves_little_from_chord_to_chord():
    hand, before = Hand(DEFAULT_LANES["pad"]), None
    for beat, chord in enumerate((C, A_MINOR, Chord(2, "min"), G7, C)):
        keys = hand.keys(("x",), float(beat), chord, chord, frozenset())
        if before is not None:
            assert sum(min(abs(k - b) for b in before) for k in keys) <= 6
        before = keys
    assert hand.keys(("x",), 1.0, A_MINOR, A_MINOR, frozenset()) == list(hand.voicing(1.0, A_MINOR))


def test_basses_take_the_chords_bass_thumbs_too_and_approaches_lead_to_the_next_root():
    slash, lane = parse_chord("C/E"), Lane(28, 51)
    bass = Hand(lane, bass=True)
    assert bass.keys(("1",), 0.0, slash, slash, frozenset()) == [28]
    assert bass.keys(("^",), 0.0, C, G7, frozenset()) == [30] and bass.keys(("v",), 0.0, C, G7, frozenset()) == [32]
    guitar = Hand(Lane(40, 79, "guitar"))
    assert guitar.keys(("p", "i"), 0.0, C, C, frozenset()) == [48, 52]
    assert guitar.keys(("U",), 0.0, C, C, frozenset()) == [64, 60, 55, 52, 48]
