"""Trains the shipped amp captures: a small WaveNet learns the simulated amplifiers of amp_circuit.py; workshop only.

    python -m export.amp_capture crunch --steps 5000        about 15 minutes on one core
    python -m export.amp_capture crunch --package           only writes the .onnx anew from the .nam

Writes models_onnx/amps/<name>.nam (classic format) and models_onnx/<name>.onnx (package); prints the error-to-signal
ratio (ESR) on audio that the training never saw. Architecture: A. Wright et al., "Real-time guitar amplifier emulation
with deep learning" (Applied Sciences 2020), in the layout of Neural Amp Modeler.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from export.amp_circuit import AMPS, RATE, excitation, guitar, play_through
from export.package import put_package
from realtime.neural.nam import load_nam
from realtime.neural.nam_graph import AUDIO_IN, AUDIO_OUT, nam_graph
from realtime.neural.ort import OrtSession
from realtime.neural.package_manifest import METADATA_KEY, About, RoleRow, StateRow, TensorData, TestVector

MODELS = Path(__file__).resolve().parents[1] / "models_onnx"
TRAIN_S, UNSEEN_S = 120.0, 20.0
BATCH, SEGMENT = 6, 8192
LEARNING_RATE, FINAL_RATE = 4e-3, 4e-5
HEAD_SCALE = 0.1
ARRAYS: tuple[dict[str, Any], ...] = (
    {"input_size": 1, "channels": 8, "head_size": 8, "dilations": [2**n for n in range(10)], "head_bias": False},
    {"input_size": 8, "channels": 8, "head_size": 1, "dilations": [2**n for n in range(8)], "head_bias": True},
)


class Layer(nn.Module):
    """One dilated convolution with the dry input mixed in; shapes (batch, channels, frames), frames shrink."""

    def __init__(self, channels: int, dilation: int):
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, 3, dilation=dilation)
        self.mixin = nn.Conv1d(1, channels, 1, bias=False)
        self.out = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor, dry: Tensor) -> tuple[Tensor, Tensor]:
        z = self.conv(x)
        z = torch.tanh(z + self.mixin(dry[:, :, -z.shape[2] :]))
        return x[:, :, -z.shape[2] :] + self.out(z), z


class WaveNet(nn.Module):
    """Stack of layer arrays; forward (batch, 1, frames) -> (batch, 1, frames - receptive field + 1)."""

    def __init__(self):
        super().__init__()
        self.arrays = nn.ModuleList()
        for spec in ARRAYS:
            array = nn.Module()
            array.rechannel = nn.Conv1d(spec["input_size"], spec["channels"], 1, bias=False)
            array.layers = nn.ModuleList([Layer(spec["channels"], dilation) for dilation in spec["dilations"]])
            array.head = nn.Conv1d(spec["channels"], spec["head_size"], 1, bias=spec["head_bias"])
            self.arrays.append(array)

    @property
    def context(self) -> int:
        """Frames of history that one output depends on."""
        return sum(2 * dilation for spec in ARRAYS for dilation in spec["dilations"])

    def forward(self, dry: Tensor) -> Tensor:
        x, head = dry, torch.zeros(())
        for array in self.arrays:
            x = array.rechannel(x)
            for layer in array.layers:
                x, z = layer(x, dry)
                head = z if head.dim() == 0 else head[:, :, -z.shape[2] :] + z
            head = array.head(head)
        return HEAD_SCALE * head

    def nam_weights(self) -> list[float]:
        """All weights in the order of the .nam format; the last one is the head scale."""
        found = []
        for array in self.arrays:
            found.append(array.rechannel.weight)
            for layer in array.layers:
                found += [layer.conv.weight, layer.conv.bias, layer.mixin.weight, layer.out.weight, layer.out.bias]
            found += list(array.head.parameters())
        flat = [number for tensor in found for number in tensor.detach().reshape(-1).tolist()]
        return [*flat, HEAD_SCALE]


def esr(target: Tensor, output: Tensor) -> Tensor:
    """Error-to-signal ratio: energy of the error over energy of the target (with a floor against silence)."""
    return (target - output).square().sum() / (target.square().sum() + 1e-3 * target.shape[-1] * target.shape[0] * 0.01)


def emphasis(x: Tensor) -> Tensor:
    """First difference (0.85): the ear's weight on the upper band."""
    return x[..., 1:] - 0.85 * x[..., :-1]


def material(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training input and target, unseen input and target, each (n,) float32."""
    dry = np.concatenate([guitar(TRAIN_S * 0.7, 1), excitation(TRAIN_S * 0.3, 2)])
    unseen = guitar(UNSEEN_S, 1001)
    return dry, play_through(AMPS[name], dry), unseen, play_through(AMPS[name], unseen)


def evaluate(model: WaveNet, dry: np.ndarray, wet: np.ndarray) -> tuple[float, np.ndarray]:
    """ESR without any floor on a whole recording, and the model's output."""
    with torch.no_grad():
        padded = torch.from_numpy(np.concatenate([np.zeros(model.context, np.float32), dry]))
        output = model(padded[None, None])[0, 0].numpy()
    return float(np.square(wet - output).sum() / np.square(wet).sum()), output


def train(name: str, steps: int, seed: int = 0) -> tuple[WaveNet, dict]:
    """Train one capture; returns the model and its figures."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    dry, wet, unseen_dry, unseen_wet = material(name)
    x, y = torch.from_numpy(dry), torch.from_numpy(wet)
    model = WaveNet()
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    decay = (FINAL_RATE / LEARNING_RATE) ** (1.0 / steps)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, decay)
    began = time.monotonic()
    for step in range(1, steps + 1):
        starts = rng.integers(model.context, len(dry) - SEGMENT, BATCH)
        source = torch.stack([x[s - model.context : s + SEGMENT] for s in starts])[:, None]
        target = torch.stack([y[s : s + SEGMENT] for s in starts])[:, None]
        output = model(source)
        loss = esr(target, output) + 0.5 * esr(emphasis(target), emphasis(output))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 250 == 0 or step == steps:
            ratio, output = evaluate(model, unseen_dry, unseen_wet)
            print(
                f"{name} step {step} loss {loss.item():.5f} unseen ESR {ratio:.5f} {time.monotonic() - began:.0f} s",
                flush=True,
            )
            write_nam(name, model, ratio, output, steps=step)
    return model, {"esr_unseen": ratio, "steps": steps, "seconds": round(time.monotonic() - began)}


def write_nam(name: str, model: WaveNet, ratio: float, unseen_output: np.ndarray, steps: int) -> Path:
    """Write the capture in the classic .nam format."""
    layers = [{**spec, "condition_size": 1, "kernel_size": 3, "activation": "Tanh", "gated": False} for spec in ARRAYS]
    today = datetime.date.today()
    document = {
        "version": "0.5.4",
        "metadata": {
            "date": {"year": today.year, "month": today.month, "day": today.day},
            "name": name.replace("_", " "),
            "modeled_by": "Antiphon (simulated circuit, export/amp_circuit.py)",
            "gear_type": "amp_cab",
            "tone_type": "overdrive" if AMPS[name].pedal_db is not None else "clean",
            "loudness": 10.0 * math.log10(float(np.square(unseen_output).mean())),
            "validation_esr": ratio,
            "licence": "GPL-3.0-or-later",
            "training": f"python -m export.amp_capture {name} --steps {steps}",
        },
        "architecture": "WaveNet",
        "config": {"layers": layers, "head": None, "head_scale": HEAD_SCALE},
        "weights": [float(f"{weight:.8g}") for weight in model.nam_weights()],
        "sample_rate": RATE,
    }
    path = MODELS / "amps" / f"{name}.nam"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def write_package(name: str) -> Path:
    """Write the capture in models_onnx/amps as a model package, with a test vector."""
    path = MODELS / "amps" / f"{name}.nam"
    metadata = json.loads(path.read_text())["metadata"]
    nam = load_nam(path)
    graph = nam_graph(nam)
    x = guitar(0.1, 5)[None, None, :512] * 0.5
    feeds = {AUDIO_IN: x, **graph.states}
    y = OrtSession(graph.writer.model()).run(feeds, [AUDIO_OUT])[AUDIO_OUT]
    about = About(
        format=1,
        kind="audio-effect",
        name=name,
        title=metadata["name"].capitalize(),
        version="1",
        description="A simulated valve amplifier with loudspeaker, learned by a small WaveNet.",
        sample_rate=float(RATE),
        prewarm=nam.net.prewarm,
        inputs=[RoleRow(name=AUDIO_IN, role="audio"), *(RoleRow(name=n, role="state") for n in graph.states)],
        outputs=[
            RoleRow(name=AUDIO_OUT, role="audio"),
            *(RoleRow(name=f"{n}_out", role="state") for n in graph.states),
        ],
        states=[StateRow(input=n, output=f"{n}_out") for n in graph.states],
        provenance={
            "data": ["synthetic guitar and signals, export/amp_circuit.py (seeds 1, 2; unseen 1001)"],
            "licence": metadata["licence"],
            "trained": "{year}-{month:02}-{day:02}".format(**metadata["date"]),
            "command": metadata["training"],
        },
        metrics={"esr_unseen": metadata["validation_esr"], "parameters": nam.parameters},
        test=TestVector(inputs={AUDIO_IN: TensorData.of(x)}, outputs={AUDIO_OUT: TensorData.of(y)}, tolerance=1e-4),
    )
    return put_package(graph.writer.model({METADATA_KEY: msgspec.json.encode(about).decode()}), MODELS / f"{name}.onnx")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(AMPS))
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--package", action="store_true", help="write the .onnx from the .nam, train nothing")
    given = parser.parse_args()
    if given.package:
        print(write_package(given.name))
        return
    _, figures = train(given.name, given.steps)
    write_package(given.name)
    print(json.dumps({"name": given.name, **figures}))


if __name__ == "__main__":
    main()
