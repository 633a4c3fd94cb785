"""What every effect owes a musician: no NaN, no click, no runaway, an aligned dry path, silence after silence."""

from __future__ import annotations

import numpy as np

from realtime.devices.registry import find
from realtime.engine.solo import Rig

RATE = 48000
MUTES_AT = 64.0
"""A device that gives more than this is muted by the engine."""


def sine(hz: float, seconds: float, peak: float = 0.25, rate: float = RATE) -> np.ndarray:
    """(2, n) float32 sine, right a quarter turn ahead of left."""
    t = np.arange(round(seconds * rate)) / rate
    return (peak * np.stack([np.sin(2 * np.pi * hz * t), np.cos(2 * np.pi * hz * t)])).astype(np.float32)


def noise(seconds: float, rms: float = 0.1, seed: int = 1, rate: float = RATE) -> np.ndarray:
    """(2, n) float32 white noise, sides uncorrelated."""
    return (rms * np.random.default_rng(seed).standard_normal((2, round(seconds * rate)))).astype(np.float32)


def impulse(seconds: float, at: int = 0, rate: float = RATE) -> np.ndarray:
    """(2, n) float32 unit impulse in both channels."""
    x = np.zeros((2, round(seconds * rate)), np.float32)
    x[:, at] = 1.0
    return x


def db(ratio) -> np.ndarray:
    """20 log10, floored at -300 dB."""
    return 20.0 * np.log10(np.maximum(np.abs(ratio), 1e-15))


def settled(name: str, rate: float = RATE, **values) -> Rig:
    """A rig whose glides at the start are over."""
    rig = Rig(name, sample_rate=rate, values=values)
    rig.run(seconds=0.2)
    return rig


def response_db(name: str, hz: np.ndarray, rate: float = RATE, **values) -> np.ndarray:
    """Magnitude response of the left channel at frequencies in Hz."""
    n = 1 << 16
    y = settled(name, rate, **values).run(impulse(n / rate, rate=rate))[0].astype(np.float64)
    return np.interp(hz, np.fft.rfftfreq(n, 1.0 / rate), db(np.fft.rfft(y)))


def nasty(seed: int, frames: int = 9600) -> np.ndarray:
    """Silence, noise, direct current, full-scale squares, impulses, a hot burst."""
    rng = np.random.default_rng(seed)
    parts = [
        np.zeros(frames // 6),
        rng.standard_normal(frames // 6),
        np.full(frames // 6, rng.choice([-1.0, 1.0])),
        np.sign(np.sin(np.arange(frames // 6) * rng.uniform(0.001, 1.5)) + 1e-9),
        (rng.random(frames // 6) < 0.01) * 1.0,
        8.0 * rng.standard_normal(frames // 6),
    ]
    rng.shuffle(parts)
    left = np.concatenate(parts)
    return np.stack([left, left[::-1]]).astype(np.float32)


def random_values(name: str, seed: int) -> dict[str, float]:
    """One value for each parameter, from its range, ends included now and then."""
    rng = np.random.default_rng(seed)
    result = {}
    for param in find(name).params:
        share = rng.choice([0.0, 1.0, rng.random(), rng.random()])
        result[param.id] = param.clamp(param.minimum + share * (param.maximum - param.minimum))
    return result


def check_survives(name: str, seed: int, rate: float = RATE, ceiling: float = MUTES_AT, hot: float = np.inf) -> None:
    """Random parameters, random automation, the worst input, odd block lengths: the output stays below the ceiling for
    input within full scale, and finite (or below `hot`) for a burst 30 dB above it."""
    rng = np.random.default_rng(seed)
    rig = Rig(name, sample_rate=rate, values=random_values(name, seed), block=int(rng.choice([64, 64, 37, 5])))
    moves = []
    for at in range(0, 9600, 1200):
        for key, value in random_values(name, seed + at + 1).items():
            if rng.random() < 0.4:
                moves.append((at, key, value))
    x = nasty(seed)
    for source, limit in ((np.clip(x, -1.0, 1.0), ceiling), (x, hot)):
        y = rig.run(source, automation=moves)
        assert np.isfinite(y).all(), f"{name} seed {seed}: not finite"
        assert np.abs(y).max() < limit, f"{name} seed {seed}: {np.abs(y).max():.3g}"


def check_silence_after(name: str, seconds: float = 3.0, **values) -> None:
    """After the sound has stopped, the output falls below -120 dBFS within `seconds` and ends as true zeros or less."""
    rig = Rig(name, values=values)
    rig.run(noise(0.5))
    rig.run(seconds=seconds)
    assert db(np.abs(rig.run(seconds=0.1)).max()) < -120.0


def check_dry_at_mix_0(name: str, **values) -> None:
    """mix = 0 is the input, delayed by the declared latency, bit for bit."""
    rig = Rig(name, values={**values, "mix": 0.0})
    x = noise(0.3)
    y = rig.run(x)
    late = rig.instance.latency
    np.testing.assert_array_equal(y[:, late:], x[:, : x.shape[1] - late])


def check_not_louder(name: str, most_db: float = 3.0, **values) -> None:
    """Default settings leave music-like noise at -20 dBFS no more than 3 dB louder."""
    x = noise(2.0, rms=0.1)
    x = np.cumsum(x, axis=1, dtype=np.float64)
    x -= np.array([np.convolve(side, np.ones(800) / 800, "same") for side in x])
    x = (0.1 * x / x.std()).astype(np.float32)
    y = Rig(name, values=values).run(x)
    assert db(y.std() / x.std()) < most_db


def roughness(y: np.ndarray) -> float:
    """Largest second difference: what a click adds to a low sine."""
    return float(np.abs(np.diff(y.astype(np.float64), 2, axis=1)).max())


def check_no_click(name: str, moves, values=None, factor: float = 2.0, hz: float = 110.0) -> None:
    """Jumping parameters under a sine makes no edge: nothing sharper than the sounds before and after and the 5 ms
    glide.

    moves: {parameter: (from, to)}; all jump together half-way. A step of 1 % of the peak, hardly audible, fails.
    """
    values = dict(values or {})
    before = {**values, **{key: pair[0] for key, pair in moves.items()}}
    after = {**values, **{key: pair[1] for key, pair in moves.items()}}
    x = sine(hz, 1.0)
    x[:, :4800] *= np.linspace(0.0, 1.0, 4800, dtype=np.float32)
    skip = RATE // 2
    sounds = [Rig(name, values=v).run(x)[:, skip:] for v in (before, after)]
    still, peak = max(map(roughness, sounds)), max(0.25, *(np.abs(y).max() for y in sounds))
    n = RATE // 2 + 1000
    y = Rig(name, values=before).run(x, automation=[(n, key, find_value(name, key, v[1])) for key, v in moves.items()])
    moving = roughness(y[:, n - 2000 :])
    assert moving <= factor * still + 0.01 * peak, f"{name} {moves}: {moving:.2g} against {still:.2g}"


def find_value(name: str, key: str, value) -> float:
    """A parameter value as a number."""
    return next(param for param in find(name).params if param.id == key).parse(value)
