"""`antiphon render` and `antiphon process`: sound into files, faster than real time; [main]."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from realtime.commands.output import console, print_json, progress_bar
from realtime.commands.play import prepare_kernels
from realtime.music.sound_file import SoundWriter, read_sound, write_sound
from realtime.native.errors import AntiphonError


def _key_values(pairs: list[str]) -> dict[str, str]:
    values = {}
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found:
            raise AntiphonError(f"--set {pair!r}: write it as name=value, for example --set drive_db=12")
        values[name.strip()] = value.strip()
    return values


def _report(written: SoundWriter, took_s: float, as_json: bool, report: dict, warnings: list[str], **more) -> None:
    seconds = written.frames / written.rate_hz
    if written.clipped:
        warnings = [*warnings, f"{written.clipped} samples above full scale are cut off; a .wav holds them."]
    result = {
        "file": str(written.path), "seconds": seconds, "sample_rate": written.rate_hz, "took_s": took_s,
        "times_real_time": seconds / max(1e-9, took_s), "peak_db": 20 * math.log10(max(1e-9, written.peak)),
        "report": report, "warnings": warnings, **more,
    }  # fmt: skip
    if as_json:
        print_json(result)
        return
    console.print(
        f"{written.path}: {seconds:.1f} s, peak {result['peak_db']:.1f} dBFS, "
        f"{result['times_real_time']:.0f} times faster than real time", highlight=False, markup=False,
    )  # fmt: skip
    for text in (*report.values(), *warnings):
        console.print(f"  {text}", highlight=False, markup=False)


def render(
    scene: Annotated[str, typer.Argument(help="Scene: a name or a .toml file.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .wav or .flac file to write.")],
    midi: Annotated[Path | None, typer.Option(help="MIDI file to play; default: the built-in piece.")] = None,
    audio: Annotated[Path | None, typer.Option(help="Audio file for the scene's audio input.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Length; default: until the tails have rung out.")] = None,
    rate: Annotated[int, typer.Option(help="Sample rate in Hz.")] = 48000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Render a scene to a file, the same to the last bit every time."""
    from realtime.session import render as rendering
    from realtime.session import scene as scenes
    from realtime.session.checks import lost_outputs

    loaded = scenes.load(scene)
    music = rendering.demo_music(loaded, rate) if midi is None else rendering.midi_music(midi, rate)
    source, warnings = None, [*music.warnings, *lost_outputs(loaded.rack, 2, live=False)]
    if audio is not None:
        source, heard = _input(audio, rate)
        source, unheard = rendering.input_for(loaded, source, audio)
        warnings = [*warnings, *heard, *unheard]
    timing: dict[str, float] = {}
    most = rendering.most_frames(music, seconds, rate, source)
    prepare_kernels(quiet=as_json)
    with (
        SoundWriter(output, rate, 2, most) as written,
        progress_bar(f"Rendering {loaded.title}") as update,
    ):
        for piece in rendering.render_pieces(
            loaded, music, seconds, rate, audio_in=source, progress=lambda share: update(share), timing=timing
        ):
            written.write(piece)
    _report(written, timing["render_s"], as_json, {}, warnings, scene=loaded.name, load_s=timing["load_s"])


def _input(path: Path, rate: float) -> tuple[np.ndarray, list[str]]:
    """A sound file (channels, n) at a rate, and what of it could not be read."""
    found = read_sound(path)
    return resample(found.samples, found.rate_hz, rate), [found.damage] if found.damage else []


def resample(sound: np.ndarray, source_rate: float, target_rate: float) -> np.ndarray:
    """Audio (channels, n) at another rate."""
    if source_rate == target_rate:
        return sound
    import soxr

    return np.ascontiguousarray(soxr.resample(sound.T, source_rate, target_rate, "VHQ").T, np.float32)


def process(
    device: Annotated[str, typer.Argument(help="A device name, a .nam capture or an .onnx model.")],
    source: Annotated[Path, typer.Argument(metavar="IN.wav", help="Audio file to read.")],
    target: Annotated[Path, typer.Argument(metavar="OUT.wav", help="Audio file to write.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Parameter as name=value; may be repeated.")
    ] = None,
    tail: Annotated[float, typer.Option(help="Seconds to ring on after the end.")] = 0.0,
    rate: Annotated[
        int | None, typer.Option(help="Sample rate to work at; default: the file's, or the model's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run an audio file through one device."""
    from realtime.devices.registry import find
    from realtime.neural.rates import sample_rate_of
    from realtime.session import render as rendering

    read = read_sound(source)
    sound, found = read.samples, read.rate_hz
    warnings = [read.damage] if read.damage else []
    if len(sound) > 2:
        warnings.append(f"{source} has {len(sound)} channels; the first two are taken.")
    options: dict = {}
    suffix = Path(device).suffix.lower()
    if suffix in (".nam", ".onnx"):
        if not Path(device).is_file():
            raise AntiphonError(f"there is no model file {device!r}")
        options["file"] = device
        chosen = find("nam" if suffix == ".nam" else "onnx")
        if rate is None:
            rate = round(sample_rate_of(device) or 48000)
        options["slow"] = True  # nobody waits for it
    else:
        chosen = find(device)
        if chosen.kind == "instrument":
            raise AntiphonError(f"{device!r} is an instrument: it takes notes, not audio; use `antiphon render`")
    working_rate = rate or found
    values: dict = _key_values(settings or [])
    if not options:
        values = chosen.values(values)
    start = time.perf_counter()
    done, rig = rendering.process_device(
        chosen, resample(sound, found, working_rate), working_rate, values, options, tail
    )
    took = time.perf_counter() - start
    if len(sound) == 1 and np.array_equal(done[0], done[1]):
        done = done[:1]
    written = write_sound(target, done, working_rate)
    told = rig.instance.report
    report = {key: str(told[key]) for key in ("way",) if key in told}
    warnings += told.get("warnings", ())
    _report(written, took, as_json, report, warnings, device=chosen.name)
