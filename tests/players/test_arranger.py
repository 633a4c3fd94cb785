"""The arranger: it follows chords within the beat, sections on the bar, any metre and tempo, and never hangs or hurries."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean

import pytest

from realtime.contract import player_wire as wire
from realtime.music.chord_symbol import parse_chord
from realtime.music.chord_table import ORDER, mask_of
from realtime.music.scale import SCALES
from realtime.players.arranger import LANES, STYLES, Arranger, as_chord
from realtime.players.plan import Moment, Planned
from realtime.players.rehearsal import sounding
from realtime.players.styles import style_named
from realtime.players.styles.notation import DRUM_KEYS
from realtime.players.styles.voicings import extended
from tests.players.stage import record

DRUMS, BASS, PAD = (LANES.index(name) for name in ("drums", "bass", "pad"))
TICK_S = 0.02


def arranger(style: str = "pop_eighths", **values) -> Arranger:
    return Arranger(style=STYLES.index(style), **{"seed": 3, "fills": 0, **values})


def chord(symbol: str, beat: float):
    if symbol == "N.C.":
        return record(wire.CHORD, beat, key=-1)
    c = parse_chord(symbol)
    return record(wire.CHORD, beat, key=c.root, number=ORDER[c.quality], bass=c.bass, classes=mask_of(c.classes))


def section(name: str, beat: float, bars: float = 0.0):
    return record(wire.SECTION, beat, number=wire.SECTIONS.index(name), value=bars)


class Stage:
    """Runs the clock as the host does: transports, and at their time what is told."""

    def __init__(
        self, player: Arranger, tempo_bpm: float = 120.0, metre: tuple[int, int] = (4, 4), tick_s: float = TICK_S
    ):
        self.player, self.tempo_bpm, self.metre, self.tick_s = player, tempo_bpm, metre, tick_s
        self.beat, self.start, self.playing = 0.0, 0.0, True
        self.heard: list[tuple[float, Planned]] = []

    def moment(self, kind: int = wire.TRANSPORT):
        bar = self.metre[0] * 4.0 / self.metre[1]
        line = self.start + (self.beat - self.start) // bar * bar
        return record(
            kind, self.beat, tempo_bpm=self.tempo_bpm, bar_start_beat=line, numerator=self.metre[0],
            denominator=self.metre[1], playing=int(self.playing),
        )  # fmt: skip

    def hear(self, one, at: float | None = None) -> None:
        self.player.hear(one)
        self.heard += [(self.beat if at is None else at, p) for p in self.player.take()]

    def run(self, until: float, told=()) -> Stage:
        """told: (when, record)."""
        waiting = sorted(told, key=lambda row: row[0])
        while waiting and waiting[0][0] <= self.beat:
            self.hear(waiting.pop(0)[1])
        step = self.tick_s * self.tempo_bpm / 60.0
        while self.beat < until - 1e-9:
            self.hear(self.moment())
            while waiting and waiting[0][0] < self.beat + step:
                self.hear(waiting[0][1], waiting[0][0])
                waiting.pop(0)
            self.beat += step
        return self

    @property
    def notes(self) -> list[Planned]:
        return sounding(self.heard)

    def lane(self, lane: int) -> list[Planned]:
        return [n for n in self.notes if n.lane == lane]


def chart(symbols: str, bar: float = 4.0) -> list[tuple[float, object]]:
    return [(0.0, chord(symbol, i * bar)) for i, symbol in enumerate(symbols.split())]


def drums_at(notes: list[Planned], drum: str) -> list[float]:
    return [round(n.beat, 3) for n in notes if n.lane == DRUMS and n.key == DRUM_KEYS[drum]]


# -- chords ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
def test_what_it_plays_on_strong_beats_is_of_the_chord(style):
    made = style_named(style)
    symbols = ["C", "Am7", "Dm", "G7", "Eb", "F#m7b5", "B7", "Em"]
    stage = Stage(arranger(style, fills=4), made.tempo_bpm, (made.numerator, made.denominator))
    stage.run(16 * made.bar_beats, [(0.0, record(wire.KEY, 0.0, key=0)), *chart(" ".join(symbols * 2), made.bar_beats)])
    strong = [n for n in stage.notes if n.lane != DRUMS and n.beat % made.bar_beats < 0.05]
    chords = [parse_chord(symbols[int(n.beat / made.bar_beats + 0.01) % 8]) for n in strong]
    inside = [n for n, c in zip(strong, chords, strict=True) if n.key % 12 in extended(c).classes | _tensions(c)]
    assert strong and len(inside) / len(strong) >= 0.95
    for lane in range(1, len(LANES)):
        low, high = made.lanes[LANES[lane]].lowest, made.lanes[LANES[lane]].highest
        assert all(low <= n.key <= high for n in stage.lane(lane))


def _tensions(c) -> frozenset[int]:
    """What a rootless hand adds to a seventh chord as far as the key has it."""
    return frozenset({(c.root + 2) % 12, (c.root + 9) % 12} & set(SCALES["major"]))


def test_a_chord_in_the_middle_of_a_bar_is_followed_at_once_and_nothing_foreign_sounds_on():
    stage = Stage(arranger("ballad", intensity=0.5)).run(6.0, [(0.0, chord("C", 0.0)), (2.0, chord("Ab", 2.0))])
    after = [n for n in stage.notes if n.lane != DRUMS and n.beat + n.duration_beats > 2.05]
    old = [n for n in after if n.beat < 2.0]
    new = [n for n in after if n.beat >= 2.0]
    assert new and all(n.key % 12 in {8, 0, 3} for n in new if n.beat < 3.5)
    assert all(n.key % 12 in {8, 0, 3} for n in old), "a note of the former chord sounds on"
    restruck = [n for n in new if n.lane == PAD]
    assert {n.key % 12 for n in restruck} == {8, 3} and all(2.0 <= n.beat <= 2.1 for n in restruck)
    held = [n for n in old if n.lane == PAD]
    assert {n.key % 12 for n in held} == {0}, "the tone of both chords is not held"


def test_what_fits_the_new_chord_is_left_alone():
    stage = Stage(arranger("ballad", intensity=0.5)).run(4.0, [(0.0, chord("Am", 0.0)), (2.0, chord("Am7", 2.0))])
    assert not [p for _, p in stage.heard if p.kind in (wire.PLAN_RELEASE, wire.PLAN_DAMP)]
    assert [n.duration_beats for n in stage.lane(PAD) if n.beat == 0.0] == [8.0] * 3  # as written, over the bar line


def test_a_chart_ahead_holds_common_tones_and_moves_the_others():
    stage = Stage(arranger("ballad", intensity=0.5)).run(7.9, [(0.0, chord("C", 0.0)), (0.0, chord("Am", 4.0))])
    pad = stage.lane(PAD)
    assert not [p for _, p in stage.heard if p.kind == wire.PLAN_RELEASE]
    kept = {n.key % 12 for n in pad if n.beat == 0.0 and n.duration_beats == 8.0}
    moved = {(n.beat, n.key % 12) for n in pad if n.duration_beats == 4.0}
    assert kept == {0, 4} and moved == {(0.0, 7), (4.0, 9)}


def test_a_chord_announced_under_a_note_that_sounds_moves_it_when_it_comes():
    stage = Stage(arranger("ballad", intensity=0.5)).run(6.0, [(0.0, chord("C", 0.0)), (1.0, chord("Ab", 2.0))])
    pad = stage.lane(PAD)
    assert {n.key % 12 for n in pad if n.beat > 1.5} == {8, 3}
    assert {n.key % 12 for n in pad if n.beat == 0.0 and n.beat + n.duration_beats > 2.1} == {0}


def test_a_chord_just_before_the_bar_line_waits_for_the_stroke_there():
    stage = Stage(arranger("pop_eighths")).run(6.0, [(0.0, chord("C", 0.0)), (3.9, chord("F", 3.9))])
    bass = [round(n.beat, 2) for n in stage.lane(BASS) if 3.4 < n.beat < 4.6]
    assert bass == [3.5, 4.0, 4.5] and [n.key % 12 for n in stage.lane(BASS) if n.beat == 4.0] == [5]


def test_what_moves_leaves_the_drums_alone():
    told = [(0.0, chord("C", 0.0)), (2.5, chord("Ab", 2.5))]
    with_change, without = (Stage(arranger("ballad", intensity=0.5)).run(8.0, rows) for rows in (told, told[:1]))
    assert with_change.lane(DRUMS) == without.lane(DRUMS)


def test_without_chords_the_drums_play_alone_then_the_key_then_the_last_chord():
    stage = Stage(arranger()).run(4.0)
    assert {n.lane for n in stage.notes} == {DRUMS}
    stage.hear(record(wire.KEY, 4.0, key=9, number=1))
    stage.run(8.0)
    assert {n.key % 12 for n in stage.lane(BASS) if 4.5 < n.beat < 7.4} <= {9, 4} and stage.lane(BASS)
    stage.run(16.0, [(8.0, chord("F", 8.0)), (12.0, chord("N.C.", 12.0))])
    assert {n.key % 12 for n in stage.lane(BASS) if n.beat > 12.5 and n.beat % 4.0 < 3.0} == {5}


def test_a_chord_that_no_table_has_is_played_by_its_tones():
    stage = Stage(arranger("ballad", intensity=0.5))
    stage.run(4.0, [(0.0, record(wire.CHORD, 0.0, key=2, number=9999, bass=2, classes=0b100000000110))])
    assert {n.key % 12 for n in stage.notes if n.lane == PAD} <= {1, 2, 11}
    assert as_chord(stage.player.told.chord).root == 2


# -- sections ----------------------------------------------------------------------------------------------------------


def test_sections_of_a_chart_lead_it_with_fills_between_and_silence_after_the_ending():
    told = chart("C Am Dm G7 C Am Dm G7 C Am Dm G7")
    told += [(0.0, section("intro", 0.0, 2)), (0.0, section("verse", 8.0, 2)), (0.0, section("chorus", 16.0, 2)),
             (0.0, section("ending", 24.0, 2))]  # fmt: skip
    notes = Stage(arranger()).run(44.0, told).notes
    assert drums_at(notes, "floor") == [b + x for b in (12.0, 20.0) for x in (3.5, 3.75)]
    assert drums_at(notes, "crash") == [8.0, 16.0, 28.0]
    assert max(n.beat for n in notes) == 28.0 and max(n.beat + n.duration_beats for n in notes) <= 32.0


def test_a_section_told_in_the_bar_before_turns_what_is_left_of_it_into_a_fill():
    stage = Stage(arranger()).run(10.0, [(0.0, chord("C", 0.0)), (5.0, section("chorus", 8.0))])
    assert drums_at(stage.notes, "floor") == [7.5, 7.75] and drums_at(stage.notes, "open")[0] == 8.0


def test_a_fill_and_a_break_are_played_and_the_section_goes_on():
    told = [
        (0.0, chord("C", 0.0)),
        (0.0, section("chorus", 0.0)),
        (5.0, section("fill", 8.0)),
        (13.0, section("break", 16.0)),
    ]
    notes = Stage(arranger()).run(28.0, told).notes
    assert drums_at(notes, "floor") == [11.5, 11.75]
    assert {n.beat for n in notes if 16.0 <= n.beat < 20.0} == {16.0}
    assert any(12.0 <= b < 13.0 for b in drums_at(notes, "open")) and any(
        20.0 <= b < 21.0 for b in drums_at(notes, "open")
    )


def test_it_fills_by_itself_every_so_many_bars():
    notes = Stage(arranger(fills=2)).run(24.0, [(0.0, chord("C", 0.0))]).notes
    assert drums_at(notes, "floor") == [b + x for b in (4.0, 12.0, 20.0) for x in (3.5, 3.75)]


def test_part_and_style_change_on_the_bar():
    stage = Stage(arranger()).run(5.0, [(0.0, chord("C", 0.0))])
    table = [p.id for p in stage.player.TABLE]
    stage.hear(record(wire.PARAMETER, 5.0, number=table.index("style"), value=STYLES.index("four_on_the_floor")))
    stage.run(10.0)
    assert [b for b in drums_at(stage.notes, "kick") if 8.0 <= b < 10.0] == [8.0, 9.0]
    assert drums_at(stage.notes, "snare")[-1] < 8.0
    stage.hear(record(wire.PARAMETER, 10.0, number=table.index("part"), value=wire.SECTIONS.index("ending") + 1.0))
    stage.run(28.0)
    assert max(n.beat for n in stage.notes) < 20.0


def test_intensity_follows_the_band_on_the_beat():
    told = [(0.0, chord("C", 0.0)), (6.2, record(wire.INTENSITY, 6.2, value=1.0))]
    stage = Stage(arranger(follow=1.0, intensity=0.5)).run(16.0, told)
    soft, loud = ([n.velocity for n in stage.lane(BASS) if a < n.beat < b] for a, b in ((0.0, 6.5), (8.0, 16.0)))
    assert min(loud) > max(soft)


def mood(arousal: float, start: float, end: float) -> list[tuple[float, object]]:
    beats = [start + i for i in range(int(end - start))]
    return [(b, record(wire.MOOD, b, value=0.0, value2=arousal, number=wire.MOOD_LEADS)) for b in beats]


def test_a_mood_that_leads_makes_it_sparser_and_softer_until_it_is_gone():
    told = [(0.0, chord("C", 0.0)), *mood(-1.0, 8.2, 24.0)]
    basses = Stage(arranger()).run(48.0, told).lane(BASS)
    before, under, after = ([n for n in basses if a <= n.beat < a + 8.0] for a in (0.0, 16.0, 36.0))
    assert len(under) < 0.6 * len(before) and len(after) == len(before)
    assert max(n.velocity for n in under) < min(n.velocity for n in before)
    assert all(n.velocity > 0.9 * max(m.velocity for m in under) for n in after)


def test_a_mood_known_before_it_starts_has_the_first_bar_too():
    stage = Stage(arranger())
    stage.playing = False
    stage.run(3.9, mood(-1.0, 0.0, 4.0))
    stage.playing = True
    stage.start = stage.beat
    stage.run(12.0, [(stage.beat, chord("C", stage.beat)), *mood(-1.0, 4.0, 12.0)])
    basses = [n for n in stage.lane(BASS) if n.beat < 7.8]
    assert 2 <= len(basses) <= 4, "two to a bar while it is calm, eight where nobody leads"


def test_a_mood_that_glides_takes_it_along_without_planning_anew_all_the_time():
    told = [(b / 20, record(wire.MOOD, b / 20, value2=b / 640, number=wire.MOOD_LEADS)) for b in range(640)]
    stage = Stage(arranger()).run(32.0, [(0.0, chord("C", 0.0)), *told])
    assert sum(p.kind == wire.PLAN_CANCEL for _, p in stage.heard) <= 32
    louder = [mean(n.velocity for n in stage.notes if a <= n.beat < a + 8.0) for a in (0.0, 8.0, 16.0, 24.0)]
    assert louder == sorted(set(louder))


# -- time --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tempo_bpm", [20.0, 120.0, 400.0])
@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (5, 4), (7, 8)])
def test_in_any_metre_and_tempo_it_is_on_the_bar_and_never_late(metre, tempo_bpm):
    bar = metre[0] * 4.0 / metre[1]
    stage = Stage(arranger("pop_eighths", fills=4), tempo_bpm, metre).run(8 * bar, chart("C Am Dm G7 C Am Dm G7", bar))
    notes = [(at, p) for at, p in stage.heard if p.kind == wire.PLAN_NOTE]
    assert all(p.beat >= at - 1e-6 for at, p in notes)
    bass = {round(n.beat, 6) for n in stage.lane(BASS)}
    assert {round(i * bar, 6) for i in range(8)} <= bass
    assert all(a[1] <= b[0] + 1e-6 or a[2] != b[2] for a, b in pairwise(
        sorted((n.beat, n.beat + n.duration_beats, n.key) for n in stage.lane(BASS))))  # fmt: skip


def test_the_same_playing_gives_the_same_notes_whatever_the_ticks():
    told = [(0.0, section("verse", 0.0)), (0.01, chord("C", 0.01)), (1.37, chord("F", 1.37)), (3.93, chord("G", 3.93)),
            (6.1, chord("Am", 6.1)), (7.7, section("chorus", 8.0))]  # fmt: skip
    played = [
        Stage(arranger("ballad", intensity=0.7), tick_s=tick).run(16.0, told).notes for tick in (0.002, 0.005, 0.02)
    ]
    rows = [[(round(n.beat, 6), round(n.duration_beats, 6), n.lane, n.key, round(n.velocity, 6)) for n in notes if n.beat < 15.0]
            for notes in played]  # fmt: skip
    assert rows[0] == rows[1] == rows[2] and len(rows[0]) > 100


def test_another_seed_plays_otherwise_and_so_does_another_take():
    one, other, take = arranger(seed=1), arranger(seed=2), arranger(seed=1)
    take.take_number = 1
    played = [
        [n.velocity for n in Stage(p).run(8.0, [(0.0, chord("C", 0.0))]).notes]
        for p in (one, other, take, arranger(seed=1))
    ]
    assert played[0] == played[3] and played[0] != played[1] and played[0] != played[2]


def test_while_the_transport_stands_still_the_first_chord_starts_it_on_the_bar():
    stage = Stage(arranger())
    stage.playing = False
    stage.run(5.0)
    assert not stage.heard
    stage.run(16.0, [(5.5, chord("Dm", 5.5))])
    assert min(n.beat for n in stage.notes) == 8.0 and {n.key % 12 for n in stage.lane(BASS) if n.beat == 8.0} == {2}


def test_the_end_of_the_song_ends_it_and_its_notes():
    stage = Stage(arranger("ballad")).run(6.0, [(0.0, chord("C", 0.0))])
    stage.playing = False
    stage.run(12.0)
    assert all(n.beat + n.duration_beats <= 6.1 for n in stage.notes)
    stage.playing = True
    stage.run(16.0)
    assert any(n.beat >= 12.0 for n in stage.notes)


def test_a_jump_of_the_clock_begins_there_anew():
    stage = Stage(arranger()).run(10.0, [(0.0, chord("C", 0.0))])
    stage.heard.clear()
    stage.start, stage.beat = 41.5, 42.0
    stage.hear(stage.moment(wire.LOCATE))
    stage.run(50.0)
    notes = stage.notes
    assert stage.heard[0][1].kind == wire.PLAN_RELEASE
    assert min(n.beat for n in notes) >= 42.0 and 45.5 in {n.beat for n in notes if n.lane == BASS}


def test_two_hundred_notes_and_a_minute_of_silence_do_not_move_it():
    quiet = Stage(arranger()).run(130.0, [(0.0, chord("C", 0.0))])
    flood = [(2.0, record(wire.NOTE_ON, 2.0, key=i % 128, velocity=0.9)) for i in range(200)]
    assert Stage(arranger()).run(130.0, [(0.0, chord("C", 0.0)), *flood]).notes == quiet.notes
    assert max(n.beat for n in quiet.notes) > 129.0


def test_a_panic_is_silence_and_it_plays_on():
    stage = Stage(arranger("ballad")).run(6.0, [(0.0, chord("C", 0.0))])
    stage.hear(stage.moment(wire.PANIC))
    assert all(n.beat + n.duration_beats <= 6.1 for n in stage.notes)
    stage.run(12.0)
    assert any(n.beat > 7.0 for n in stage.notes)


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_style_that_cannot_be_read_is_told_and_another_plays(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "antiphon" / "styles"
    folder.mkdir(parents=True)
    (folder / "waltz.toml").write_text("[intro]\nbars = 1\nbass = 'one two'\n")
    player = arranger("waltz")
    assert (
        "waltz.toml, line 3: [intro] bass: 'ne two' is no step" in player.warning
        and "Pop eighths plays" in player.warning
    )
    stage = Stage(player).run(8.0, [(0.0, chord("C", 0.0))])
    assert {1.0, 3.0, 5.0, 7.0} <= set(drums_at(stage.notes, "snare"))
    player = arranger("disco")
    stage = Stage(player).run(5.0)
    stage.hear(
        record(wire.PARAMETER, 5.0, number=[p.id for p in player.TABLE].index("style"), value=STYLES.index("waltz"))
    )
    stage.run(12.0)
    assert "waltz.toml, line 3" in player.warning and [b for b in drums_at(stage.notes, "kick") if b >= 8.0][:4] == [
        8,
        9,
        10,
        11,
    ]


def test_it_is_told_nothing_that_is_not_a_moment():
    player = arranger()
    player.tick(Moment(0.0, playing=False))
    assert not player.take()
