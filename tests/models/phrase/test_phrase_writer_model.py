"""The writer of `phrase`: what it feeds is what was trained, masks hold, and the prompt's shape decides what is new."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import realtime.models.phrase.code as code
from realtime.models.phrase.composer import Taste
from realtime.models.phrase.model import CONTINUE, INFILL, _Job, accent, is_chords, on_grid
from realtime.models.phrase.writer import FED_AGAIN, PhraseWriter
from realtime.music.sequence import Metre, Note
from realtime.sampling.copyguard import CopyGuard


class DiceNet:
    """Logits from a fixed noise of the last event; remembers all it was fed."""

    def __init__(self):
        self.rows: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        sizes = (code.PITCHES, code.DURATIONS, code.VELOCITIES, code.DELTAS)
        self.pitch, self.duration, self.velocity, self.delta = (np.zeros(n, np.float32) for n in sizes)

    def reset(self):
        self.rows.clear()

    def feed(self, fields, times):
        assert len(fields) == len(code.FIELDS) and len(times) == len(code.TIMES)
        for name, value in zip(code.FIELDS, fields, strict=True):
            assert 0 <= value < code.SIZES[name], (name, value)
        self.rows.append((tuple(fields), tuple(times)))
        self.pitch[:] = np.random.default_rng(abs(hash(fields)) % 2**32).normal(size=code.PITCHES)

    def ask(self, pitch, duration):
        dice = np.random.default_rng(pitch * 64 + duration)
        for part in (self.duration, self.velocity, self.delta):
            part[:] = dice.normal(size=len(part))


@pytest.fixture
def writer() -> PhraseWriter:
    return PhraseWriter(DiceNet())


def written(writer: PhraseWriter, role: int, start: int, length: int, taste: Taste, seed: int = 1, time=(4, 4)):
    writer.begin(role, start, length, *time, own=True)
    random, notes = Random(seed), []
    while note := writer.write(taste, random):
        notes.append(note)
        assert (writer.velocity is None) is not writer.dynamics
        assert writer.velocity is None or 0 < writer.velocity <= 1
    return notes


def test_velocity_classes_keep_a_velocity_to_a_sixteenth():
    assert code.velocity_class(0) == 0
    for velocity in range(1, 128):
        number = code.velocity_class(velocity)
        assert 1 <= number <= 16
        assert abs(code.velocity_of(number) * 127 - velocity) <= 4


def test_frames_encode_what_they_decode_over_eight_octaves():
    frame = code.Frame.around(2, "minor", 66.0)
    assert frame.origin % 12 == 2
    assert all(frame.decode(frame.encode(p)) == p for p in range(frame.origin - 48, frame.origin + 48))
    assert 0 <= frame.encode(0) < code.PITCHES and 0 <= frame.encode(127) < code.PITCHES


def test_a_line_is_one_voice_inside_its_turn(writer):
    notes = written(writer, code.ANSWER, 96, 192, Taste(lowest=60, highest=72))
    assert notes
    assert all(n.tick >= 96 and n.tick + n.duration <= 96 + 192 for n in notes)
    assert all(b.tick >= a.tick + a.duration for a, b in itertools.pairwise(notes))
    assert all(48 < n.pitch < 84 for n in notes)


def test_chords_are_written_from_the_top_and_stay_playable(writer):
    writer.set_style(2, code.CHORDS, True)
    writer.net.ask(60, 12)
    notes = written(writer, code.ANSWER, 0, 768, Taste(guard=0))
    together = [(a, b) for a, b in itertools.pairwise(notes) if a.tick == b.tick]
    assert together, "no chord in eight bars"
    assert all(a.pitch > b.pitch for a, b in together)
    assert max(np.unique([n.tick for n in notes], return_counts=True)[1]) <= 8


def test_a_strict_guard_keeps_to_the_scale(writer):
    taste = Taste(guard=2, tonic=7, mode="major", lowest=55, highest=79)
    notes = written(writer, code.ANSWER, 0, 1536, taste)
    assert {n.pitch % 12 for n in notes} <= {7, 9, 11, 0, 2, 4, 6}


def test_the_copy_guard_breaks_runs(writer):
    taste = Taste(lowest=60, highest=72, temperature=0.0)
    first = written(writer, code.ANSWER, 0, 960, taste)
    pairs = [(b.pitch - a.pitch, b.tick - a.tick) for a, b in itertools.pairwise(first)]
    guard = CopyGuard.for_count(4, len(pairs))
    guard.add_melody(pairs)
    guarded = PhraseWriter(DiceNet(), guard)
    second = written(guarded, code.ANSWER, 0, 960, taste)
    assert second[:2] == first[:2] and second != first
    moves = [(b.pitch - a.pitch, b.tick - a.tick) for a, b in itertools.pairwise(second)]
    assert not any(guard.knows(moves[i : i + 3]) for i in range(len(moves) - 2))


class UniformNet(DiceNet):
    """Every pitch as likely as every other, in eighths."""

    def feed(self, fields, times): ...

    def ask(self, pitch, duration):
        for part in (self.duration, self.delta):
            part[:] = -9.0
            part[code.step_class(12)] = 9.0


def test_no_known_run_is_ever_completed():
    """A guard that knows every run of 4 notes but those with a step of 3 in them: the melody must take such steps."""
    guard = CopyGuard.for_count(4, 3000, 30)
    for run in itertools.product((-2, -1, 1, 2), repeat=3):
        guard.add([(interval, 12) for interval in run])
    notes = written(PhraseWriter(UniformNet(), guard), code.ANSWER, 0, 24 * 64, Taste(lowest=58, highest=64, guard=0))
    pairs = [(b.pitch - a.pitch, b.tick - a.tick) for a, b in itertools.pairwise(notes)]
    assert len(notes) > 50
    assert not any(guard.knows(pairs[: i + 1]) for i in range(len(pairs)))


def test_a_new_key_feeds_the_memory_again(writer):
    writer.begin(code.CALL, 0, 0, 4, 4)
    for k in range(5):
        writer.hear(12 * k, 60 + k, 12)
    assert writer.catch_up() == 6 and writer.catch_up() == 0
    before = list(writer.net.rows)
    writer.set_frame(code.Frame(65, "major"))
    writer.hear(60, 67, 12)
    assert writer.catch_up() == 7
    after = writer.net.rows
    assert len(after) == len(before) + 1
    assert [r[1] for r in after[: len(before)]] == [r[1] for r in before]
    pitches = [r[0][0] for r in after if r[0][0] < code.PITCHES]
    assert pitches[0] == 60 - 65 + code.CENTRE


def test_a_corrected_note_counts_with_its_last_pitch(writer):
    writer.begin(code.CALL, 0, 0, 4, 4)
    writer.hear(0, 60)
    writer.correct(64)
    writer.hear(12, 65, 12)
    writer.catch_up()
    assert writer.net.rows[-1][0][0] == writer.frame.encode(64)


def test_a_long_past_is_forgotten_but_never_the_phrase(writer):
    for turn in range(6):
        writer.begin(code.CALL, 1200 * turn, 0, 4, 4)
        for k in range(90):
            writer.hear(1200 * turn + 12 * k, 60 + k % 9, 12)
    writer.set_frame(code.Frame(62, "minor"))
    writer.begin(code.ANSWER, 7200, 96, 4, 4)
    assert sum(len(line.notes) for line in writer.lines) <= 224
    assert writer.catch_up() == len(writer.net.rows) == FED_AGAIN + 1
    assert len(writer.lines[-2].notes) == 90


def test_what_is_fed_again_begins_inside_a_long_turn_and_says_when_its_notes_were(writer):
    writer.begin(code.CALL, 0, 0, 4, 4)
    for k in range(500):
        writer.hear(12 * k, 60 + k % 9, 12)
    writer.set_frame(code.Frame(62, "minor"))
    assert writer.catch_up() == FED_AGAIN
    opening, first, *_ = writer.net.rows
    bar, tick = code.TIMES.index("own_bar"), code.TIMES.index("own_tick")
    kept = 500 - (FED_AGAIN - 1)  # the first note whose place is fed
    assert opening[0][0] == code.BEGIN
    assert (first[1][bar], first[1][tick]) == divmod(12 * (kept - 1), 96)
    assert first[0][code.FIELDS.index("delta")] == code.step_class(12)


def test_what_is_fed_does_not_depend_on_when(writer):
    def play(often: bool) -> list:
        writer.clear()
        for turn in range(5):
            writer.begin(code.CALL, 1200 * turn, 0, 4, 4)
            for k in range(70):
                writer.hear(1200 * turn + 12 * k, 60 + k % 9, 12)
                if k == 40:
                    writer.set_frame(code.Frame(60 + turn, "major"))
                if often:
                    writer.catch_up()
        writer.catch_up()
        return list(writer.net.rows)

    assert play(True) == play(False)


def test_a_turn_taken_back_never_was(writer):
    writer.begin(code.CALL, 0, 0, 4, 4)
    writer.hear(0, 60)
    writer.catch_up()
    before = list(writer.net.rows)
    written(writer, code.ANSWER, 96, 96, Taste())
    writer.take_back()
    writer.catch_up()
    assert writer.net.rows == before and len(writer.lines) == 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0.01, 4), st.integers(0, 127), st.floats(0.01, 1)), min_size=1,
                max_size=60), st.integers(0, 1))  # fmt: skip
def test_any_prompt_comes_onto_the_grid(rows, texture):
    grid = on_grid([Note(*r) for r in sorted(rows)], 0.0, texture)
    assert grid and all(d >= 1 and t >= 0 for t, d, *_ in grid)
    assert all(b[0] > a[0] if texture == code.LINE else b[0] >= a[0] for a, b in itertools.pairwise(grid))


def test_chords_are_told_from_lines():
    assert not is_chords([Note(k, 1, 60) for k in range(8)])
    assert is_chords([Note(k // 3, 1, 60 + k % 3) for k in range(9)])


def values(**changed) -> dict[str, float]:
    base = {"temperature": 1.0, "top_p": 1.0, "density": 1.0, "range": 5.0, "key_guard": 1.0, "close": 1.0}
    return {**base, **changed}


def job(writer: PhraseWriter, bars: int, time=(4, 4)) -> _Job:
    return _Job(writer, Metre(0.0, *time), bars, values(), Random(3))


def test_a_gap_of_the_prompt_is_filled_where_it_is(writer):
    heard = [[24 * k, 24, 60 + k, 0] for k in range(4)] + [[384 + 24 * k, 24, 60 + k, 0] for k in range(4)]
    notes = job(writer, 2).fill_in(heard)
    roles = [line.role for line in writer.lines]
    assert roles == [code.PREFIX, code.SUFFIX, code.MIDDLE]
    assert writer.lines[1].notes[0][0] == 96 + 192  # the second side follows the two new bars
    assert writer.lines[2].start_tick == 96 and writer.lines[2].length_ticks == 192
    assert all(0 <= n.beat < 8 for n in notes)


@pytest.mark.parametrize("time, bar", [((4, 4), 4.0), ((7, 8), 3.5), ((6, 8), 3.0)])
def test_a_song_goes_on_at_the_bar_line(writer, time, bar):
    heard = [[12 * k, 12, 60 + k % 5, 0] for k in range(11)]
    notes = job(writer, 3, time).go_on(heard)
    assert notes and all(n.beat >= 0 and n.end <= 3 * bar + 1e-9 for n in notes)
    assert writer.lines[-1].role == code.SONG


def test_answers_take_turns_and_fill_the_bars(writer):
    heard = [[24 * k, 24, 62, 0] for k in range(8)]
    notes = job(writer, 6).answer(heard)
    assert [line.role for line in writer.lines] == [code.CALL, code.ANSWER, code.CALL, code.ANSWER]
    assert max(n.beat for n in notes) < 24


def test_accents_follow_the_bar():
    assert accent(0, 96) > accent(24, 96) > accent(6, 96)
    assert CONTINUE < INFILL
