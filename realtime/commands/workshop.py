"""`antiphon generate`, `train`, `export`, `evaluate`: the players' notes, and the workshop behind them; [main]."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from realtime.commands import names
from realtime.commands.options import (
    MIDI_FILES,
    Json,
    Seed,
    Settings,
    in_folder,
    key_values,
    number,
    readable,
    to_read,
    to_read_argument,
    to_write,
)
from realtime.commands.output import console, print_json, print_result, progress_bar, say
from realtime.commands.roll import piano_roll

Model = Annotated[str, typer.Argument(help="Which model; see `antiphon models`.", autocompletion=names.models)]
MOST_STEPS = 10_000_000


def _workshop(module: str) -> Any:
    """A module of the workshop."""
    return importlib.import_module(f"export.{module}")


def _check_model(model: str) -> None:
    """Raises AntiphonError for a model that the workshop has not, before any of its libraries is asked for."""
    _workshop("registry").check(model)


def _print(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        print_result(result)


def generate(
    model: Annotated[
        str,
        typer.Argument(
            help="Which model or player, for example phrase, groove or answer.", autocompletion=names.writers
        ),
    ],
    output: Annotated[Path, to_write("MIDI file to write.", "-o", "--output", suffixes=MIDI_FILES)],
    prompt: Annotated[Path | None, to_read("MIDI file to go on from; default: none.")] = None,
    bars: Annotated[int, number("Bars to play.", 1, 512, unit="bars")] = 8,
    seed: Seed = 0,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Let a model write notes into a MIDI file, or a player answer one, and draw them."""
    from realtime.models import generate as by_model
    from realtime.players import rehearsal as by_player
    from realtime.players.registry import player_names

    write = by_player.generate_file if model in player_names() else by_model.generate_file
    result = write(model, output, prompt=prompt, bars=bars, seed=seed, **key_values(settings))
    if as_json:
        print_json(result)
        return
    for line in piano_roll(result["notes"], console.width):
        say(line)
    if console.is_terminal:  # the list of all notes is for programs: in a pipe, or by --json
        result["notes"] = len(result["notes"])
    print_result(result)


def train(
    model: Model,
    data: Annotated[
        Path | None,
        to_read("Folder of MIDI, MusicXML or .jsonl.gz files; default: music21's corpora.", folders=True),
    ] = None,
    preset: Annotated[str, typer.Option(help="small (a laptop) or full (a GPU).")] = "small",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    seed: Annotated[int, number("Seed of the run.", 0, 2**32 - 1)] = 1,
    out: Annotated[Path, in_folder("Folder of the runs; this one lies in a folder of the model's name.")] = Path("out"),
    minutes: Annotated[float | None, number("Stop after so long.", 0.001, 100_000, unit="minutes")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any setting of train.py as name=value; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="No bar; print the result as JSON.")] = False,
    population: Annotated[int | None, number("Train so many at once, by population based training.", 2, 1000)] = None,
    generations: Annotated[int, number("Of a population.", 1, 100_000)] = 6,
    steps: Annotated[int, number("Of each member in a generation.", 1, MOST_STEPS)] = 200,
    vary: Annotated[
        list[str] | None, typer.Option(help="Setting that a population varies: rate=5e-4:8e-3:log; may be repeated.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster (auto, ray://host:10001); default: this machine.")
    ] = None,
    workers: Annotated[int, number("Processes of a population on this machine.", 1, 256)] = 1,
) -> None:
    """Train a model, or a population of them."""
    _check_model(model)
    commands = _workshop("commands")
    common: dict[str, Any] = {
        "data": data, "preset": preset, "seed": seed, "out": out / model, "minutes": minutes,
        "progress": not as_json, "settings": key_values(settings, example="rate=1e-3"),
    }  # fmt: skip
    if population is None:
        _print(commands.train(model, resume=resume, **common), as_json)
        return
    result = commands.train_population(
        model, members=population, generations=generations, steps=steps, vary=vary or (), address=cluster,
        workers=workers, **common,
    )  # fmt: skip
    _print(result, as_json)


def export(
    model: Model,
    run: Annotated[Path, typer.Option(help="Folder of the training runs.", metavar="FOLDER")] = Path("out"),
    output: Annotated[
        Path | None, to_write("The .onnx package; default: models_onnx/.", "-o", "--output", suffixes=(".onnx",))
    ] = None,
    data: Annotated[Path | None, to_read("The data, where it has moved since the training.", folders=True)] = None,
    as_json: Json = False,
) -> None:
    """Export a trained model as a package."""
    _check_model(model)
    commands = _workshop("commands")
    readable(run / model, folders=True)
    _print(commands.export(model, run=run / model, output=output, data=data), as_json)


def evaluate(
    model: Model,
    data: Annotated[
        Path | None, to_read("A .jsonl.gz file or a folder; default: music21's corpora.", folders=True)
    ] = None,
    pieces: Annotated[int | None, number("At most so many pieces.", 1, MOST_STEPS, unit="pieces")] = None,
    package: Annotated[Path | None, to_read("Another package than the shipped one.")] = None,
    c2st: Annotated[
        bool, typer.Option("--c2st", help="Only the two-sample test: can a classifier tell its music from real music?")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure a shipped model on held-out music."""
    _check_model(model)
    commands = _workshop("commands")
    wanted: dict[str, Any] = {"data": data, "pieces": pieces, "package": package, "c2st": c2st}
    if as_json:
        print_json(commands.evaluate(model, **wanted))
        return
    with progress_bar("Evaluating") as update:
        result = commands.evaluate(model, progress=update, **wanted)
    tells = result.pop("tells", [])
    _print(result, False)
    for row in tells:
        say(
            f"  {row['of']}: {row['feature']} gives away {100 * row['share']:.0f} % "
            f"({row['generated']:.3g} against {row['real']:.3g} of real music)"
        )


def corpus(
    data: Annotated[
        Path | None,
        to_read_argument("A folder or file of music; default: music21's corpora.", "DATA", folders=True),
    ] = None,
    out: Annotated[Path | None, in_folder("Folder for corpora.json and pictures.", "-o", "--output")] = None,
    as_json: Json = False,
) -> None:
    """What is in a corpus: pieces, notes, keys, metres, chords, and which files are damaged."""
    result = _workshop("corpora").survey(data, out)
    if as_json:
        print_json(result)
        return
    for name, found in result["corpora"].items():
        splits = ", ".join(f"{count} {split}" for split, count in found["splits"].items())
        say(f"{name}: {found['pieces']} pieces ({splits}), {found['notes'] + found['drum_notes']} notes")
    for place in result["damaged"]:
        say(f"damaged: {place}")


def features(
    file: Annotated[Path, to_read_argument("A sound file (WAV, FLAC, OGG, MP3) or a MIDI file.", "FILE")],
    picture: Annotated[Path | None, to_write("Draw them into this PNG.", suffixes=(".png",))] = None,
    as_json: Json = False,
) -> None:
    """Descriptors of a sound or of notes: spectrum, chroma, onsets, pitch; rhythm, tonality, melody, texture."""
    for line in _workshop("features.table").describe(file, json=as_json, picture=picture).splitlines():
        print(line) if as_json else say(line)
