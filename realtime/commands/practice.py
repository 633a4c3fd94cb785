"""`antiphon practice`: writes an exercise to play, or says what a take of one is worth; [main]."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realtime.commands.options import Json, Seed, in_folder, number, to_read, to_write
from realtime.commands.output import print_json, print_result, say

if TYPE_CHECKING:
    from realtime.players.lesson.exercise import Task
    from realtime.players.lesson.take import Heard

MOST_WORDS = 12
FOLDER_TEXT = "Folder for the exercise: MIDI, MusicXML and a backing with a bar of count-in."


def practice(
    style: Annotated[str, typer.Option(help="Whose rhythm and band: waltz, swing, bossa ...")] = "pop_eighths",
    key: Annotated[str, typer.Option(help="Like D, Bb or F#m.")] = "C",
    level: Annotated[float, number("From a beginner's to an etude.", 1.0, 10.0)] = 3.0,
    hands: Annotated[str, typer.Option(help="both, right or left.")] = "both",
    skill: Annotated[str, typer.Option(help="What it trains: any, scales, arpeggios, leaps, thirds ...")] = "any",
    bars: Annotated[int, number("Its length.", 2, 64, unit="bars")] = 8,
    tempo: Annotated[float | None, number("Default: as the level wants it.", 20.0, 300.0, unit="bpm")] = None,
    seed: Seed = 1,
    out: Annotated[Path | None, in_folder(FOLDER_TEXT, "-o", "--output")] = None,
    score: Annotated[Path | None, to_read("A MIDI file: what was to be played.")] = None,
    played: Annotated[Path | None, to_read("A MIDI file: what was played.")] = None,
    picture: Annotated[Path | None, to_write("Draw the take over its score.", suffixes=(".svg",))] = None,
    as_json: Json = False,
) -> None:
    """Write an exercise by style, key, level and hands; or score a take of one: pitch, timing, evenness, dynamics, and where."""
    from realtime.native.errors import AntiphonError

    if (score is None) != (played is None):
        raise AntiphonError("a take needs both: --score EXERCISE.mid --played TAKE.mid.")
    if score is not None and played is not None:
        _judge(score, played, picture, as_json)
        return
    if out is None:
        raise AntiphonError("say where the exercise goes, -o FOLDER, or what is to be scored, --score and --played.")
    if picture is not None:
        raise AntiphonError("--picture shows a take; give --score and --played with it.")
    result = _write(_task(style, key, level, skill, hands, bars, tempo), seed, out)
    if as_json:
        print_json(result)
    else:
        print_result(result)


def _task(style: str, key: str, level: float, skill: str, hands: str, bars: int, tempo: float | None) -> Task:
    """What is asked for, checked. Raises AntiphonError."""
    from realtime.music.keyfinding import read_key
    from realtime.native.errors import AntiphonError, nearest
    from realtime.players.lesson import HANDS, SKILL_NAMES, Task
    from realtime.players.styles import style_named

    wanted = read_key(key)
    if wanted is None:
        raise AntiphonError(f"--key {key!r}: it is no key; write it like Bb, F# minor or Am.")
    for option, given, known in (("--hands", hands, HANDS), ("--skill", skill, SKILL_NAMES)):
        if given not in known:
            raise AntiphonError(f"{option} {given!r}: there is none; {nearest(given, known)}")
    try:
        style_named(style)
    except AntiphonError as error:
        raise AntiphonError(f"--style: {error}") from None
    return Task(style, wanted, level, skill, hands, bars, None, tempo)


def _write(task: Task, seed: int, folder: Path) -> dict[str, Any]:
    from realtime.models.grade import Grade
    from realtime.music.midifile import write_midi
    from realtime.music.musicxml_write import write_musicxml
    from realtime.native.errors import AntiphonError
    from realtime.players.lesson.backing import backing_file
    from realtime.players.lesson.exercise import make_exercise
    from realtime.session.paths import MODELS

    exercise = make_exercise(Grade.load(MODELS / "grade.onnx"), task, seed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AntiphonError(
            f"{folder}: it cannot be made ({error.strerror or error}); choose another folder."
        ) from None
    stem = f"{task.style}_{task.key.name.replace(' ', '_').replace('#', 's')}_{exercise.grade:.1f}"
    files = {kind: folder / f"{stem}{end}" for kind, end in
             (("exercise", ".mid"), ("score", ".musicxml"), ("backing", "_backing.mid"))}  # fmt: skip
    write_midi(exercise.played, files["exercise"], program=0)
    swings = exercise.played is not exercise.written
    write_musicxml(exercise.written, files["score"], task.key, exercise.title, exercise.chords, swings)
    write_midi(backing_file(exercise), files["backing"])
    return {
        "title": exercise.title, "grade": round(exercise.grade, 2), "metre": list(task.played_metre),
        "tempo_bpm": exercise.written.tempo.tempo_bpm(0.0), "hands": task.hands, "skill": task.skill,
        "notes": len(exercise.written.notes),
        "chords": [chord.symbol(task.key.tonic, task.key.mode) for chord in exercise.chords],
        **{kind: str(path) for kind, path in files.items()},
    }  # fmt: skip


def _judge(score: Path, played: Path, picture: Path | None, as_json: bool) -> None:
    from realtime.music.keyfinding import find_key
    from realtime.players.lesson.picture import picture as draw
    from realtime.players.lesson.take import judge_files
    from realtime.players.lesson.told import marks_told

    heard = judge_files(score, played)
    notes = heard.score.notes
    key = find_key([note.pitch for note in notes], [note.duration for note in notes])
    result = marks_told(heard.marks, key) | {"tempo": round(heard.tempo, 3)}
    if picture is not None:
        _save(picture, draw(heard.score, heard.marks, heard.take, f"{played.name} over {score.name}"))
        result["picture"] = str(picture)
    if as_json:
        print_json(result)
        return
    _say_marks(heard, key, result)


def _save(path: Path, text: str) -> None:
    from realtime.native.errors import AntiphonError
    from realtime.native.whole_file import whole_file

    try:
        with whole_file(path) as part:
            Path(part).write_text(text, "utf-8")
    except OSError as error:
        raise AntiphonError(
            f"{path}: it cannot be written ({error.strerror or error}); choose another place."
        ) from None


def _say_marks(heard: Heard, key: Any, result: dict[str, Any]) -> None:
    from realtime.players.lesson.told import fault_words

    marks = heard.marks
    parts = ", ".join(f"{name} {mark:g}" for name, mark in marks.parts.items())
    say(f"{marks.score:g} of 100: {parts}")
    say(f"{marks.right} of {marks.notes} notes right, {marks.ornaments} ornaments; tempo {100 * heard.tempo:.0f} %")
    say(
        f"timing {marks.mean_ms:+.0f} ms, spread {marks.spread_ms:.0f} ms, {marks.drift_ms:+.1f} ms a bar: {marks.trend}"
    )
    for fault in marks.faults[:MOST_WORDS]:
        say(f"  {fault_words(fault, key)}")
    if len(marks.faults) > MOST_WORDS:
        say(f"  and {len(marks.faults) - MOST_WORDS} more; --json has all, --picture shows them")
    if result["worst"]:
        say("worst: bars {} to {}".format(*result["worst"]))
