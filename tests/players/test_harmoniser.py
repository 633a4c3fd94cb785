"""The harmoniser: its chords hold the tune, come before their step, change where a phrase returns, and end with you."""

from random import Random

import pytest

from realtime.contract import player_wire as wire
from realtime.models.changes import Changes
from realtime.models.changes.code import label_of
from realtime.music.chord import Chord
from realtime.music.chord_table import ORDER
from realtime.music.keyfinding import Key
from realtime.music.metre import strong_beats
from realtime.music.sequence import Note
from realtime.players.harmoniser import BASS, CHORDS, HarmoniserPlayer
from realtime.players.plan import Moment
from realtime.players.reharmony import Melody, Reharmoniser, Wishes
from realtime.players.rehearsal import perform, shipped_package, sounding, told_record

PHRASE = ((64, 1), (67, 1), (72, 2), (71, 1), (69, 1), (67, 2), (65, 1), (69, 1), (74, 2), (72, 1), (71, 1), (72, 2))
QUALITIES = {number: quality for quality, number in ORDER.items()}
IN_C = (0.0, told_record(wire.KEY, 0.0, key=0, number=0))


def tune(times: int = 4, start: float = 0.0) -> list[Note]:
    notes, beat = [], start
    for _ in range(times):
        for key, length in PHRASE:
            notes.append(Note(beat + 0.01, 0.9 * length, key, 0.7, 0))
            beat += length
    return notes


def player(package: bool = True, **values: float) -> HarmoniserPlayer:
    return HarmoniserPlayer(package=shipped_package(HarmoniserPlayer) if package else None, **values)


def told(heard) -> list[tuple[float, float, Chord]]:
    """(when it was told, from when it holds, the chord), without what was void before it held."""
    rows: list[tuple[float, float, Chord]] = []
    for at, one in heard:
        if one.kind == wire.CHORD:
            rows = [row for row in rows if row[1] < one.beat - 1e-6]
            rows.append((at, one.beat, Chord(one.key, QUALITIES[one.number], one.bass)))
    return rows


def held(rows, beat: float) -> Chord:
    return [chord for _, begins, chord in rows if begins <= beat][-1]


@pytest.mark.parametrize("package", [True, False])
def test_its_chords_hold_the_strong_notes_of_the_tune(package):
    notes = tune()
    rows = told(perform(player(package, temperature=0), notes, 64.0, told=[IN_C]))
    strong = [note for note in notes if note.beat >= 8.0 and round(note.beat) % 2 == 0]
    inside = [note.pitch % 12 in held(rows, note.beat + 0.35).classes for note in strong]
    assert sum(inside) >= 0.9 * len(inside)
    assert len({str(chord) for _, _, chord in rows}) >= 4


def test_what_is_decided_in_time_is_told_before_it_holds():
    rows = told(perform(player(), tune(), 64.0, told=[IN_C]))
    ahead = [begins - at for at, begins, _ in rows if begins % 2.0 == 0.0]
    assert len(ahead) > 20 and min(ahead[1:]) > 0.3


def test_a_note_on_the_beat_that_does_not_fit_turns_the_chord_within_the_beat():
    one = player(temperature=0)
    heard = perform(one, [*tune(1), Note(16.02, 1.5, 66, 0.8, 0), Note(18.0, 1.0, 67, 0.8, 0)], 20.0, told=[IN_C])
    rows = told(heard)
    assert 6 in held(rows, 16.5).classes
    late = [begins - at for at, begins, _ in rows]
    assert min(late) >= -1e-6, "nothing is told for a beat that is over"


def test_a_phrase_that_returns_is_known_before_it_is_played():
    melody = Melody()
    for note in tune(2)[: len(PHRASE) + 6]:
        melody.on(note.beat, note.pitch)
        melody.off(note.end, note.pitch)
    ahead, back = melody.expected(24.0, 4.0, 32.0, 24.0)
    assert back == 16.0
    assert [(round(n.beat), n.pitch) for n in ahead] == [(24, 65), (25, 69), (26, 74), (28, 72), (29, 71), (30, 72)]
    assert melody.expected(16.0, 4.0, 24.0, 16.0) == ([], 0.0)


def test_novelty_asks_for_other_chords_and_its_contrary_for_the_same():
    search = Reharmoniser(Changes.load(shipped_package(HarmoniserPlayer)))
    steps, melody = [8.0, 10.0, 12.0], [Note(8.0, 2.0, 67, 0.8, 0)]
    now, key = Moment(7.5, 120.0, 4.0), Key(0, "major")
    former = label_of(Chord(2, "min7"))

    def found(novelty: float) -> int:
        wishes = Wishes(novelty=novelty)
        return search.label(steps, melody, former, 2.0, {0: plain}, key, now, wishes, Random(0))

    plain = search.label(steps, melody, former, 2.0, {}, key, now, Wishes(), Random(0))
    assert found(-1.0) == plain and found(4.0) != plain


def test_the_same_seed_gives_the_same_chords_whatever_the_ticks_and_another_seed_others():
    def chords(seed: int, tick_s: float):
        heard = perform(player(seed=seed, temperature=1.0), tune(), 64.0, tick_s=tick_s, told=[IN_C])
        return [(begins, str(chord)) for _, begins, chord in told(heard) if begins % 2.0 == 0.0]

    assert chords(1, 0.02) == chords(1, 0.005) != chords(2, 0.02)


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (5, 4), (7, 8)])
def test_steps_lie_on_the_strong_beats_of_any_metre(metre):
    bar = metre[0] * 4.0 / metre[1]
    notes = [Note(0.5 * k, 0.4, 60 + (0, 4, 7, 9, 5, 2)[k % 6], 0.7, 0) for k in range(80)]
    rows = told(perform(player(ahead_beats=1.0), notes, 40.0, 120.0, *metre, told=[IN_C]))
    places = {round(begins % bar, 3) for at, begins, _ in rows if begins - at > 0.1}
    assert places and places <= {round(place, 3) for place in strong_beats(*metre)}


def test_it_closes_on_the_key_when_you_rest_and_comes_in_again_with_you():
    notes = [*tune(1), *tune(1, start=64.0)]
    heard = perform(player(rest=2, rest_bars=2), notes, 96.0, told=[IN_C])
    played = sounding(heard)
    before = [n for n in played if n.beat < 60.0]
    assert {n.key % 12 for n in before if n.beat == max(m.beat for m in before)} <= {0, 4, 7}
    assert max(n.beat + n.duration_beats for n in before) <= 40.0
    assert [n for n in played if n.beat >= 64.0]


def test_the_bass_moves_with_the_chords_and_the_chords_stay_under_the_tune():
    played = sounding(perform(player(), tune(), 64.0, told=[IN_C]))
    bass, chords = ([n for n in played if n.lane == lane] for lane in (BASS, CHORDS))
    assert max(n.key for n in bass) < 52 and max(n.key for n in chords) < 64
    assert all(n.duration_beats <= 4.0 for n in bass)


def test_it_leads_nobody_where_that_is_not_wished_for():
    assert not told(perform(player(announce=0), tune(2), 32.0, told=[IN_C]))
