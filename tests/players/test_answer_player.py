"""`answer` on stage: when it starts, how long it plays, that it stops for you, keeps to your key, register, tempo,
and seed."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import pytest

import realtime.models.phrase.code as code
from realtime.contract import player_wire as wire
from realtime.models.phrase import Phrase
from realtime.models.phrase.composer import MEMORY_EVENTS
from realtime.music.scale import key_classes
from realtime.music.sequence import Note
from realtime.players.answer import NOTES_A_TICK, AnswerPlayer
from realtime.players.plan import Moment
from realtime.players.registry import player_class, player_names
from tests.players.stage import line, perform, planned_notes

PACKAGE = Path(__file__).resolve().parents[2] / "models_onnx" / "phrase.onnx"
TUNE = [62, 64, 66, 67, 69, 71, 69, 66, 67, 64, 62, 61, 62, 66, 69, 74]  # two bars of eighths in D major


@cache
def shipped() -> Phrase:
    return Phrase.load(PACKAGE)


def model(seed: int = 3, **values) -> AnswerPlayer:
    """On the shipped package; one at a time."""
    return AnswerPlayer(seed=seed, composer=shipped().writer(), **values)


@pytest.fixture(params=["model", "rules"])
def player(request):
    return model() if request.param == "model" else AnswerPlayer(seed=3)


def test_it_is_found_by_its_file():
    assert "answer" in player_names() and player_class("answer") is AnswerPlayer


def test_it_starts_on_the_next_beat_and_lasts_to_the_bar_line_where_the_phrase_would_end(player):
    heard = perform(player, line(TUNE), until=24.0)
    notes = planned_notes(heard)
    phrase_end = line(TUNE)[-1].end
    assert notes and player.start_beat == 9.0  # released at 7.95, a beat of patience, then the next beat
    assert player.end_beat == 16.0, "a beat less than the phrase's eight"
    assert all(player.start_beat <= n.beat < player.end_beat and n.end <= player.end_beat + 1e-6 for n in notes)
    assert notes[-1].beat >= player.start_beat + 4.0
    assert player.start_beat - phrase_end <= 2.0


def test_the_first_note_is_planned_before_its_beat(player):
    heard = perform(player, line(TUNE), until=24.0)
    for at, p in heard:
        if p.kind == wire.PLAN_NOTE:
            assert at < p.beat


def test_on_request_it_waits_for_the_bar():
    player = model(start=1)
    perform(player, line(TUNE), until=24.0)
    assert player.start_beat == 12.0


def test_it_stops_at_once_when_you_play_again(player):
    again = [Note(11.26, 0.4, 69), Note(11.76, 0.4, 71)]
    heard = perform(player, [*line(TUNE), *again], until=13.0)
    releases = [(at, p) for at, p in heard if p.kind == wire.PLAN_RELEASE]
    assert len(releases) == 1 and releases[0][0] == pytest.approx(11.26)
    serial = releases[0][1].serial
    assert not [p for at, p in heard if p.kind == wire.PLAN_NOTE and at > 11.26 and p.serial == serial]
    # what it remembers of its answer is what sounded
    answers = [x for x in player.composer.lines if x.role == 1]
    assert all(player.start_beat + (n[0] - answers[0].start_tick) / 24 < 11.26 for n in answers[0].notes)


def test_a_short_breath_does_not_end_the_phrase_and_a_note_before_the_answer_goes_on_with_it(player):
    breath = line(TUNE[:8]) + line(TUNE[8:], start=4.7)
    perform(player, breath, until=9.0)
    assert player.serial == 0
    late = [*line(TUNE), Note(8.96, 0.5, 74)]  # planned for 9.0, then you go on
    player.panic(Moment())
    heard = perform(player, late, until=14.0)
    assert [p.kind for _, p in heard if p.kind in (wire.PLAN_RELEASE,)] == [wire.PLAN_RELEASE]
    notes = planned_notes([(at, p) for at, p in heard if p.serial == 2])
    assert notes and min(n.beat for n in notes) >= 10.4


def test_held_keys_keep_it_waiting(player):
    perform(player, [*line(TUNE), Note(7.0, 20.0, 50)], until=20.0)
    assert player.serial == 0


def test_same_seed_same_notes_other_seed_other_notes():
    def notes(seed):
        return planned_notes(perform(model(seed), line(TUNE), until=24.0))

    assert notes(5) == notes(5)
    assert notes(5) != notes(6)


@pytest.mark.parametrize("tonic", [0, 3, 6, 11])
def test_it_answers_in_your_key_and_register(tonic):
    pitches = [p - 62 + 60 + tonic for p in TUNE]
    inside = total = 0
    for seed in range(4):
        notes = planned_notes(perform(model(seed), line(pitches), until=24.0))
        inside += sum(n.pitch % 12 in key_classes(tonic, "major") for n in notes)
        total += len(notes)
        assert all(min(pitches) - 16 <= n.pitch <= max(pitches) + 16 for n in notes)
        mean = sum(n.pitch for n in notes) / len(notes)
        assert abs(mean - sum(pitches) / len(pitches)) < 8
    assert total > 20 and inside / total >= 0.95


def test_a_strict_guard_lets_nothing_out_of_key():
    player = model(guard=2, temperature=1.6, top_p=1.0)
    notes = planned_notes(perform(player, line(TUNE), until=24.0))
    assert notes and all(n.pitch % 12 in key_classes(2, "major") for n in notes)


@pytest.mark.parametrize("shift", [-40, -24, 24, 50])
def test_extreme_registers(player, shift):
    pitches = [min(127, max(0, p + shift)) for p in TUNE]
    notes = planned_notes(perform(player, line(pitches), until=24.0))
    assert notes and all(0 <= n.pitch <= 127 for n in notes)
    assert abs(sum(n.pitch for n in notes) / len(notes) - sum(pitches) / len(pitches)) < 12


def test_register_puts_it_octaves_away():
    low = planned_notes(perform(model(register=-2), line(TUNE), until=24.0))
    here = planned_notes(perform(model(), line(TUNE), until=24.0))
    assert [n.pitch + 24 for n in low] == [n.pitch for n in here]


def test_density_is_heard():
    def count(density):
        players = [model(s, density=density, start=1) for s in range(4)]
        return sum(len(planned_notes(perform(player, line(TUNE), until=24.0))) for player in players)

    assert count(0.5) == pytest.approx(0.5 * 4 * len(TUNE), rel=0.25)
    assert count(2.0) == pytest.approx(2.0 * 4 * len(TUNE), rel=0.25)


def test_louder_playing_is_answered_louder(player):
    soft = planned_notes(perform(player, line(TUNE, velocity=0.3), until=24.0))
    player.panic(Moment(24.0))
    loud = planned_notes(perform(player, line(TUNE, velocity=0.9, start=24.0), until=48.0, start=24.0))
    assert sum(n.velocity for n in loud) / len(loud) > 0.3 + sum(n.velocity for n in soft) / len(soft)
    assert all(0 < n.velocity <= 1 for n in soft + loud)


def test_your_own_tempo_is_kept_when_it_is_not_the_transports():
    period = 0.83  # you play at 145 over a transport of 120
    player = model()
    phrase = line(TUNE, step=0.5 * period, start=0.31)
    notes = planned_notes(perform(player, phrase, until=24.0))
    assert player.period == pytest.approx(period, rel=0.03)
    for n in notes:  # on your sixteenths, within 30 ms
        place = (n.beat - 0.31) / period * 4
        assert abs(place - round(place)) / 4 * period / 2 < 0.03
    assert (player.end_beat - 0.31) / (4 * period) == pytest.approx(4.0, abs=0.05), "on your bar line"


@pytest.mark.parametrize(("numerator", "denominator"), [(7, 8), (3, 4), (6, 8), (5, 4), (2, 2)])
def test_other_metres(player, numerator, denominator):
    bar = numerator * 4 / denominator
    pitches = (TUNE * 2)[: int(bar * 4)]
    notes = planned_notes(
        perform(player, line(pitches), until=6 * bar + 6, numerator=numerator, denominator=denominator)
    )
    assert notes and player.end_beat % bar == pytest.approx(0.0, abs=1e-6)
    assert bar < player.end_beat - player.start_beat <= 2 * bar


def test_no_phrase_no_answer_and_one_note_is_a_phrase(player):
    assert not planned_notes(perform(player, [], until=8.0))
    notes = planned_notes(perform(player, [Note(8.0, 0.9, 60)], until=16.0, start=8.0))
    assert notes and player.end_beat - player.start_beat == 1.0


def test_six_hundred_notes(player):
    pitches = [60 + (i * 7) % 25 for i in range(600)]
    phrase = line(pitches, step=0.25)
    notes = planned_notes(perform(player, phrase, until=150 + 140.0))
    assert notes and player.end_beat - player.start_beat in (
        31 * 4 + 1,
        32 * 4,
    )  # Longest: 32 bars, the last one to its bar line
    player.set("longest_bars", 2)
    player.panic(Moment(400.0))
    perform(player, line(TUNE * 3, start=400.0), until=450.0, start=400.0)
    assert player.end_beat - player.start_beat in (7, 8)


def test_chords_and_a_bass_are_heard_as_their_melody():
    player = model()
    melody = line(TUNE)
    thick = [Note(n.beat + 0.01, n.duration, n.pitch - k) for n in melody for k in (4, 7)]
    bass = [Note(b, 1.9, 38) for b in (0.25, 2.25, 4.25)]
    events = [*melody, *thick, *bass]
    perform(player, events, until=8.9)
    assert [n[2] for n in player.composer.lines[0].notes] == TUNE


def test_a_jump_of_the_transport_voids_the_plan(player):
    perform(player, line(TUNE), until=10.0)
    assert player.answer is not None
    player.take()
    player.tick(Moment(2.0))
    assert player.answer is None and [p.kind for p in player.take()] == [wire.PLAN_RELEASE]
    notes = planned_notes(perform(player, line(TUNE, start=4.0), until=30.0, start=2.0))
    assert notes and player.start_beat == 13.0


def test_turn_after_turn_nothing_is_forgotten_or_doubled(player):
    beat = 0.0
    for turn in range(12):
        heard = perform(player, line(TUNE, start=beat), until=beat + 18.0, start=beat)
        notes = planned_notes(heard)
        assert notes and player.serial == turn + 1
        assert len({n.beat for n in notes}) == len(notes)
        beat += 20.0
    assert sum(len(x.notes) + 1 for x in player.composer.lines) <= MEMORY_EVENTS + 2 * (len(TUNE) * 2 + 1)


def test_without_its_model_it_says_so_and_plays_by_rule(tmp_path):
    broken = tmp_path / "phrase.onnx"
    broken.write_bytes(PACKAGE.read_bytes()[:5000])
    for package, word in ((None, "named"), (tmp_path / "none.onnx", "none.onnx"), (broken, "phrase.onnx")):
        player = AnswerPlayer(package, seed=1)
        assert "by rule" in player.warning and word in player.warning
        assert planned_notes(perform(player, line(TUNE), until=24.0))


class Meter:
    """Counts the events that a player's net is fed, tick by tick."""

    def __init__(self, player: AnswerPlayer):
        self.player, self.count = player, 0
        net = player.composer.net
        self._feed, self._tick = net.feed, player.tick
        self.deciding: list[int] = []  # events of the ticks that planned an answer
        self.longest = 0
        net.feed, player.tick = self.feed, self.tick

    def feed(self, fields, times) -> None:
        self.count += 1
        self._feed(fields, times)

    def tick(self, now: Moment) -> None:
        serial, self.count = self.player.serial, 0
        self._tick(now)
        self.longest = max(self.longest, self.count)
        if self.player.serial != serial:
            self.deciding.append(self.count)


ENDINGS = {
    "as it began": (line(TUNE * 2), {}),
    "in another key": (line(TUNE * 2) + line([p + 6 for p in TUNE] * 3, step=0.25, start=16.0), {}),
    "two octaves down": (line(TUNE * 2) + line([p - 24 for p in TUNE] * 2, step=0.25, start=16.0), {}),
    "in its own tempo": (line(TUNE * 2, step=0.415, start=0.21), {}),
    "without patience": (line(TUNE * 2) + line([p - 24 for p in TUNE] * 2, step=0.25, start=16.0), {"gap_beats": 0.25}),
}


@pytest.fixture
def metered():
    player = model()
    net = player.composer.net
    yield Meter(player)
    del net.feed  # the shipped net's own again


@pytest.mark.parametrize("ending", ENDINGS)
def test_when_the_phrase_ends_only_the_answer_is_left_to_do(metered, ending):
    """However the phrase ended: taking in the past again would cost 45 ms where the first note is due in 15."""
    notes, values = ENDINGS[ending]
    player = metered.player
    for name, value in values.items():
        player.set(name, value)
    perform(player, line(TUNE), until=24.0)
    later = [n._replace(beat=n.beat + 24.0) for n in notes]
    heard = perform(player, later, until=72.0, start=24.0)
    assert player.serial == 2 and len(planned_notes(heard)) > 8
    assert len(metered.deciding) == 2 and max(metered.deciding) <= NOTES_A_TICK + 1
    assert metered.longest > 30 or ending == "as it began"  # taken in again in the breath before
    assert all(at < p.beat for at, p in heard if p.kind == wire.PLAN_NOTE)


def test_hearing_a_note_runs_no_net_so_that_stopping_is_at_once(metered):
    player = metered.player
    perform(player, line(TUNE), until=10.5)
    assert player.answer is not None
    metered.count = 0
    player.note_on(10.5, 69, 0.7)
    assert metered.count == 0 and next(p.kind for p in player.take()) == wire.PLAN_RELEASE


@pytest.mark.parametrize("ending", ["as it began", "in another key", "in its own tempo"])
def test_the_same_notes_however_the_ticks_fall(ending):
    def played(tick_s: float) -> list[tuple[int, float, float]]:
        heard = perform(model(7), ENDINGS[ending][0], until=60.0, tick_s=tick_s)
        return [(n.pitch, round(n.duration, 6), round(n.velocity, 6)) for n in planned_notes(heard)]

    assert played(0.02) == played(0.0173) == played(0.027)


def test_a_phrase_of_chords_is_answered_by_a_line():
    chords = [Note(i * 1.0, 0.9, p + k, 0.6) for i, p in enumerate((60, 62, 64, 67)) for k in (0, 4, 7)]
    notes = planned_notes(perform(model(), chords, until=16.0))
    assert notes and all(a.end <= b.beat + 1e-6 for a, b in itertools.pairwise(notes))


def test_a_style_is_heard_from_the_next_answer_on(metered):
    player = metered.player
    perform(player, line(TUNE), until=20.0)
    assert player.composer.style == 0 and player.composer.velocity is None
    player.set("style", code.STYLES.index("pop"))
    perform(player, line(TUNE, start=20.0), until=40.0, start=20.0)
    assert player.composer.style == code.STYLES.index("pop") and player.composer.dynamics
    assert max(metered.deciding) <= NOTES_A_TICK + 1
    assert [p.labels for p in AnswerPlayer.PARAMS if p.id == "style"] == [("any", "folk", "classical", "jazz", "pop")]


@pytest.mark.parametrize("loudness", [0.25, 0.8])
def test_learned_velocities_are_as_loud_as_you(loudness):
    velocities = []
    for seed in range(3):
        phrase = [n._replace(velocity=loudness + (0.05 if i % 4 == 0 else -0.02)) for i, n in enumerate(line(TUNE))]
        player = model(seed, style=code.STYLES.index("classical"))
        velocities += [n.velocity for n in planned_notes(perform(player, phrase, until=24.0))]
    assert sum(velocities) / len(velocities) == pytest.approx(loudness, abs=0.06)
    assert max(velocities) - min(velocities) > 0.05


ENDS = [*line([62, 64, 66, 67, 69, 71, 69, 66, 67, 64, 62, 61, 62, 66], step=1.0), Note(14.0, 1.9, 62, 0.7)]
"""Four bars that end long, just before the bar line."""


def test_four_bars_that_end_long_are_answered_on_the_bar_line(player):
    notes = planned_notes(perform(player, ENDS, until=40.0))
    assert player.start_beat == 16.0 and player.end_beat == 32.0 and min(n.beat for n in notes) < 20.0


@pytest.mark.parametrize("rest", [5, 9])
def test_a_rest_of_a_beat_behind_a_short_note_inside_the_phrase_is_no_end(player, rest):
    phrase = [n for i, n in enumerate(ENDS) if i != rest]
    heard = perform(player, phrase, until=40.0)
    assert player.start_beat == 16.0 and not [p for _, p in heard if p.kind == wire.PLAN_RELEASE]


def test_it_ends_on_a_long_note_near_the_tonic(player):
    """Held-out tunes' own answers end on a note of .85 beat or more in .72 of phrases."""
    long = home = 0
    for turn in range(8):
        player.panic(Moment(48.0 * turn))
        phrase = [n._replace(beat=n.beat + 48.0 * turn) for n in ENDS]
        notes = planned_notes(perform(player, phrase, until=48.0 * turn + 40.0, start=48.0 * turn))
        long += notes[-1].duration >= 0.85
        home += notes[-1].pitch % 12 == 2
    assert long == 8 and home >= 5


def test_without_a_cadence_it_ends_as_it_comes():
    player = model(close=0)
    notes = planned_notes(perform(player, ENDS, until=40.0))
    assert notes and player._taste.cadence == 0


def test_the_follower_knows_the_key_better(player):
    player.told.tonic, player.told.mode = 7, "major"
    perform(player, line(TUNE), until=24.0)
    assert (player._taste.tonic, player.composer.frame.origin % 12) == (7, 7)


@pytest.mark.parametrize("bars", [1, 2, 4, 8])
def test_traded_turns_begin_and_end_on_their_bars_whatever_the_silences(player, bars):
    player.set("trade", bars)
    length = 4.0 * bars
    beat, calls = 0.0, []
    for _ in range(3):
        calls += [n for n in line((TUNE * 4)[: int(2 * length)], start=beat + 0.5) if n.end < beat + length - 0.3]
        beat += 2 * length
    calls = [n for n in calls if not 2.5 < n.beat % 8.0 < 5.0 or bars == 1]  # with rests of two beats
    heard = perform(player, calls, until=6 * length)
    notes = planned_notes(heard)
    assert {int(n.beat // length) for n in notes} == {1, 3, 5}
    for turn in (1, 3, 5):
        mine = [n for n in notes if n.beat // length == turn]
        assert mine[0].beat < (turn + 0.5) * length and mine[-1].end <= (turn + 1) * length + 1e-6


def test_while_it_has_its_turn_your_notes_change_nothing_and_an_upbeat_opens_yours():
    def played(extra):
        player = model(trade=2)
        heard = perform(player, sorted(line(TUNE) + extra, key=lambda n: n.beat), until=23.0)
        return player, planned_notes(heard)

    _, plain = played([])
    player, comped = played(line([50, 50, 50], start=10.0, step=1.0))
    assert comped == plain
    player, _ = played([Note(15.5, 0.4, 66), *line(TUNE, start=16.0)[:8]])
    assert player.composer.lines[-1].role == code.CALL and player.composer.lines[-1].notes[0][2] == 66


def test_where_you_rest_your_turn_it_answers_the_one_before(player):
    player.set("trade", 2)
    notes = planned_notes(perform(player, line(TUNE), until=39.5))
    assert {int(n.beat // 8.0) for n in notes} == {1, 3} and player.serial == 2


def test_it_leads_from_your_phrase_to_the_one_before(player):
    player.set("trade", 2)
    player.set("fill", 1)
    other = [p + 5 for p in TUNE]
    heard = perform(player, line(TUNE) + line(other, start=16.0) + line(TUNE, start=32.0), until=48.0)
    assert player.serial == 3 and {int(n.beat // 8.0) for n in planned_notes(heard)} == {1, 3, 5}
    roles = [x.role for x in player.composer.lines]
    assert roles[:3] == [code.PREFIX, code.SUFFIX, code.MIDDLE]
    prefix, suffix = player.composer.lines[:2]
    assert [n[2] for n in prefix.notes] == TUNE and [n[2] for n in suffix.notes] == other
    assert suffix.notes[0][0] - prefix.notes[0][0] == 16 * code.TICKS, "two bars behind its turn of two"


def test_a_rung_down_it_plays_by_rule_and_up_again_by_its_model():
    player = model()
    perform(player, line(TUNE), until=20.0)
    player.rung = 1
    perform(player, line(TUNE, start=24.0), until=44.0, start=20.0)
    assert player.serial == 2 and player.composer is not player._model
    player.rung = 0
    notes = planned_notes(perform(player, line(TUNE, start=48.0), until=70.0, start=44.0))
    assert notes and player.serial == 3 and player.composer is player._model
