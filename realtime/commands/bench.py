"""`antiphon bench callback|devices|models|players`: figures with a peer or a limit in the same run; [main]."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from realtime.commands.output import console, errors, print_json

app = typer.Typer(help="Measure: callbacks, devices, models, players.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command()
def callback(
    driver: Annotated[str, typer.Option(help="jack, portaudio or null.")] = "jack",
    frames: Annotated[int, typer.Option(help="Frames a block.")] = 64,
    seconds: Annotated[float, typer.Option(help="Length of each side's run.")] = 20.0,
    stall: Annotated[str, typer.Option(help="none, gil (busy thread), hold (GIL held) or gc.")] = "gil",
    versus: Annotated[
        str, typer.Option(help="python: also the ordinary sounddevice callback; none: ours alone.")
    ] = "python",
    scene: Annotated[str, typer.Option(help="Scene both sides play.")] = "first_light",
    as_json: Json = False,
) -> None:
    """Late callbacks under a stalled interpreter, ours against an ordinary Python callback doing the same work."""
    import os

    from realtime.bench.callback import bench_callback, describe
    from realtime.commands.play import prepare_kernels

    prepare_kernels(quiet=as_json)
    os.environ["ANTIPHON_BENCH_SCENE"] = scene
    result = bench_callback(
        driver, frames, seconds, stall, None if versus == "none" else versus,
        factory="realtime.bench.scene_engine:make_engine", progress=lambda text: errors.print(text, highlight=False),
    )  # fmt: skip
    if as_json:
        print_json(result)
    else:
        console.print(describe(result), highlight=False)


@app.command()
def devices(
    names: Annotated[list[str] | None, typer.Argument(help="Devices; default: all.")] = None, as_json: Json = False
) -> None:
    """Nanoseconds per stereo frame of each device at 64 frames, beside the peers' figures."""
    from realtime.bench.devices import bench_devices
    from realtime.commands.play import prepare_kernels

    prepare_kernels(quiet=as_json)
    rows = bench_devices(names or None)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        peer = f"  (pedalboard {row['pedalboard_ns']} ns)" if row.get("pedalboard_ns") else ""
        note = f", {row['voices']} voices: {row['ns_per_voice_frame']:.1f} ns a voice" if row.get("voices") else ""
        console.print(
            f"{row['device']:12s} {row['ns_per_frame']:8.1f} ns a frame = {row['us_per_block']:6.2f} µs a block{note}{peer}",
            highlight=False,
        )


@app.command()
def models(
    paths: Annotated[list[Path] | None, typer.Argument(help="Model files; default: the shipped ones.")] = None,
    as_json: Json = False,
) -> None:
    """Microseconds of each model: a block of audio, by ONNX Runtime and compiled; a step, an event, two bars of notes."""
    from realtime.bench.nets import bench_all
    from realtime.session.paths import MODELS

    found = list(paths or []) or sorted([*MODELS.glob("**/*.nam"), *MODELS.glob("**/*.onnx")])
    rows = bench_all(found)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        console.print(", ".join(f"{key} {value}" for key, value in row.items()), highlight=False)


@app.command()
def players(
    names: Annotated[list[str] | None, typer.Argument(help="Players; default: all.")] = None, as_json: Json = False
) -> None:
    """Time of a player from the end of a phrase to its first note, and for each note."""
    from realtime.bench.players import bench_players

    rows = bench_players(names or None)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        console.print(", ".join(f"{key} {value}" for key, value in row.items()), highlight=False)


@app.command()
def swaps(
    names: Annotated[list[str] | None, typer.Argument(help="Scenes to change between.")] = None,
    count: Annotated[int, typer.Option("--swaps", help="Scene changes on the live engine.")] = 1000,
    as_json: Json = False,
) -> None:
    """A thousand scene changes under sound: largest sample step, late callbacks, memory."""
    from realtime.bench.swaps import bench_swaps
    from realtime.commands.output import progress_bar
    from realtime.commands.play import prepare_kernels

    prepare_kernels(quiet=as_json)
    with progress_bar("Changing scenes") as update:
        result = bench_swaps(names or ["slow_weather", "tines_in_motion"], count, progress=update)
    if as_json:
        print_json(result)
        return
    for key, value in result.items():
        console.print(f"{key}: {value}", highlight=False)


@app.command()
def captures(
    archive: Annotated[Path, typer.Argument(help="A .zip of .nam captures.")],
    reference: Annotated[Path, typer.Argument(help="The .npz with the input and the C++ core's outputs.")],
    as_json: Json = False,
) -> None:
    """Largest error of .nam captures against the C++ core's outputs, compiled and by ONNX Runtime."""
    from realtime.bench.captures import bench_captures

    rows = bench_captures(archive, reference)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        console.print(", ".join(f"{key} {value}" for key, value in row.items()), highlight=False, markup=False)


@app.command()
def quality(as_json: Json = False) -> None:
    """Aliasing, filter tuning, envelope times, limiter ceiling and reverb decay, each beside its limit."""
    from realtime.bench.quality import bench_quality
    from realtime.commands.play import prepare_kernels

    prepare_kernels(quiet=as_json)
    rows = bench_quality()
    if as_json:
        print_json(rows)
        return
    for row in rows:
        mark = "[green]✓[/]" if row["ok"] else "[red]✗[/]"
        console.print(
            f"{mark} {row['what']}: {row['value']:.4g} {row['unit']} (limit {row['limit']:g})", highlight=False
        )
