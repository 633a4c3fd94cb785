"""`antiphon render` and `antiphon process`: sound into files, faster than real time; [main]."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from realtime.commands import names
from realtime.commands.options import (
    LONGEST_S,
    SOUNDS,
    Json,
    Rate,
    Settings,
    key_values,
    number,
    readable,
    to_read,
    to_read_argument,
    to_write,
    to_write_argument,
    typed,
)
from realtime.commands.output import print_json, progress_bar, say
from realtime.commands.prepare import prepare_kernels
from realtime.native.errors import AntiphonError, nearest

if TYPE_CHECKING:
    from realtime.contract.device import Device

MODEL_DEVICES = {".nam": "nam", ".onnx": "onnx"}
CAPTURE_RATE = 48000
"""Rate of a model that does not say which it was made for."""


def _report(path: Path, sound: np.ndarray, rate: float, took_s: float, as_json: bool, **more: Any) -> None:
    peak = float(np.abs(sound).max(initial=0.0))
    result = {
        "file": str(path), "seconds": sound.shape[1] / rate, "sample_rate": rate, "took_s": took_s,
        "times_real_time": sound.shape[1] / rate / max(1e-9, took_s),
        "peak_db": 20 * float(np.log10(max(1e-9, peak))), **more,
    }  # fmt: skip
    if as_json:
        print_json(result)
        return
    say(
        f"{path}: {result['seconds']:.1f} s, peak {result['peak_db']:.1f} dBFS, "
        f"{result['times_real_time']:.0f} times faster than real time"
    )
    for text in more.get("report", {}).values():
        say(f"  {text}")


def render(
    scene: Annotated[str, typer.Argument(help="Scene: a name or a .toml file.", autocompletion=names.scenes)],
    output: Annotated[Path, to_write("The .wav or .flac file to write.", "-o", "--output", suffixes=SOUNDS)],
    midi: Annotated[Path | None, to_read("MIDI file to play; default: the built-in piece.")] = None,
    audio: Annotated[Path | None, to_read("Audio file for the scene's audio input.")] = None,
    seconds: Annotated[
        float | None, number("Length; default: until the tails have rung out.", 0.001, LONGEST_S, unit="seconds")
    ] = None,
    rate: Rate = 48000,
    as_json: Json = False,
) -> None:
    """Render a scene to a file, the same to the last bit every time."""
    from realtime.session import render as rendering
    from realtime.session import scene as scenes

    loaded = scenes.load(scene)
    source = None
    if audio is not None:
        source, found = rendering.read_audio(audio)
        source = resample(source, found, rate)
    tempo = None
    if midi is not None:
        messages, tempo = rendering.midi_messages(midi, rate)
    else:
        messages = rendering.demo_messages(loaded, rate)
    prepare_kernels(quiet=as_json)
    timing: dict[str, float] = {}
    with progress_bar(f"Rendering {loaded.title}") as update:
        sound = rendering.render_scene(loaded, messages, seconds, rate, audio_in=source, tempo_bpm=tempo,
                                       progress=lambda share: update(share), timing=timing)  # fmt: skip
    rendering.write_audio(output, sound, rate)
    _report(output, sound, rate, timing["render_s"], as_json, scene=loaded.name, load_s=timing["load_s"])


def resample(sound: np.ndarray, source_rate: float, target_rate: float) -> np.ndarray:
    """Audio (channels, n) at another rate."""
    if source_rate == target_rate:
        return sound
    import soxr

    return np.ascontiguousarray(soxr.resample(sound.T, source_rate, target_rate, "VHQ").T, np.float32)


@dataclass
class _Chosen:
    """A device with its checked values and options; rate: the one its model was made for, None if it has no model."""

    device: Device
    values: dict[str, Any]
    options: dict[str, Any]
    rate: int | None = None


def _choose(name: str, values: dict[str, str], options: dict[str, Any]) -> _Chosen:
    """A device by its name, or by its model's file. Raises AntiphonError."""
    from realtime.devices.registry import find

    suffix = Path(name).suffix.lower()
    if suffix in MODEL_DEVICES:
        options = {"file": str(readable(Path(name)).absolute()), **options}
        name = MODEL_DEVICES[suffix]
    device = find(name)
    if device.kind == "instrument":
        raise AntiphonError(f"{name!r} is an instrument: it takes notes, not audio; use `antiphon render`")
    known = device.option_names
    for option in options:
        if option not in known:
            hint = nearest(option, known, "it has") if known else "it has none"
            raise AntiphonError(f"device {device.name!r} has no option {option!r}; {hint}")
    checked = device.values(values)
    if "file" not in known:
        return _Chosen(device, checked, options)
    given = {key: checked[key] for key in values}  # a model's own parameters are known when it is loaded
    return _Chosen(device, given, options, _model_rate(options.get("file"), device.name))


def _model_rate(file: str | None, device: str) -> int:
    from realtime.neural.files import find_model

    path = find_model(file, device, next(suffix for suffix, name in MODEL_DEVICES.items() if name == device))
    if path.suffix.lower() == ".nam":
        from realtime.neural.nam import load_nam

        made_for: float | None = load_nam(path).sample_rate
    else:
        from realtime.neural.package import load_package

        made_for = load_package(path, infer=True).about.sample_rate
    return round(made_for or CAPTURE_RATE)


def process(
    device: Annotated[
        str, typer.Argument(help="A device name, a .nam capture or an .onnx model.", autocompletion=names.devices)
    ],
    source: Annotated[Path, to_read_argument("Audio file to read.", "IN.wav")],
    target: Annotated[Path, to_write_argument("Audio file to write.", "OUT.wav", SOUNDS)],
    settings: Settings = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Option of the device, as way=onnx or normalise=false; repeatable."),
    ] = None,
    tail: Annotated[float, number("Seconds to ring on after the end.", 0, 600, unit="seconds")] = 0.0,
    rate: Annotated[
        int | None,
        number("Sample rate to work at; default: the file's, or the model's.", 44100, 192000, unit="Hz"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run an audio file through one device."""
    from realtime.session import render as rendering

    chosen = _choose(device, key_values(settings), typed(key_values(option, "--option", "normalise=false")))
    sound, found = rendering.read_audio(source)
    working_rate = rate or chosen.rate or found
    start = time.perf_counter()
    with progress_bar(f"Processing {source.name}") as update:
        done, rig = rendering.process_device(
            chosen.device, resample(sound, found, working_rate), working_rate, chosen.values, chosen.options, tail,
            progress=update,
        )  # fmt: skip
    took = time.perf_counter() - start
    if not np.isfinite(done).all():
        raise AntiphonError(f"{source}: its samples are so large that the output is no number; lower its level first")
    if len(sound) == 1 and np.array_equal(done[0], done[1]):
        done = done[:1]
    rendering.write_audio(target, done, working_rate)
    said = rig.instance.report
    report = {key: str(said[key]) for key in ("way", "warning") if said.get(key)}
    if said.get("warnings"):
        report["warnings"] = "; ".join(said["warnings"])
    _report(target, done, working_rate, took, as_json, device=chosen.device.name, report=report)
