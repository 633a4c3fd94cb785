"""A song's own chords lead: those of its sheet of lyrics, at the bars where the sheet is laid out, or a chart of its own."""

import pytest

from realtime.music.chart_text import read_text
from realtime.native.errors import AntiphonError
from realtime.session.songs import song_file
from realtime.session.songs.ready import scene_of

PART = '[[part]]\nname = "{}"\nscene = "common_ground"\nbars = {}\n'
PARTS = PART.format("Verse", 8) + PART.format("Chorus", 4)
SHEET = '''lyrics = """
{key: G}
{start_of_verse: Verse}
[G]Lamps go [C]out along the [D]quay [G]now
[Em]One by [C]one and none for me
{end_of_verse}
{start_of_chorus: Chorus}
[C]Leave it [D]on
{end_of_chorus}
"""
'''


def bars(text: str) -> list[str]:
    return [" ".join(str(chord) for chord, _ in bar.chords) for bar in read_text(text).bars]


def test_the_chords_of_the_lyrics_stand_where_the_lyrics_do():
    song = song_file.parse('chart = "lyrics"\n' + SHEET + PARTS)
    found = read_text(song.chart)
    assert len(found.bars) == 12 and found.key is not None and found.key.name == "G major"
    assert [(s.name, s.bar, s.bars) for s in found.sections] == [("Verse", 0, 8), ("Chorus", 8, 4)]
    held = bars(song.chart)
    assert held == ["G", "C", "D", "D", "G", "Em", "C", "C", "C", "C", "D", "D"]
    assert scene_of(song, song.parts[0]).chart == song.chart, "it leads in the parts' scenes"


def test_a_chart_of_its_own_leads_and_without_one_the_scenes_does():
    song = song_file.parse('chart = "| C | F G |"\n' + PARTS)
    assert scene_of(song, song.parts[1]).chart == "| C | F G |"
    plain = song_file.parse(SHEET + PARTS)
    assert plain.chart == "" and scene_of(plain, plain.parts[0]).chart == ""


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ('chart = "| C | Hx |"\n', "song: chart, line 1, bar 2: Chord 'Hx'"),
        ('chart = "lyrics"\n', "the lyrics have no chords"),
        ('chart = "lyrics"\nlyrics = "[Hx]La"\n', "song: Chord 'Hx'"),
        ("chart = 3\n", "chart"),
    ],
)
def test_what_is_no_chart_is_told(head, sentence):
    with pytest.raises(AntiphonError, match=sentence):
        song_file.parse(head + PARTS)
