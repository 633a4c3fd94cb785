"""`answer` on stage: when it starts, how long it plays, that it stops for you, keeps to your key, register, tempo,
and seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime.music.scale import key_classes
from realtime.music.sequence import Note
from realtime.players import wire
from realtime.players.answer import AnswerPlayer
from realtime.players.player import Moment, player_class, player_names
from tests.players.stage import line, perform, planned_notes

PACKAGE = Path(__file__).resolve().parents[2] / "models_onnx" / "answer.onnx"
TUNE = [62, 64, 66, 67, 69, 71, 69, 66, 67, 64, 62, 61, 62, 66, 69, 74]  # two bars of eighths in D major


@pytest.fixture(params=["model", "rules"])
def player(request):
    return AnswerPlayer(PACKAGE if request.param == "model" else None, seed=3)


def model(seed: int = 3, **values) -> AnswerPlayer:
    player = AnswerPlayer(PACKAGE, seed=seed, **values)
    assert player.warning == ""
    return player


def test_it_is_found_by_its_file():
    assert "answer" in player_names() and player_class("answer") is AnswerPlayer


def test_it_starts_on_the_next_beat_and_lasts_as_long_as_the_phrase(player):
    heard = perform(player, line(TUNE), until=24.0)
    notes = planned_notes(heard)
    phrase_end = line(TUNE)[-1].end
    assert notes and player.start_beat == 9.0  # released at 7.95, a beat of patience, then the next beat
    assert player.end_beat - player.start_beat == 8.0
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
    heard = perform(type(player)(PACKAGE, seed=1), late, until=14.0)
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
    player = model(key_guard=2, temperature=1.6, top_p=1.0)
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
        return sum(len(planned_notes(perform(model(s, density=density), line(TUNE), until=24.0))) for s in range(4))

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
    assert player.end_beat - player.start_beat == pytest.approx(8 * period, rel=0.05)


@pytest.mark.parametrize(("numerator", "denominator"), [(7, 8), (3, 4), (6, 8), (5, 4), (2, 2)])
def test_other_metres(player, numerator, denominator):
    bar = numerator * 4 / denominator
    pitches = (TUNE * 2)[: int(bar * 4)]
    notes = planned_notes(
        perform(player, line(pitches), until=6 * bar + 6, numerator=numerator, denominator=denominator)
    )
    assert notes and player.end_beat - player.start_beat == pytest.approx(2 * bar)


def test_no_phrase_no_answer_and_one_note_is_a_phrase(player):
    assert not planned_notes(perform(player, [], until=8.0))
    notes = planned_notes(perform(player, [Note(8.0, 0.9, 60)], until=16.0, start=8.0))
    assert notes and player.end_beat - player.start_beat == 1.0


def test_two_thousand_notes(player):
    pitches = [60 + (i * 7) % 25 for i in range(2000)]
    phrase = line(pitches, step=0.125)
    notes = planned_notes(perform(player, phrase, until=250 + 140.0))
    assert notes and player.end_beat - player.start_beat == 32 * 4  # Longest: 32 bars
    player.set("longest_bars", 2)
    player.panic(Moment(400.0))
    perform(player, line(TUNE * 3, start=400.0), until=450.0, start=400.0)
    assert player.end_beat - player.start_beat == 8


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
    assert sum(len(x.notes) + 1 for x in player.composer.lines) <= 192 + 40


def test_without_its_model_it_says_so_and_plays_by_rule(tmp_path):
    broken = tmp_path / "answer.onnx"
    broken.write_bytes(PACKAGE.read_bytes()[:5000])
    for package, word in ((None, "named"), (tmp_path / "none.onnx", "none.onnx"), (broken, "answer.onnx")):
        player = AnswerPlayer(package, seed=1)
        assert "by rule" in player.warning and word in player.warning
        assert planned_notes(perform(player, line(TUNE), until=24.0))
