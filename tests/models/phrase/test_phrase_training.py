"""Training of `phrase`: the coded turns say what the tune says, no event sees the future, a step of the package equals the
whole, and a small run learns."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import torch

import realtime.models.phrase.code as code
from export.corpora import Tune
from export.corpora.pieces import Piece, Track
from export.models.phrase import evaluate as evaluation
from export.models.phrase import train as training
from export.models.phrase.examples import Example, Part, code_parts, fill_in, free_run, training_example, turns, window
from export.models.phrase.model import Config, Phrase
from export.models.phrase.package import build_guard, export, rebuilt, top_line
from export.models.phrase.songs import SongSet, as_chords, as_line, one_edition, sections_of, song_of_tune
from export.models.phrase.step import Step, blank
from realtime.models.phrase.model import Phrase as Player
from realtime.models.phrase.writer import PhraseWriter
from realtime.music.sequence import Note, NoteSequence

SMALL = {"hidden": 64, "heads": 2, "layers": 2, "stream": 16, "head_hidden": 32, "dropout": 0.0}


def tune(seed: int, bars: int = 16, split: str = "train") -> Tune:
    random, notes, at = Random(seed), [], 0
    while at < bars * 96:
        step = random.choice((6, 12, 12, 24, 36))
        notes.append((at, random.choice((step, max(3, step - 3))), 60 + random.choice((0, 2, 4, 5, 7, 9, 11, 12))))
        at += step
    return Tune(f"t{seed}", notes, 4, 4, 0, "major", split, source="made", licence="none")


def model(**changed) -> Phrase:
    torch.manual_seed(1)
    made = Phrase(Config(**{**SMALL, **changed})).eval()
    for parameter in made.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    return made


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bars", [2, 4])
def test_coded_turns_say_what_the_tune_says(seed, bars):
    """The targets, decoded, are the tune's own notes, and call and answer take turns of equal length."""
    made, length = tune(seed), bars * 96
    example = turns(song_of_tune(made), None, bars, 2000)
    again = turns(song_of_tune(made), None, bars, 2000)
    assert np.array_equal(example.targets, again.targets)
    roles = example.fields[:, code.FIELDS.index("role")]
    ticks = example.times[:, code.TIMES.index("bar")] * 96 + example.times[:, code.TIMES.index("tick")]
    said = [(int(t), int(p), int(d)) for t, (p, d, _, _) in zip(ticks, example.targets, strict=True) if p >= 0]
    origin = made.notes[0][2] - said[0][1]
    whole = [n for n in made.notes if n[0] < said[-1][0] + 1]
    assert [(t, p + origin, code.STEPS[d]) for t, p, d in said] == [
        (t, p, code.STEPS[code.step_class(d, lowest=1)]) for t, d, p in whole
    ]
    assert all(role == (code.ANSWER if t // length % 2 else code.CALL) for t, role in zip(ticks, roles, strict=True))
    assert np.array_equal(example.answer, roles == code.ANSWER) and len(set(roles)) == 2


def test_every_event_stays_inside_the_vocabulary():
    for seed, metre in enumerate(((4, 4), (7, 8), (5, 4), (12, 8), (4, 2), (1, 16))):
        turn = code.Turn.of(code.ANSWER, 0, 20 * seed, *metre, 1, 1, code.LINE)
        for tick in range(0, 300, 7):
            place = dict(zip(code.PLACE, turn.place(tick, 3), strict=True))
            assert all(0 <= value < code.SIZES[name] for name, value in place.items()), (metre, place)


def test_events_do_not_see_the_future():
    example = turns(song_of_tune(tune(1)), None, 2)
    fields, times, _, _ = training.collate([example])
    net, cut = model(), 20
    with torch.no_grad():
        before = net.trunk(fields, times)[0, :cut]
        changed = fields.clone()
        changed[:, cut:, 0] = 50
        changed[:, cut:, 1] = 3
        after = net.trunk(changed, times)[0, :cut]
    assert torch.allclose(before, after, atol=1e-6)
    row = example.fields[cut]
    assert tuple(row[:2]) == tuple(example.targets[cut - 1][:2])  # an event's content was the last target


@pytest.mark.parametrize("metrical", [True, False])
@pytest.mark.parametrize("channel", ["attention", "gate", "none"])
def test_one_event_at_a_time_equals_the_whole(metrical, channel):
    net = model(metrical=metrical, channel=channel)
    example = turns(song_of_tune(tune(2)), None, 2).cut(24)
    fields, times, _, _ = training.collate([example])
    step, inputs = Step(net), blank(net)
    with torch.no_grad():
        whole = net.trunk(fields, times)[0]
        for k in range(len(example.weight)):
            inputs["fields"], inputs["times"] = fields[0, k], times[0, k]
            h, _, keys, values, facts = step(*inputs.values())
            inputs["keys"][..., k : k + 1], inputs["values"][:, :, k : k + 1] = keys, values
            inputs["facts"][k] = facts[0]
            assert torch.allclose(h, whole[k], atol=1e-4)


class Recorder:
    """A net that only remembers what it is fed."""

    def __init__(self):
        self.rows: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.pitch = self.duration = self.velocity = self.delta = np.zeros(1, np.float32)

    def reset(self):
        self.rows.clear()

    def feed(self, fields, times):
        self.rows.append((tuple(map(int, fields)), tuple(map(int, times))))

    def ask(self, pitch, duration): ...


def test_the_writer_feeds_what_was_trained():
    song = song_of_tune(tune(4))
    frame = code.Frame(60, "major")
    cuts = [(code.CALL, 0, 192, 0), (code.ANSWER, 192, 384, 192)]
    parts, writer = [], PhraseWriter(Recorder())
    writer.set_frame(frame)
    writer.set_style(1, code.LINE, False)
    for role, start, end, length in cuts:
        notes = [n for n in song.notes if start <= n[0] < end]
        turn = code.Turn.of(role, start, length, 4, 4, frame.mode_class, 1, code.LINE)
        parts.append(Part(turn, notes, role == code.ANSWER, 1.0))
        writer.begin(role, start, length, 4, 4)
        for k, (onset, _, pitch, _) in enumerate(notes):
            writer.hear(onset, pitch, notes[k - 1][1] if k else 0)
        writer.lines[-1].notes[-1][1] = notes[-1][1]
    writer.catch_up()
    example = code_parts(parts, frame)
    trained = [(tuple(f.tolist()), tuple(t.tolist())) for f, t in zip(example.fields, example.times, strict=True)]
    assert writer.net.rows == trained


def test_lines_and_chords_of_the_same_music():
    notes = [(0, 24, 60, 0), (0, 24, 67, 0), (12, 24, 64, 0), (13, 2, 65, 0), (24, 12, 62, 0), (24, 12, 62, 0)]
    assert as_line(notes) == [(0, 12, 67, 0), (12, 12, 64, 0), (24, 12, 62, 0)]
    assert [n[2] for n in as_chords(notes)] == [67, 60, 64, 65, 62]


def test_sections_begin_at_bar_lines_and_end_where_the_bar_breaks():
    rows = np.array([[b, 1.0, 60 + b % 12, 80] for b in range(64)], float)
    bars = [0.0, *np.arange(1.0, 25.0, 4.0), *np.arange(27.0, 64.0, 4.0)]  # an upbeat; a broken bar at 25
    piece = Piece("p/1", "train", "x", "", [Track("a", 0, False, rows)], metres=[(0.0, 4, 4)], bars=bars)
    songs = sections_of(piece, piece.tracks, 1, code.LINE)
    assert len(songs) == 2
    assert songs[0].notes[0][2] == 61 or songs[0].notes[0][0] % 96 == 72
    assert songs[1].notes[0][0] == 0 and songs[1].notes[0][2] == 60 + 27 % 12


def test_one_edition_of_a_work_and_none_on_both_sides():
    made = [Piece(f"chopin_first_editions/kern/{i}", s, "chopin_first_editions", "", [])
            for i, s in (("001-1-A", "train"), ("001-1-B", "valid"), ("002-1-A", "train"), ("002-1-B", "train"))]  # fmt: skip
    kept = one_edition(made)
    assert [(p.id[-7:], p.split) for p in kept] == [("001-1-B", "valid"), ("002-1-A", "train")]


@pytest.mark.parametrize("texture", [code.LINE, code.CHORDS])
def test_every_task_gives_examples_in_range(texture):
    song, random = song_of_tune(tune(7, 40)), Random(5)
    if texture:
        song.notes = as_chords([*song.notes, *((o, d, p - 12, 9) for o, d, p, _ in song.notes)])
        song.texture = texture
    roles = set()
    for _ in range(40):
        example = training_example(song, random, 0.8)
        assert 2 <= len(example.weight) <= code.MEMORY_EVENTS
        for i, name in enumerate(code.FIELDS):
            assert example.fields[:, i].min() >= 0 and example.fields[:, i].max() < code.SIZES[name], name
        roles |= set(example.fields[:, code.FIELDS.index("role")].tolist())
    assert roles == set(range(len(code.ROLES)))


def test_a_fill_in_learns_the_middle_after_both_sides():
    example = fill_in(song_of_tune(tune(3)), Random(2))
    roles = example.fields[:, code.FIELDS.index("role")]
    order = [int(r) for k, r in enumerate(roles) if k == 0 or roles[k - 1] != r]
    assert order == [code.PREFIX, code.SUFFIX, code.MIDDLE]
    assert (example.targets[roles == code.MIDDLE][:, 3] == code.END).sum() <= 1
    bars = example.times[:, code.TIMES.index("bar")]
    assert bars[roles == code.MIDDLE].max() <= bars[roles == code.SUFFIX].max()


def test_a_window_keeps_bar_lines():
    song = song_of_tune(tune(9, 80))
    part = window(song, Random(1), 40)
    assert 0 <= part.notes[0][0] < 96 and len(part.notes) >= 40
    run = free_run(part, Random(1))
    assert isinstance(run, Example)


def test_the_guard_knows_every_run_of_the_training_music():
    songs = [song_of_tune(tune(k)) for k in range(4)]
    guard = build_guard(songs, 10)
    pairs = top_line(songs[2])
    assert all(guard.knows(pairs[i : i + 9]) for i in range(len(pairs) - 8))
    other = top_line(song_of_tune(tune(99)))
    assert sum(guard.knows(other[i : i + 9]) for i in range(len(other) - 8)) <= 3


@pytest.fixture
def tiny(monkeypatch) -> None:
    songs = [song_of_tune(tune(k, 12, "valid" if k % 5 == 0 else "train")) for k in range(20)]
    monkeypatch.setattr(training, "load_songs", lambda data: SongSet(songs, []))


def test_a_small_run_learns_and_goes_on(tiny, tmp_path):
    settings = {"hidden": 64, "heads": 2, "layers": 1, "batch": 4, "valid_every": 20, "warmup_steps": 5, "bf16": False,
                "smoothing_decay": 0.9}  # fmt: skip
    first = training.train("made", out=tmp_path, progress=False, steps=20, **settings)
    again = training.train("made", out=tmp_path, progress=False, resume=True, steps=40, **settings)
    assert again["steps"] == 40
    # an even guess costs 11.5 nats a note; far below it, and still falling
    assert again["figure"] < first["figure"] < 8.5


def test_package_runs_live_as_in_training(tiny, tmp_path, monkeypatch):
    settings = {"hidden": 64, "heads": 2, "layers": 1, "batch": 4, "valid_every": 10, "bf16": False}
    training.train("made", out=tmp_path, progress=False, steps=10, **settings)
    facts = export(tmp_path, tmp_path / "phrase.onnx", songs=training.load_songs(None))
    assert facts["parity"] < 1e-4
    player = Player.load(tmp_path / "phrase.onnx")
    prompt = NoteSequence([Note(k / 2, 0.5, 60 + k % 7) for k in range(16)])
    for task in range(3):
        music = player.generate(prompt, 4, 5, task=task, style=1)
        assert music.notes and music.notes == player.generate(prompt, 4, 5, task=task, style=1).notes
        assert all(n.beat >= 0 and n.end <= 16 + 1e-9 for n in music.notes)
    songs = training.load_songs(None)
    monkeypatch.setattr(evaluation, "load_songs", lambda data: songs)
    monkeypatch.setattr(evaluation, "GENERATED", 2)
    metrics = evaluation.evaluate(tmp_path / "phrase.onnx", "made", pieces=1)["metrics"]
    assert 0 < metrics["nll_event_nats"] < 12 and metrics["same_seed_same_notes"] == 1.0
    # the package's likelihood, event by event, is PyTorch's
    net = rebuilt(tmp_path)[0]
    examples = training.valid_examples(songs.held_out[:1])
    nats, notes, _ = training.answer_nats(net, examples)
    assert metrics["nll_event_nats"] == pytest.approx(nats[[0, 1, 3]].sum() / notes, abs=1e-3)
