"""`antiphon render` and `antiphon process`: sound into files, faster than real time; [main]."""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from realtime.commands import names
from realtime.commands.options import (
    LONGEST_S,
    MIDI_FILES,
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
from realtime.music.sound_file import SoundWriter, read_sound, resample, write_sound
from realtime.native.errors import AntiphonError

if TYPE_CHECKING:
    from realtime.contract.device import Device
    from realtime.session.note_take import NoteTake

MODEL_DEVICES = {".nam": "nam", ".onnx": "onnx"}
MOST_BARS = 100_000
CAPTURE_RATE = 48000
"""Rate of a model that does not say which it was made for."""


def _report(written: SoundWriter, took_s: float, as_json: bool, report: dict, warnings: list[str], **more: Any) -> None:
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
    say(
        f"{written.path}: {seconds:.1f} s, peak {result['peak_db']:.1f} dBFS, "
        f"{result['times_real_time']:.0f} times faster than real time"
    )
    if "notes" in more:
        _say_notes(more["notes"])
    for text in (*report.values(), *warnings):
        say(f"  {text}")


def _say_notes(written: dict[str, Any]) -> None:
    say(f"{written['file']}: {written['end_beat']:.1f} beats")
    for row in written["tracks"]:
        channel = "" if row["channel"] is None else f" on channel {row['channel']}"
        say(f"  {row['track']}: {row['notes']} notes{channel}")


def render(
    scene: Annotated[str, typer.Argument(help="Scene: a name or a .toml file.", autocompletion=names.scenes)],
    output: Annotated[
        Path | None, to_write("The .wav or .flac file to write.", "-o", "--output", suffixes=SOUNDS)
    ] = None,
    notes: Annotated[
        Path | None, to_write("MIDI file to write: you, and each lane of the players.", suffixes=MIDI_FILES)
    ] = None,
    midi: Annotated[Path | None, to_read("MIDI file to play; default: the built-in piece.")] = None,
    audio: Annotated[Path | None, to_read("Audio file for the scene's audio input.")] = None,
    seconds: Annotated[
        float | None,
        number("Length; default: until it is answered and the tails have rung out.", 0.001, LONGEST_S, unit="seconds"),
    ] = None,
    bars: Annotated[int | None, number("Length in bars, instead.", 1, MOST_BARS, unit="bars")] = None,
    rate: Rate = 48000,
    as_json: Json = False,
) -> None:
    """Render a scene and its players into a sound file, a MIDI file or both, the same to the last bit every time."""
    from realtime.session import render as rendering
    from realtime.session import scene as scenes
    from realtime.session.checks import lost_outputs

    if output is None and notes is None:
        raise AntiphonError("render writes nothing yet: give it -o FILE.wav, --notes FILE.mid, or both.")
    if bars is not None and seconds is not None:
        raise AntiphonError("--bars and --seconds both give the length; one will do.")
    loaded = scenes.load(scene)
    music = rendering.demo_music(loaded, rate) if midi is None else rendering.midi_music(midi, rate)
    if bars is not None:
        seconds = rendering.frames_of_bars(loaded, music, bars, rate) / rate
    source, warnings = None, [*music.warnings, *lost_outputs(loaded.rack, 2, live=False)]
    if audio is not None:
        source, heard = _input(audio, rate)
        source, unheard = rendering.input_for(loaded, source, audio)
        warnings = [*warnings, *heard, *unheard]
    timing: dict[str, float] = {}
    takes: list[NoteTake] = []
    most = rendering.most_frames(music, seconds, rate, source)
    prepare_kernels(quiet=as_json)
    rendered = 0
    with (
        nullcontext() if output is None else SoundWriter(output, rate, 2, most) as written,
        progress_bar(f"Rendering {loaded.title}") as update,
    ):
        for piece in rendering.render_pieces(
            loaded,
            music,
            seconds,
            rate,
            audio_in=source,
            progress=lambda share: update(share),
            timing=timing,
            told=warnings,
            players=True,
            takes=takes if notes is not None else None,
        ):
            rendered += piece.shape[1]
            if written is not None:
                written.write(piece)
    more: dict[str, Any] = {"scene": loaded.name, "load_s": timing["load_s"]}
    if notes is not None:
        more["notes"] = takes[0].write(notes)
    if written is None:
        _report_notes(more, rendered / rate, timing["render_s"], as_json, warnings)
        return
    _report(written, timing["render_s"], as_json, {}, warnings, **more)


def _report_notes(more: dict[str, Any], seconds: float, took_s: float, as_json: bool, warnings: list[str]) -> None:
    """What was played, where no sound is written."""
    if as_json:
        speed = seconds / max(1e-9, took_s)
        print_json({"seconds": seconds, "took_s": took_s, "times_real_time": speed, "warnings": warnings, **more})
        return
    _say_notes(more["notes"])
    for text in warnings:
        say(f"  {text}")


def _input(path: Path, rate: float) -> tuple[np.ndarray, list[str]]:
    """A sound file (channels, n) at a rate, and what of it could not be read."""
    found = read_sound(path)
    return resample(found.samples, found.rate_hz, rate), [found.damage] if found.damage else []


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
    if device.kind in ("instrument", "midi"):
        raise AntiphonError(f"{name!r} is of the kind {device.kind}: it takes notes, not audio; use `antiphon render`")
    device.option_values(options)
    checked = device.values(values)
    if "file" not in device.option_names:
        return _Chosen(device, checked, options)
    if "slow" in device.option_names:
        options = {"slow": True, **options}  # nobody waits for it
    given = {key: checked[key] for key in values}  # a model's own parameters are known when it is loaded
    return _Chosen(device, given, options, _model_rate(options.get("file"), device.name))


def _model_rate(file: str | None, device: str) -> int:
    from realtime.neural.files import find_model
    from realtime.neural.rates import sample_rate_of

    path = find_model(file, device, next(suffix for suffix, name in MODEL_DEVICES.items() if name == device))
    return round(sample_rate_of(path) or CAPTURE_RATE)


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
    read = read_sound(source)
    sound, found = read.samples, read.rate_hz
    warnings = [read.damage] if read.damage else []
    if len(sound) > 2:
        warnings.append(f"{source} has {len(sound)} channels; the first two are taken.")
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
    if len(sound) == 1 and len(done) > 1 and np.array_equal(done[0], done[1]):
        done = done[:1]
    written = write_sound(target, done, working_rate)
    said = rig.instance.report
    report = {key: str(said[key]) for key in ("way",) if said.get(key)}
    warnings += [str(text) for text in said.get("warnings", ())]
    _report(written, took, as_json, report, warnings, device=chosen.device.name)
