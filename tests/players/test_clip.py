"""The clip: a MIDI file on the bar, in time, in any metre and tempo, looped, transposed, and gone with a jump."""

import mido
import pytest

from realtime.contract import player_wire as wire
from realtime.music.midifile import write_midi
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.players.clip import LANES, ClipPlayer
from realtime.players.plan import Moment
from realtime.players.rehearsal import perform, sounding

TUNE = [Note(0.5 * at, 0.4, 60 + at, 0.7, 0) for at in range(14)]  # to beat 6.9: two bars of 4/4
DRUMS = [Note(float(at), 0.1, 36, 0.9, 9) for at in range(7)]


@pytest.fixture
def clip(tmp_path):
    """clip(notes, metre, **values) -> a player of a file of these notes."""

    def make(notes=(*TUNE, *DRUMS), metre=(4, 4), tempo=120.0, **values):
        path = tmp_path / "tune.mid"
        write_midi(NoteSequence(list(notes), TempoMap([(0.0, tempo)]), [Metre(0.0, *metre)]), path)
        return ClipPlayer(options={"file": str(path)}, **values)

    return make


def heard(player, until, **how):
    """(beat, key, lane) of all that sounds."""
    return [(round(n.beat, 3), n.key, n.lane) for n in sounding(perform(player, [], until, **how))]


@pytest.mark.parametrize(("metre", "bar"), [((4, 4), 4.0), ((3, 4), 3.0), ((6, 8), 3.0), ((5, 4), 5.0), ((7, 8), 3.5)])
def test_it_begins_on_the_next_bar_line_and_comes_round_on_its_own(clip, metre, bar):
    length = -(-6.9 // bar) * bar
    found = heard(clip(metre=metre), 30.0, numerator=metre[0], denominator=metre[1], start=bar * 0.4)
    melody = [row for row in found if row[2] == 0]
    assert melody[0] == (bar, 60, 0), "the bar that has begun is not broken into"
    assert [row[0] for row in melody if row[1] == 60] == pytest.approx(
        [bar + turn * length for turn in range(int((30.0 + 2.0 - bar - 0.01) // length) + 1)]
    )
    assert {row[2] for row in found} == {0, 9} and len(LANES) == wire.LANES == 16


@pytest.mark.parametrize("tempo", [20.0, 60.0, 120.0, 400.0])
def test_every_note_is_planned_before_its_beat_at_any_tempo_and_lasts_as_written(clip, tempo):
    planned = perform(clip(tempo=97.0), [], 40.0, tempo_bpm=tempo)
    notes = [(at, p) for at, p in planned if p.kind == wire.PLAN_NOTE]
    assert all(p.beat - at > 0.04 or p.beat == 0.0 for at, p in notes), "its own tempo does not count"
    assert {round(p.duration_beats, 2) for _, p in notes} == {0.4, 0.1}
    assert max(p.beat - at for at, p in notes) < 5.0, "and no further ahead than needed"


def test_once_is_once(clip):
    assert len(heard(clip(looped=0.0), 60.0)) == len(TUNE) + len(DRUMS)


def test_transposed_while_it_plays_from_here_on_and_the_drums_stay(clip):
    player = clip()
    before = perform(player, [], 9.0)
    player.set("transpose", 5)
    after = perform(player, [], 16.0, start=9.0)
    found = [(round(n.beat, 3), n.key, n.lane) for n in sounding([*before, *after])]
    melody = {beat: key for beat, key, lane in found if lane == 0}
    assert melody[8.5] == 61 and melody[9.5] == 68 and melody[14.5] == 78
    assert len(melody) == len([row for row in found if row[2] == 0]), "nothing is played twice"
    assert {key for _, key, lane in found if lane == 9} == {36}
    assert all(0 <= n.key <= 127 for n in sounding(perform(clip([Note(0.0, 1.0, 2)], transpose=-36), [], 8.0)))


def test_a_jump_begins_anew_on_the_next_bar_line_and_a_stop_waits(clip):
    player = clip()
    perform(player, [], 6.0)
    player.locate(Moment(41.5, 120.0, 40.0, 4, 4, True))
    assert [p.kind for p in player.take() if p.kind != wire.PLAN_STATUS] == [wire.PLAN_RELEASE]
    found = heard(player, 50.0, start=41.5)
    assert found[0][0] == 44.0 and {(44.0, 60, 0), (44.0, 36, 9)} <= set(found)
    stopped = clip()
    assert heard(stopped, 8.0, playing=False) == []
    assert heard(stopped, 12.0, start=8.0)[0][0] == 8.0


def test_the_same_file_and_the_same_clock_give_the_same_notes_whatever_the_ticks(clip):
    assert heard(clip(), 32.0, tick_s=0.02) == heard(clip(), 32.0, tick_s=0.003) == heard(clip(), 32.0, tick_s=0.011)


def test_two_hundred_notes_at_once_and_a_stall_of_eight_beats(clip):
    many = [Note(0.0, 1.0, 20 + n % 100, 0.5, n % 16) for n in range(200)]
    assert len(heard(clip(many, looped=0.0), 3.0)) == 200
    player = clip(DRUMS)
    perform(player, [], 4.0)
    player.tick(Moment(12.3, 120.0, 12.0, 4, 4, True))  # the machine stood still: what was missed stays away
    assert min(p.beat for p in player.take() if p.kind == wire.PLAN_NOTE) >= 12.3 - wire.LATE_BEATS


@pytest.mark.parametrize("what", ["none", "empty", "text", "silent"])
def test_a_file_that_is_none_is_told_and_it_is_silent(tmp_path, what):
    path = tmp_path / "odd.mid"
    if what == "silent":
        file = mido.MidiFile()
        file.tracks.append(mido.MidiTrack([mido.Message("program_change", program=3, time=0)]))
        file.save(path)
    elif what != "none":
        path.write_text("" if what == "empty" else "no music")
    player = ClipPlayer(options={} if what == "none" else {"file": str(path)})
    assert player.warning.startswith("clip is silent: ") and heard(player, 16.0) == []
