"""`antiphon bench callback|devices|models|players`: figures with a peer or a limit in the same run; [main]."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from realtime.commands import names as known
from realtime.commands.options import Json, number, readable, to_read, to_read_argument
from realtime.commands.output import errors, print_fields, print_json, progress_bar, say
from realtime.commands.prepare import prepare_kernels

MEASURES = ("answers", "planning", "reflex", "chords", "following", "drums", "clock", "memory")
"""As in realtime.bench.measures_of_players, which is slow to import."""
REFLEX, LED_SCENE = "harmonist", "pop_band"

app = typer.Typer(help="Measure: callbacks, devices, models, players.", no_args_is_help=True)


def _command(example: str):
    return app.command(epilog=f"For example: antiphon bench {example}")


@_command("callback --driver jack --frames 64 --seconds 20 --stall gil --versus python")
def callback(
    driver: Annotated[str, typer.Option(help="jack, portaudio or null.", autocompletion=known.drivers)] = "jack",
    frames: Annotated[int, number("Frames a block.", 16, 2048, unit="frames")] = 64,
    seconds: Annotated[float, number("Length of each side's run.", 0.1, 3600, unit="seconds")] = 20.0,
    stall: Annotated[str, typer.Option(help="none, gil (busy thread), hold (GIL held) or gc.")] = "gil",
    versus: Annotated[
        str, typer.Option(help="python: also the ordinary sounddevice callback; none: ours alone.")
    ] = "python",
    scene: Annotated[str, typer.Option(help="Scene both sides play.", autocompletion=known.scenes)] = "first_light",
    as_json: Json = False,
) -> None:
    """Late callbacks under a stalled interpreter, ours against an ordinary Python callback doing the same work."""
    import os

    from realtime.bench.callback import bench_callback, describe
    from realtime.session.paths import find_scene

    find_scene(scene)
    prepare_kernels(quiet=as_json)
    os.environ["ANTIPHON_BENCH_SCENE"] = scene
    result = bench_callback(
        driver, frames, seconds, stall, None if versus == "none" else versus,
        factory="realtime.bench.scene_engine:make_engine", progress=lambda text: say(text, to=errors),
    )  # fmt: skip
    if as_json:
        print_json(result)
    else:
        for line in describe(result).splitlines():
            say(line)


@_command("devices reverb chorus --versus pedalboard")
def devices(
    names: Annotated[
        list[str] | None, typer.Argument(help="Devices; default: all.", autocompletion=known.devices)
    ] = None,
    versus: Annotated[
        str, typer.Option(help="pedalboard: also its effects, in turns (extra 'peers'); none: ours alone.")
    ] = "none",
    as_json: Json = False,
) -> None:
    """Nanoseconds per stereo frame of each device, in blocks of 64 and 1,024 frames; beside a peer's in the same run."""
    from realtime.bench.devices import bench_devices, check, describe
    from realtime.bench.peer_effects import peer

    check(names or None)
    other = peer(versus)
    prepare_kernels(quiet=as_json)
    with progress_bar("Measuring devices") as update:
        rows = bench_devices(names or None, other, progress=update)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say(describe(row))


@_command("models models_onnx/phrase.onnx")
def models(
    paths: Annotated[list[Path] | None, typer.Argument(help="Model files; default: the shipped ones.")] = None,
    as_json: Json = False,
) -> None:
    """Microseconds of each model: a block of audio, by ONNX Runtime and compiled; a step, an event, two bars of notes."""
    from realtime.bench.nets import bench_all
    from realtime.session.paths import MODELS

    found = [readable(path) for path in paths or ()] or sorted([*MODELS.glob("**/*.nam"), *MODELS.glob("**/*.onnx")])
    rows = bench_all(found)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print_fields(row)


@_command("players answer --measure planning --minutes 10 --json")
def players(
    names: Annotated[
        list[str] | None, typer.Argument(help="Players; default: all.", autocompletion=known.players)
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help=f"{', '.join(MEASURES)}, all; may be repeated; default: answers.", metavar="MEASURE"),
    ] = None,
    minutes: Annotated[float, number("Live run of `planning`.", 0.05, 600, unit="minutes")] = 1.0,
    notes: Annotated[int, number("Notes of `reflex`.", 10, 100_000)] = 1000,
    device: Annotated[str, typer.Option(help="The midi device of `reflex`.", autocompletion=known.devices)] = REFLEX,
    frames: Annotated[int, number("Frames a block, of `reflex`.", 16, 64, unit="frames")] = 64,
    driver: Annotated[str, typer.Option(help="jack or null, of `reflex`.")] = "jack",
    scene: Annotated[str, typer.Option(help="Scene of `chords` and `drums`.", autocompletion=known.scenes)] = LED_SCENE,
    songs: Annotated[int, number("Songs of each set.", 1, 1000, unit="songs")] = 20,
    data: Annotated[
        Path | None, to_read("Folder with pop909.jsonl.gz, openewld.jsonl.gz and groove_midi.jsonl.gz.", folders=True)
    ] = None,
    as_json: Json = False,
) -> None:
    """Players: time to an answer, planning and late notes, reflex in the block, chords, following, drums, clock, memory."""
    from realtime.bench.measures_of_players import MEASURES as known_measures
    from realtime.bench.measures_of_players import Wanted
    from realtime.native.errors import AntiphonError, nearest

    chosen = list(known_measures) if measure == ["all"] else measure or ["answers"]
    for one in chosen:
        if one not in known_measures:
            raise AntiphonError(f"--measure {one!r} is unknown; {nearest(one, [*known_measures, 'all'])}")
    if driver not in ("jack", "null"):
        raise AntiphonError(f"--driver {driver!r}: the bench of players runs on jack or null")
    wanted = Wanted(tuple(names or ()), minutes, notes, device, frames, driver, scene, songs, data)
    prepare_kernels(quiet=as_json)
    with progress_bar("Measuring players") as update:
        rows = [row for one in chosen for row in known_measures[one](wanted, update)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print_fields(row)


@_command("swaps --swaps 100")
def swaps(
    names: Annotated[
        list[str] | None, typer.Argument(help="Scenes to change between.", autocompletion=known.scenes)
    ] = None,
    count: Annotated[int, number("Scene changes on the live engine.", 1, 1_000_000, "--swaps")] = 1000,
    held: Annotated[
        bool, typer.Option("--held", help="Switch by program change, with notes, pedal and live input held.")
    ] = False,
    as_json: Json = False,
) -> None:
    """A thousand scene changes under sound: largest sample step, late callbacks, memory."""
    from realtime.bench.held_swaps import bench_held_swaps
    from realtime.bench.swaps import bench_swaps

    prepare_kernels(quiet=as_json)
    with progress_bar("Changing scenes") as update:
        bench = bench_held_swaps if held else bench_swaps
        result = bench(names or ["slow_weather", "tines_in_motion"], count, progress=update)
    if as_json:
        print_json(result)
        return
    for key, value in result.items():
        say(f"{key}: {value}")


@_command("songs --switches 50 --seconds 30")
def songs(
    switches: Annotated[int, number("Program changes from a JACK client.", 2, 100_000, "--switches")] = 500,
    seconds: Annotated[float, number("Length of the run.", 1, 36_000, unit="seconds")] = 300.0,
    frames: Annotated[int, number("Frames a block.", 16, 2048, unit="frames")] = 64,
    as_json: Json = False,
) -> None:
    """Songs switched by program changes with notes and pedal held: clicks, hung notes, late callbacks, memory, delay."""
    from realtime.bench.songs import bench_songs

    prepare_kernels(quiet=as_json)
    with progress_bar("Changing songs") as update:
        result = bench_songs(switches, seconds, frames, progress=update)
    if as_json:
        print_json(result)
        return
    for key, value in result.items():
        say(f"{key}: {value}")


@_command("edits --edits 200")
def edits(
    count: Annotated[int, number("Edits, offline and then on the live engine.", 5, 1_000_000, "--edits")] = 1000,
    as_json: Json = False,
) -> None:
    """Random edits under a steady tone, of a rack and of a session (undo, redo, rate changes): steps, late callbacks, memory."""
    from realtime.bench.edits import bench_edits

    prepare_kernels(quiet=as_json)
    with progress_bar("Editing") as update:
        result = bench_edits(count, progress=update)
    if as_json:
        print_json(result)
        return
    for where, found in result.items():
        for key, value in found.items():
            say(f"{where} {key}: {value}")


@_command("panel --seconds 10 --json")
def panel(
    seconds: Annotated[float, number("Length of each run.", 1, 3600, unit="seconds")] = 10.0,
    view: Annotated[str, typer.Option(help="View that is drawn.")] = "stage",
    size: Annotated[str, typer.Option(metavar="WIDTHxHEIGHT", help="Size of the window.")] = "1920x1080",
    scene: Annotated[str, typer.Option(help="Scene that plays; for the view players with its players.")] = "",
    as_json: Json = False,
) -> None:
    """Frame time of the panel, knob to engine, and the callback with the panel closed, open and stalled."""
    from realtime.bench.panel import bench_panel
    from realtime.commands.panel import SIZE, VIEWS
    from realtime.native.errors import AntiphonError

    if view not in VIEWS or not SIZE.fullmatch(size):
        raise AntiphonError(f"--view is one of {', '.join(VIEWS)}, --size WIDTHxHEIGHT such as 1920x1080")
    prepare_kernels(quiet=as_json)
    result = bench_panel(seconds, view, size, scene)
    if as_json:
        print_json(result)
        return
    for what, found in result.items():
        say(f"{what}: {found}")


@_command("captures captures.zip reference.npz")
def captures(
    archive: Annotated[Path, to_read_argument("A .zip of .nam captures.", "ARCHIVE")],
    reference: Annotated[Path, to_read_argument("The .npz with the input and the C++ core's outputs.", "REFERENCE")],
    as_json: Json = False,
) -> None:
    """Largest error of .nam captures against the C++ core's outputs, compiled and by ONNX Runtime."""
    from realtime.bench.captures import bench_captures

    rows = bench_captures(archive, reference)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print_fields(row)


@_command("quality")
def quality(as_json: Json = False) -> None:
    """Aliasing, filter tuning, envelope times, limiter ceiling and reverb decay, each beside its limit."""
    from realtime.bench.quality import bench_quality

    prepare_kernels(quiet=as_json)
    rows = bench_quality()
    if as_json:
        print_json(rows)
        return
    for row in rows:
        mark = ("✓", "green") if row["ok"] else ("✗", "red")
        say(mark, f" {row['what']}: {row['value']:.4g} {row['unit']} (limit {row['limit']:g})")
