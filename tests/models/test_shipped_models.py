"""Every shipped note model: loads, keeps its promises on size, cost and seed, and bears any prompt a stage may give."""

from __future__ import annotations

import pytest

from realtime.models.base import PACKAGES, NoteModel, model_class, model_names
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import load_package

NAMES = model_names()
BARS = 2
CHOOSES = {"changes", "disguise", "mood"}  # by default they take the likeliest: a seed changes nothing
LIMIT_BYTES, ALL_BYTES = 20_000_000, 120_000_000

MELODY = [
    Note(k * 0.5, 0.5, p, 0.7) for k, p in enumerate((60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62, 60, 67))
]
PROMPTS = {
    "none": None,
    "empty": NoteSequence([]),
    "one note": NoteSequence([Note(0.0, 1.0, 60)]),
    "melody": NoteSequence(MELODY),
    "seven eight": NoteSequence([Note(k * 0.5, 0.5, 60 + k % 7) for k in range(14)], metres=[Metre(0.0, 7, 8)]),
    "2,000 notes": NoteSequence([Note(k * 0.25, 0.25, 48 + k * 7 % 36, 0.5) for k in range(2000)]),
    "drums": NoteSequence([Note(k * 0.5, 0.1, 36 if k % 2 == 0 else 38, 0.8, 9) for k in range(16)]),
    "extremes": NoteSequence([Note(0.0, 0.001, 0), Note(0.0, 90.0, 127), Note(100.0, 1.0, 64)]),
}


@pytest.fixture(scope="module")
def models() -> dict[str, NoteModel]:
    return {name: model_class(name).load() for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", PROMPTS)
def test_any_prompt_gives_notes_or_one_sentence(models, name, kind):
    prompt = PROMPTS[kind]
    try:
        music = models[name].generate(prompt, BARS, 1)
    except AntiphonError as error:
        assert "\n" not in str(error) and len(str(error)) > 20
        assert kind != "melody", f"{name} refuses an ordinary melody: {error}"
        return
    assert all(0 <= n.pitch <= 127 and n.duration > 0 and n.beat >= 0 and 0 < n.velocity <= 1 for n in music.notes)
    assert all(0 <= n.channel <= 15 for n in music.notes)
    if prompt is not None and kind == "2,000 notes":
        assert prompt.notes == PROMPTS[kind].notes


@pytest.mark.parametrize("name", NAMES)
def test_bars_of_seven_eight_are_whole_or_refused_by_name(models, name):
    """Notes end with the last bar, and every bar sounds to its last quarter note."""
    line = [Note(k * 0.5, 0.5, 60 + k * 3 % 13) for k in range(28)]
    low = [Note(k * 3.5, 7.0, 43 + 5 * (k % 2), 0.6, 1) for k in range(4)]
    try:
        music = models[name].generate(NoteSequence(sorted(line + low), metres=[Metre(0.0, 7, 8)]), 4, 2)
    except AntiphonError as error:
        assert name in str(error) and "7/8" in str(error) and "4/4" in str(error) and "\n" not in str(error)
        return
    assert (music.metres[0].numerator, music.metres[0].denominator) == (7, 8)
    assert music.end_beat <= 14.0 + 1e-6
    for bar in range(1, 5):
        assert any(n.beat < 3.5 * bar - 1e-6 and n.end > 3.5 * bar - 1.0 for n in music.notes)


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_notes_and_other_seeds_other_notes(models, name):
    prompt = PROMPTS["melody"]
    first = models[name].generate(prompt, 4, 3).notes
    assert first and models[name].generate(prompt, 4, 3).notes == first
    assert model_class(name).load().generate(prompt, 4, 3).notes == first
    others = [models[name].generate(prompt, 4, seed).notes for seed in (4, 5, 6)]
    assert all(notes == first for notes in others) if name in CHOOSES else all(notes != first for notes in others)


@pytest.mark.parametrize("name", NAMES)
def test_music_stays_within_the_bars_asked_for(models, name):
    music = models[name].generate(PROMPTS["melody"], 4, 5)
    assert max(n.beat for n in music.notes) < 16.0 + 0.25


@pytest.mark.parametrize("name", NAMES)
def test_unknown_parameters_and_zero_bars_are_refused(models, name):
    with pytest.raises(AntiphonError, match="no parameter loudness_of_the_sun"):
        models[name].generate(PROMPTS["melody"], 2, 1, loudness_of_the_sun=1.0)
    with pytest.raises(AntiphonError, match="bars"):
        models[name].generate(PROMPTS["melody"], 0, 1)


@pytest.mark.parametrize("name", NAMES)
def test_package_tells_its_origin_its_cost_and_its_limits(name):
    path = PACKAGES / f"{name}.onnx"
    package = load_package(path, kind="notes")
    about = package.about
    assert path.stat().st_size <= LIMIT_BYTES
    assert about.test is not None and about.test.tolerance <= 1e-3
    assert about.provenance["data"] and about.provenance["licence"] and about.provenance["commit"]
    assert about.metrics and about.cost and about.title and about.description
    assert len(package.extra["card"]) > 200
    assert [p.id for p in about.parameters] == [p.id for p in model_class(name).PARAMS]


def test_all_packages_together_stay_small():
    assert sum(p.stat().st_size for p in PACKAGES.glob("*.onnx")) <= ALL_BYTES


@pytest.mark.parametrize("path", sorted(PACKAGES.glob("*.onnx")), ids=lambda p: p.name)
def test_no_package_tells_of_the_machine_that_made_it(path):
    content = path.read_bytes()
    assert b'File "' not in content and b"site-packages" not in content and b"/forward" not in content
