"""MuseGAN's five measures on bars whose answer can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from export.measures.musegan import drum_pattern, musegan_metrics, qualified_notes, tonal_distance
from realtime.native.errors import AntiphonError


def empty(bars=2):
    return np.zeros((bars, 96, 84), bool)


def chord(*classes):
    out = np.zeros(12)
    out[list(classes)] = 1
    return out


def test_bars_that_are_empty_and_pitch_classes_in_the_others():
    piano, bass = empty(), empty()
    piano[0, :48, [0, 4, 7, 12]] = True  # C major triad with its octave: three classes
    bass[:, :24, 0] = True
    m = musegan_metrics({"piano": piano, "bass": bass})
    assert m["eb_piano"] == 0.5 and m["eb_bass"] == 0 and m["eb"] == 0.25
    assert m["upc_piano"] == 3 and m["upc_bass"] == 1 and m["upc"] == 2


def test_notes_shorter_than_a_32nd_do_not_qualify():
    bars = empty(1)
    bars[0, 0:24, 40] = bars[0, 30:32, 40] = bars[0, 0:3, 50] = bars[0, 95:96, 60] = True
    assert qualified_notes(bars, 3) == 0.5
    assert musegan_metrics({"piano": bars})["qn"] == 0.5


def test_drums_on_the_sixteenths_are_a_pattern_and_triplets_are_not():
    straight, triplets, beside = empty(1), empty(1), empty(1)
    straight[0, ::6, 36] = True
    triplets[0, ::8, 36] = True
    beside[0, [0, 13], 36] = True
    assert drum_pattern(straight) == 1.0
    assert drum_pattern(triplets) == pytest.approx(1 / 3)  # of 0, 8, 16 every third lies on the grid
    assert drum_pattern(beside) == pytest.approx((1 + 0.3) / 2)
    assert drum_pattern(np.roll(straight, 2, axis=1)) == 1.0  # whatever its phase
    assert np.isnan(drum_pattern(np.zeros((1, 16, 84), bool)))


def test_tonal_distance_grows_along_the_circle_of_fifths():
    c, g, f_sharp = chord(0, 4, 7), chord(7, 11, 2), chord(6, 10, 1)
    assert tonal_distance(c, c) == 0
    assert 0 < tonal_distance(c, g) < tonal_distance(c, f_sharp)
    # a semitone turns the three circles by 210, 270 and 120 degrees: chords of 1, 1 and 0.5 times 2 sin(angle / 2)
    turned = [2 * np.sin(np.radians(a / 2)) for a in (210, 270, 120)]
    assert tonal_distance(chord(0), chord(1)) == pytest.approx(np.hypot(np.hypot(*turned[:2]), 0.5 * turned[2]))


def test_only_beats_in_which_both_sound_have_a_tonal_distance():
    a, b = empty(1), empty(1)
    a[0, :, 0] = True
    b[0, 24:48, 12] = True
    assert musegan_metrics({"a": a, "b": b})["td_a_b"] == 0
    assert "td_a_b" not in musegan_metrics({"a": a, "b": empty(1)})


def test_drums_have_a_pattern_and_no_pitch():
    drums = empty()
    drums[:, ::12, 36] = True
    m = musegan_metrics({"drums": drums, "piano": empty()})
    assert m["dp"] == 1.0 and m["eb_drums"] == 0 and not [k for k in m if k in ("upc_drums", "qn_drums", "td")]


def test_rolls_of_different_length_are_refused():
    with pytest.raises(AntiphonError, match="equal bars"):
        musegan_metrics({"a": empty(1), "b": empty(2)})
