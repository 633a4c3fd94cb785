"""`antiphon generate`, `train`, `export`, `evaluate`: the players' notes, and the workshop behind them; [main]."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from realtime.commands.output import console, print_json, progress_bar
from realtime.native.errors import AntiphonError


def _workshop(module: str) -> Any:
    """A module of the workshop. Raises AntiphonError when its libraries are not installed."""
    try:
        return importlib.import_module(f"export.{module}")
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("export"):
            raise
        raise AntiphonError(
            f"the workshop needs {error.name!r}; install it with: pip install -c constraints.txt -e '.[train]'"
        ) from None


def _print(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    for key, value in result.items():
        if isinstance(value, dict):
            for name, number in value.items():
                console.print(f"{key}.{name}: {number}", highlight=False)
        else:
            console.print(f"{key}: {value}", highlight=False)


def generate(
    model: Annotated[str, typer.Argument(help="Which model or player, for example phrase, groove or answer.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="MIDI file to write.")],
    prompt: Annotated[Path | None, typer.Option(help="MIDI file to go on from; default: none.")] = None,
    bars: Annotated[int, typer.Option(help="Bars to play.", min=1, max=512)] = 8,
    seed: Annotated[int, typer.Option(help="The same seed gives the same notes.")] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Parameter as name=value; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Let a model write notes into a MIDI file, or a player answer one."""
    from realtime.commands.offline import _key_values
    from realtime.models import generate as by_model
    from realtime.players import rehearsal as by_player
    from realtime.players.registry import player_names

    write = by_player.generate_file if model in player_names() else by_model.generate_file
    values = _key_values(settings or [])
    _print(write(model, output, prompt=prompt, bars=bars, seed=seed, **values), as_json)


def train(
    model: Annotated[str, typer.Argument(help="Which model; see models_onnx/README.md.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of MIDI, MusicXML or .jsonl.gz files; default: music21's corpora.")
    ] = None,
    preset: Annotated[str, typer.Option(help="small (a laptop) or full (a GPU).")] = "small",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the run.")] = 1,
    out: Annotated[
        Path, typer.Option(help="Folder of the runs; this one lies in a folder of the model's name.")
    ] = Path("out"),
    minutes: Annotated[float | None, typer.Option(help="Stop after so long.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Any setting of train.py as name=value; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="No bar; print the result as JSON.")] = False,
    population: Annotated[
        int | None, typer.Option(help="Train so many at once, by population based training.", min=2)
    ] = None,
    generations: Annotated[int, typer.Option(help="Of a population.", min=1)] = 6,
    steps: Annotated[int, typer.Option(help="Of each member in a generation.", min=1)] = 200,
    vary: Annotated[
        list[str] | None, typer.Option(help="Setting that a population varies: rate=5e-4:8e-3:log; may be repeated.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster (auto, ray://host:10001); default: this machine.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes of a population on this machine.", min=1)] = 1,
) -> None:
    """Train a model, or a population of them."""
    from realtime.commands.offline import _key_values

    commands = _workshop("commands")
    common: dict[str, Any] = {
        "data": data, "preset": preset, "seed": seed, "out": out / model, "minutes": minutes,
        "progress": not as_json, "settings": _key_values(settings or []),
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
    model: Annotated[str, typer.Argument(help="Which model.")],
    run: Annotated[Path, typer.Option(help="Folder of the training runs.")] = Path("out"),
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The .onnx package; default: models_onnx/.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The data, where it has moved since the training.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Export a trained model as a package."""
    _print(_workshop("commands").export(model, run=run / model, output=output, data=data), as_json)


def evaluate(
    model: Annotated[str, typer.Argument(help="Which model.")],
    data: Annotated[Path | None, typer.Option(help="A .jsonl.gz file or a folder; default: music21's corpora.")] = None,
    pieces: Annotated[int | None, typer.Option(help="At most so many pieces.", min=1)] = None,
    package: Annotated[Path | None, typer.Option(help="Another package than the shipped one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Measure a shipped model on held-out music."""
    commands = _workshop("commands")
    if as_json:
        print_json(commands.evaluate(model, data=data, pieces=pieces, package=package))
        return
    with progress_bar("Evaluating") as update:
        result = commands.evaluate(model, data=data, pieces=pieces, package=package, progress=update)
    _print(result, False)


def corpus(
    data: Annotated[Path | None, typer.Argument(help="A folder or file of music; default: music21's corpora.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for corpora.json and pictures.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """What is in a corpus: pieces, notes, keys, metres, chords, and which files are damaged."""
    result = _workshop("corpora").survey(data, out)
    if as_json:
        print_json(result)
        return
    for name, found in result["corpora"].items():
        splits = ", ".join(f"{count} {split}" for split, count in found["splits"].items())
        notes = found["notes"] + found["drum_notes"]
        console.print(f"{name}: {found['pieces']} pieces ({splits}), {notes} notes", highlight=False)
    for place in result["damaged"]:
        console.print(f"damaged: {place}", highlight=False, markup=False)


def features(
    file: Annotated[Path, typer.Argument(help="A sound file (WAV, FLAC, OGG, MP3) or a MIDI file.")],
    picture: Annotated[Path | None, typer.Option(help="Draw them into this PNG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Descriptors of a sound or of notes: spectrum, chroma, onsets, pitch; rhythm, tonality, melody, texture."""
    typer.echo(_workshop("features.table").describe(file, json=as_json, picture=picture))
