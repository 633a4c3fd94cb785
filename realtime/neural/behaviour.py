"""How an audio model behaves in blocks: that it runs, stays finite, keeps no memory of its own, and what a run costs;
[worker]."""

from __future__ import annotations

import time

import numpy as np

from realtime.native.errors import AntiphonError
from realtime.neural.audio_ports import POWERS, audio_channels, audio_shape, concrete, time_axis
from realtime.neural.ort_api import OrtError
from realtime.neural.package_content import Package
from realtime.neural.package_manifest import AUDIO_EFFECT

BLOCK = POWERS[0]
MEASURE_S, MEASURE_RUNS = 0.2, 40
COMPARE_S, COMPARE_BLOCKS = 0.5, 64
MAX_PREWARM_S = 5.0
DIFFERENCE = 1e-3
"""Of the largest output: what a model may sound different in blocks."""


class Runner:
    """A package run in numpy, states carried on. Raises AntiphonError where a run fails or gives other than it should."""

    def __init__(self, package: Package):
        self.package = package
        self.audio_in = package.port(package.names("inputs", "audio")[0])
        self.audio_out = package.port(package.names("outputs", "audio")[0])
        self.channels = audio_channels(self.audio_in)
        self.pairs = {state.input: state.output for state in package.about.states}
        defaults = {row.id: row.default for row in package.about.parameters}
        self.fixed = {
            port.name: np.full(concrete(port.shape), defaults.get(port.name, 0.0), port.dtype)
            for port in package.session.inputs
            if port.name != self.audio_in.name and port.name not in self.pairs
        }
        self.reset()

    def reset(self) -> None:
        """States as they are at first."""
        self.states = {name: np.array(value) for name, value in self.package.initial_states().items()}

    def fault(self, reason: str) -> AntiphonError:
        """The error for half a sentence."""
        return AntiphonError(f"{self.package.path}: {reason}")

    def run(self, x: np.ndarray) -> np.ndarray:
        """One run over (channels, n): the output, frames last."""
        feeds = {self.audio_in.name: x.reshape(audio_shape(self.audio_in, x.shape[1])), **self.fixed, **self.states}
        try:
            results = self.package.session.run(feeds, [self.audio_out.name, *self.pairs.values()])
        except OrtError as error:
            message = (str(error).splitlines() or [""])[0][:200]
            raise self.fault(
                f"it does not run with {x.shape[1]} frames ({message}); export it for any number of frames"
            ) from None
        y = results[self.audio_out.name]
        if y.ndim != len(self.audio_out.shape) or y.shape[time_axis(self.audio_out)] != x.shape[1]:
            raise self.fault(f"it gives a tensor {list(y.shape)} for {x.shape[1]} frames; an effect keeps their number")
        for name, output in self.pairs.items():
            if results[output].shape != self.states[name].shape:
                shapes = f"{list(self.states[name].shape)} to {list(results[output].shape)}"
                raise self.fault(f"its state {name!r} changes shape from {shapes}; export it with fixed state shapes")
            self.states[name] = results[output]
        return y.reshape(-1, x.shape[1])

    def pieces(self, x: np.ndarray, size: int) -> np.ndarray:
        """(channels, n) in runs of `size` frames, from the first state."""
        self.reset()
        return np.concatenate([self.run(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)


def observe(package: Package) -> tuple[float | None, list[str]]:
    """µs of one run of a block, and sentences for the performer. Raises AntiphonError for what cannot be played."""
    if package.about.kind != AUDIO_EFFECT:
        return None, []
    runner, fixed = Runner(package), package.stream_block()
    for size in (fixed,) if fixed else POWERS:
        runner.run(np.zeros((runner.channels, size), np.float32))
    block = fixed or BLOCK
    run_us = _cost_us(runner, block)
    if package.about.prewarm / block * run_us > MAX_PREWARM_S * 1e6:
        raise runner.fault(f"it would take {package.about.prewarm / block * run_us / 1e6:.0f} s to come to rest")
    _check_finite(runner, block)
    count = int(np.clip(COMPARE_S * 1e6 / run_us, 2, COMPARE_BLOCKS))
    x = _noise(runner.channels, block * count)
    if not np.array_equal(runner.pieces(x, block), runner.pieces(x, block)):
        return run_us, []  # it draws random numbers: no two runs are alike
    hidden = _forgets(runner, x) if fixed == 0 else _has_edges(runner, x, fixed)
    return run_us, [hidden] if hidden else []


def _noise(channels: int, frames: int) -> np.ndarray:
    return (0.2 * np.random.default_rng(1).standard_normal((channels, frames))).astype(np.float32)


def _cost_us(runner: Runner, block: int) -> float:
    """The least of some runs: what the model costs when nothing else runs."""
    times: list[float] = []
    x, end = _noise(runner.channels, block), time.perf_counter() + MEASURE_S
    while len(times) < 2 or (len(times) < MEASURE_RUNS and time.perf_counter() < end):
        began = time.perf_counter()
        runner.run(x)
        times.append(time.perf_counter() - began)
    return round(min(times) * 1e6, 2)


def _check_finite(runner: Runner, block: int) -> None:
    runner.reset()
    for x in (np.zeros((runner.channels, block), np.float32), _noise(runner.channels, block)):
        if not np.isfinite(runner.run(x)).all():
            raise runner.fault("its output holds NaN or infinity for an ordinary input; train or export it again")
    if not all(np.isfinite(state).all() for state in runner.states.values() if state.dtype.kind == "f"):
        raise runner.fault("its states hold NaN or infinity after an ordinary input; train or export it again")


def _share(one: np.ndarray, other: np.ndarray) -> float:
    """Largest difference as a share of the largest output."""
    return float(np.abs(one - other).max() / max(1e-5, np.abs(one).max(), np.abs(other).max()))


def _words(name: str, share: float) -> str:
    return (
        f"{name} sounds different in blocks of {BLOCK} frames than in one piece (by {100 * share:.0f} % of its level): it "
        "depends on earlier frames but exposes no state for them; export it with its memory as states"
    )


def _forgets(runner: Runner, x: np.ndarray) -> str | None:
    """A sentence where one run over all gives other than runs over blocks."""
    runner.reset()
    share = _share(runner.run(x), runner.pieces(x, BLOCK))
    return _words(runner.package.path.name, share) if share > DIFFERENCE else None


def _has_edges(runner: Runner, x: np.ndarray, block: int) -> str | None:
    """A sentence where the output of a stateless graph of fixed block depends on where a block begins."""
    if runner.pairs or block < 2 or x.shape[1] < 2 * block:
        return None
    shift = block // 2
    whole, late = runner.pieces(x[:, : 2 * block], block), runner.pieces(x[:, shift : shift + block], block)
    share = _share(whole[:, shift : shift + block], late)
    if share <= DIFFERENCE:
        return None
    return (
        f"{runner.package.path.name} sounds different depending on where its blocks of {block} frames begin (by "
        f"{100 * share:.0f} % of its level): it depends on frames of other blocks but exposes no state for them; export it "
        "with its memory as states"
    )
