"""The code of `accompany`: frames, features, roles, hands, the pad, the guard, chord symbols in prompts."""

from random import Random

import mido
import numpy as np
import pytest

from realtime.models.accompany import Accompany, Sheet
from realtime.models.accompany.code import (
    BASS,
    FEATURES,
    FIELDS,
    FIXED,
    PIANO,
    PITCH_CLASSES,
    Chart,
    MelodyNote,
    Wishes,
    fixed_features,
    frame_at,
    nearest_tick,
    pitch_class_of,
    pitch_of,
    split_roles,
    variable_features,
)
from realtime.models.accompany.prompt import chart_of_texts, read_lead_sheet, repeated
from realtime.models.accompany.rotary import turns
from realtime.models.accompany.writer import reach
from realtime.music.chord_symbol import parse_chord
from realtime.music.voicing import voicing
from realtime.native.errors import AntiphonError
from realtime.sampling.line_guard import Line, make_table, run_hashes


def _chart(*symbols, every=48):
    chart = Chart()
    for i, symbol in enumerate(symbols):
        chart.set(i * every, parse_chord(symbol))
    return chart


def test_frames_end_at_beats_chords_and_bar_lines():
    chart = _chart("C", "F", every=30)
    frame = frame_at(chart, 24, 0, 48, False)
    assert (frame.length, frame.until, frame.following.root) == (6, 6, 5)
    assert frame_at(chart, 30, 0, 48, False).before == 0
    assert frame_at(_chart("C"), 36, 0, 42, False).length == 6  # 7/8
    assert frame_at(_chart("C"), 0, 0, 48, False, chart_known=False).until is None


@pytest.mark.parametrize("root", range(12))
def test_every_pitch_has_a_class_above_every_root(root):
    for role in (BASS, PIANO):
        for pitch in range(21, 109):
            index = pitch_class_of(pitch, role, root)
            assert 0 <= index < PITCH_CLASSES and pitch_of(index, root) == (pitch, role)


def test_features_do_not_change_when_the_music_is_transposed():
    def features(up):
        chart = Chart()
        for tick, symbol in ((0, "Am7"), (48, "D7/F#"), (96, "G")):
            chart.set(tick, parse_chord(symbol).transposed(up))
        line = [MelodyNote(36.0, 60.0, 69 + up), MelodyNote(48.0, 54.0, 72 + up)]
        return fixed_features(frame_at(chart, 48, 48, 48, False), line, [36.0, 48.0], Wishes())

    here, there = features(0), features(5)
    heights = [FIELDS[n].start for n in ("melody_height", "ahead_height")]
    rest = np.setdiff1d(np.arange(FIXED), heights)
    assert (here[rest] == there[rest]).all() and np.allclose(there[heights] - here[heights], 5 / 12)


def test_what_is_ahead_is_hidden_when_it_is_not_known():
    line = [MelodyNote(0.0, 12.0, 60), MelodyNote(12.0, 24.0, 64)]
    frame = frame_at(_chart("C"), 12, 0, 48, False)
    blind = fixed_features(frame, line, [0.0, 12.0], Wishes(), ahead=False)
    assert not blind[FIELDS["ahead"]].any() and blind[FIELDS["melody"]].any()
    assert fixed_features(frame, line, [0.0, 12.0], Wishes())[FIELDS["ahead"].start + 4] == 1
    assert len(variable_features(0, 36, [60, 64])) == FEATURES - FIXED


def test_the_grid_has_sixteenths_and_triplets():
    assert [nearest_tick(t) for t in (0.4, 3.2, 4.1, 6.0, 7.9, 11.6, 12.2)] == [0, 3, 4, 6, 8, 12, 12]


def test_the_bass_is_the_lowest_line():
    rows = [(0, 12, 36, 80), (0, 12, 60, 80), (0, 12, 64, 80), (6, 6, 52, 80), (12, 12, 43, 80), (24, 12, 72, 80)]
    events = split_roles(rows)
    assert [(e.tick, e.pitch) for e in events if e.role == BASS] == [(0, 36), (12, 43)]
    assert len(events) == len(rows)


def test_hands_reach_a_tenth_each():
    assert reach([]) == 108 and reach([48, 52]) == 108
    assert reach([48, 52, 72]) == 88 and reach([48, 50, 52, 53, 55, 72, 74, 76, 77, 79]) < 79


def test_pads_hold_thirds_and_sevenths_and_move_little():
    before = voicing(parse_chord("Dm7"))
    after = voicing(parse_chord("G7"), before)
    assert {p % 12 for p in before} == {2, 5, 9, 0} and {5, 11} <= {p % 12 for p in after}
    assert all(min(abs(p - q) for q in before) <= 2 for p in after)
    for root in range(12):
        for quality in ("maj", "min7", "dim7", "sus4", "13"):
            made = voicing(parse_chord(f"C:{quality}").transposed(root))
            assert made == sorted(made) and made[-1] - made[0] <= 16 and made[0] >= 52 and made[-1] <= 74


def test_the_guard_breaks_a_copied_run_and_nothing_else():
    rng = np.random.default_rng(0)
    ticks, pitches = np.cumsum(rng.integers(1, 5, 40)) * 6, rng.integers(50, 70, 40)
    line = Line(make_table(run_hashes(ticks * 2, pitches)))
    played = 0
    for tick, pitch in zip(ticks.tolist(), pitches.tolist(), strict=True):
        mended = line.mended(tick, [pitch], 21, 96)
        assert mended != [pitch] or not line.knows(tick, pitch)
        for p in mended:
            line.add(tick, p)
        played += mended == [pitch]
    assert 30 <= played < 40
    free = Line(make_table(run_hashes(ticks * 2, pitches)))
    for tick in range(0, 120, 3):  # a figure of its own
        assert free.mended(tick, [60 + tick % 7], 21, 96) == [60 + tick % 7]
        free.add(tick, 60 + tick % 7)


def test_angles_meet_again_after_a_bar():
    # of musical time, whole beats come back at the period of one beat
    a, b = turns(0.0, 0.0), turns(9.0, 48.0)
    assert np.allclose(a[:, 10], b[:, 10], atol=1e-6) and not np.allclose(a[:, 0], b[:, 0])


def test_markers_become_a_chart(tmp_path):
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("marker", text="Cmaj7", time=0)])
    track.append(mido.Message("note_on", note=60, velocity=80, time=0))
    track.append(mido.Message("note_off", note=60, velocity=0, time=960))
    track.append(mido.MetaMessage("marker", text="F#m7b5/C", time=0))
    file.tracks.append(track)
    file.save(tmp_path / "sheet.mid")
    sequence, chart = read_lead_sheet(tmp_path / "sheet.mid")
    assert len(sequence.notes) == 1 and chart.ticks == [0, 24] and chart.chords[1].bass == 0


def test_words_are_no_chords_but_a_wrong_chord_is_said():
    assert chart_of_texts([(0, "Amazing"), (1, "grace"), (2, "how"), (3, "sweet")], "x.mid") is None
    with pytest.raises(AntiphonError, match=r"x\.mid, beat 4: 'Cblub' is no chord symbol"):
        chart_of_texts([(0, "Am"), (2, "F#m7"), (4, "Cblub")], "x.mid")
    assert chart_of_texts([(0, "Am"), (2, "N.C.")], "x.mid").chords[1] is None


def test_a_chart_begins_again_after_its_end():
    assert repeated(_chart("C", "F"), 96, 200).ticks == [0, 48, 96, 144, 192]


def _written(writer, frames):
    events = []
    for _ in range(frames):
        writer.random = Random(writer.tick)
        events += writer.write_frame()[1]
    return events


def test_what_is_written_after_going_back_is_what_would_have_been_written():
    writer = Accompany.load().writer()
    writer.chord(parse_chord("C"), 0)
    straight = _written(writer, 12)
    writer.begin()
    writer.chord(parse_chord("C"), 0)
    first = _written(writer, 6)
    mark = writer.mark()
    writer.chord(parse_chord("Ab"), writer.tick)
    strayed = _written(writer, 3)
    writer.back(mark)
    writer.chord(parse_chord("C"), writer.tick)
    assert first + _written(writer, 6) == straight != first + strayed


def test_going_back_beyond_what_the_memory_holds_hides_what_took_its_place():
    writer = Accompany.load().writer()
    writer.chord(parse_chord("C7"), 0)
    _written(writer, 60)
    mark = writer.mark()
    _written(writer, 90)
    assert writer.step.cursor - mark.cursor > writer.ring, "or it would prove nothing"
    writer.back(mark)
    assert not (writer.step.inputs["mask"] == 0.0).any()
    assert _written(writer, 8)


def test_a_sheet_goes_by_the_bars_of_a_transport():
    sheet = Sheet()
    sheet.rule((4, 4), None, False)
    sheet.move(12 * 5)
    assert sheet.bar_tick == 48 and sheet.next_frame().place == 12
    sheet.bar_line(48, 7, 8)
    sheet.move(48 + 42)
    assert (sheet.bar_tick, sheet.next_frame().place, sheet.next_frame().bar) == (90, 0, 42)
    sheet.move(48 + 36)
    assert sheet.bar_tick == 48 and sheet.next_frame().length == 6
