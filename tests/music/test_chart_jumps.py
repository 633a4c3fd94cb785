"""Da capo, dal segno, coda and fine in charts of every kind: bars in the order in which a band plays them."""

from urllib.parse import quote

import pytest

from realtime.music.chart_ireal import read_ireal
from realtime.music.chart_musicxml import read_musicxml
from realtime.music.chart_text import read_text
from realtime.native.errors import AntiphonError


def order(chart) -> str:
    return " ".join((f"[{bar.section}] " if bar.section else "") + str(bar.chords[0][0]) for bar in chart.bars)


@pytest.mark.parametrize(
    ("text", "played"),
    [
        ("| C | F Fine | G | Am D.C. al Fine |", "C F G Am C F"),
        ("| C | F Fine | G | Am D.C. |", "C F G Am C F"),
        ("| C | F | G D.C. | Am |", "C F G C F G Am"),
        ("| C | F Segno | G To Coda | Am D.S. al Coda | Dm Coda | E |", "C F G Am F G Dm E"),
        ("| C | F 𝄋 | G 𝄌 | Am D.S. al coda | Dm 𝄌 | E |", "C F G Am F G Dm E"),
        ("| C Segno | F Fine | G | Am dal segno al fine |", "C F G Am C F"),
        # repeats are not taken again, of endings the last alone
        ("|: C | F :| G To Coda | Am D.C. al Coda | Coda Dm | E |", "C F C F G Am C F G Dm E"),
        ("|: C |1 F :|2 G | Am D.C. | Bb |", "C F C G Am C G Am Bb"),
        ("|: C |1 F :|2 G :|3 Am | Bb D.C. al Fine |", None),
        ("|: C | F :| x3 G Fine | Am D.C. |", "C F C F C F G Am C F G"),
        ("[A x2] | C | F | [B] | G Fine | Am D.C. |", "[A] C F [A] C F [B] G Am [A] C F [B] G"),
        ("[A] | C | F Segno | [B] | G | Am D.S. | [coda] | Bb |", "[A] C F [B] G Am [A] F [B] G Am [coda] Bb"),
    ],
)
def test_a_jump_is_played_as_a_band_plays_it(text, played):
    if played is None:
        with pytest.raises(AntiphonError, match='needs a bar with "Fine"'):
            read_text(text)
    else:
        assert order(read_text(text)) == played


def test_the_metre_holds_where_it_goes_back_to():
    chart = read_text("time: 3/4\n| C | F Segno | 4/4 G | Am D.S. al Coda To Coda | [coda] | 2/4 E |")
    assert order(chart) == "C F G Am F G Am [coda] E"
    assert chart.metres(4, 4) == [(3, 4), (3, 4), (4, 4), (4, 4), (3, 4), (4, 4), (4, 4), (2, 4)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("| C | F D.S. |", "needs a bar with \"Segno\""), ("| C | F D.C. al Coda |", "To Coda"),
        ("| C | F D.C. al Fine |", "Fine"), ("| C | Fine | F |", "stands alone"),
    ],
)  # fmt: skip
def test_a_jump_to_nowhere_is_told_with_the_remedy(text, sentence):
    with pytest.raises(AntiphonError, match=sentence):
        read_text(text, "song.txt")


def test_a_chart_with_jumps_is_written_out_and_read_back():
    chart = read_text("| C | F Segno | G To Coda | Am D.S. al Coda | Dm Coda | E |")
    assert order(read_text(chart.text())) == order(chart)


def test_ireal_has_them_as_letters_and_as_texts():
    music = "[T44C   |SF   |QG   |A-   <D.S. al Coda>][QD-   |E   Z"
    chart = read_ireal("irealbook://" + quote(f"Song=Someone=Style=C=n={music}"))
    assert order(chart) == "C F G Am F G Dm E" and chart.title == "Song"
    fine = "[T44C   |F   <Fine>|G   |A-   <D.C. al Fine>Z"
    assert order(read_ireal("irealbook://" + quote(f"Song=Someone=Style=C=n={fine}"))) == "C F G Am C F"


HEAD = "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"


def measures(*rows: tuple[str, str]) -> bytes:
    """A MusicXML file: a chord a measure, with what stands in it besides."""
    bars = "".join(
        f"<measure number='{number}'>"
        + HEAD * (number == 1)
        + more.partition("//")[0]
        + f"<harmony><root><root-step>{step}</root-step></root><kind>major</kind></harmony>"
        + "<note><rest/><duration>4</duration></note>"
        + more.partition("//")[2]
        + "</measure>"
        for number, (step, more) in enumerate(rows, 1)
    )  # fmt: skip
    return f"<score-partwise><part-list/><part id='P1'>{bars}</part></score-partwise>".encode()


def test_musicxml_has_them_as_sounds():
    jump = "<direction><sound dalsegno='a'/></direction>"
    data = measures(
        ("C", ""), ("F", "<direction><sound segno='a'/></direction>"), ("G", "//<sound tocoda='c'/>"), ("A", f"//{jump}"),
        ("D", "<sound coda='c'/>"), ("E", ""),
    )  # fmt: skip
    assert order(read_musicxml(data)) == "C F G A F G D E"
    back = "//<barline location='right'><repeat direction='backward'/></barline>"
    data = measures(("C", ""), ("F", back), ("G", "<sound fine='yes'/>"), ("A", "<sound dacapo='yes'/>"))
    assert order(read_musicxml(data)) == "C F C F G A C F G", "the repeat is not taken again"
