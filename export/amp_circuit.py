"""A guitar amplifier worked out from its circuit, eight times oversampled, and guitar-like test signals; workshop only.

Triodes after Koren (Glass Audio 5/1996), the diode clipper after Yeh, Abel and Smith (DAFx 2007), the tone stack
after Yeh and Smith (DAFx 2006), strings after Karplus and Strong (CMJ 1983). All of it is ours to ship: no recording
of any product.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import signal

RATE = 48000
OVERSAMPLE = 8


@dataclass(frozen=True)
class Amp:
    """Knobs of the circuit: gains in dB, tone controls 0..1, pedal_db None for no overdrive in front."""

    preamp_db: float
    pedal_db: float | None
    bass: float
    middle: float
    treble: float
    drive_db: float
    sag: float
    output_db: float


AMPS = {
    "clean_valve": Amp(10.0, None, 0.4, 0.5, 0.65, 4.0, 0.15, -1.0),
    "crunch": Amp(14.0, 22.0, 0.35, 0.6, 0.55, 9.0, 0.25, -3.0),
}


def _triode_curve() -> tuple[np.ndarray, np.ndarray]:
    """Grid voltage against plate voltage swing of a 12AX7 stage (300 V, 100 kOhm load, biased at -1.4 V), rest at 0."""
    mu, exponent, kg1, kp, kvb = 100.0, 1.4, 1060.0, 600.0, 300.0
    grid = np.linspace(-8.0, 4.0, 4001)
    low, high = np.zeros_like(grid), np.full_like(grid, 300.0)
    for _ in range(60):  # bisection on the load line
        plate = 0.5 * (low + high)
        e1 = plate / kp * np.logaddexp(0.0, kp * (1.0 / mu + grid / np.sqrt(kvb + plate**2)))
        current = 2.0 * np.maximum(e1, 0.0) ** exponent / kg1
        above = plate + 100e3 * current > 300.0
        low, high = np.where(above, low, plate), np.where(above, plate, high)
    rest = np.interp(-1.4, grid, plate)
    return grid + 1.4, (rest - plate) / 60.0  # about 1 per volt in the linear part


_GRID, _PLATE = _triode_curve()


@njit(cache=True)
def _grid_current(x, rate):
    """Grid conduction above +1.4 V charges the coupling capacitor: the bias drifts while it is driven hard."""
    charge = 0.0
    fall = 1.0 / (0.012 * rate)
    rise = 1.0 / (0.004 * rate)
    y = np.empty_like(x)
    for n in range(len(x)):
        v = x[n] - charge
        over = v - 1.2
        if over > 0.0:
            v = 1.2 + 0.35 * math.log1p(over / 0.35)
            charge += rise * over
        charge -= fall * charge
        y[n] = v
    return y


@njit(cache=True)
def _diode_clipper(x, rate):
    """2.2 kOhm, 10 nF, an antiparallel pair of silicon diodes; trapezoidal rule, Newton's method."""
    r, c, saturation, thermal = 2.2e3, 10e-9, 2.52e-9, 45.3e-3
    step = 0.5 / rate
    v, slope = 0.0, 0.0
    y = np.empty_like(x)
    for n in range(len(x)):
        known = v + step * slope
        guess = v
        for _ in range(12):
            argument = min(30.0, max(-30.0, guess / thermal))
            derivative = (x[n] - guess) / (r * c) - 2.0 * saturation / c * math.sinh(argument)
            error = guess - known - step * derivative
            tangent = 1.0 + step * (1.0 / (r * c) + 2.0 * saturation / (c * thermal) * math.cosh(argument))
            move = error / tangent
            guess -= min(0.2, max(-0.2, move))
            if abs(move) < 1e-9:
                break
        v = guess
        slope = (x[n] - v) / (r * c) - 2.0 * saturation / c * math.sinh(min(30.0, max(-30.0, v / thermal)))
        y[n] = v
    return y


@njit(cache=True)
def _power_stage(x, sag, rate):
    """Push-pull pair on a supply that gives way: headroom falls with the current drawn (18 ms)."""
    supply = 0.0
    follow = 1.0 / (0.018 * rate)
    y = np.empty_like(x)
    for n in range(len(x)):
        headroom = 1.0 - sag * supply
        v = headroom * math.tanh(x[n] / headroom)
        supply += follow * (min(1.0, abs(v)) - supply)
        y[n] = v
    return y


def _tone_stack(bass: float, middle: float, treble: float, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """The '59 Bassman network as a bilinear third-order filter."""
    r1, r2, r3, r4, c1, c2, c3 = 250e3, 1e6, 25e3, 56e3, 0.25e-9, 20e-9, 20e-9
    t, m, low = treble, middle, bass
    b1 = t * c1 * r1 + m * c3 * r3 + low * (c1 * r2 + c2 * r2) + (c1 * r3 + c2 * r3)
    b2 = (
        t * (c1 * c2 * r1 * r4 + c1 * c3 * r1 * r4)
        - m * m * (c1 * c3 * r3**2 + c2 * c3 * r3**2)
        + m * (c1 * c3 * r1 * r3 + c1 * c3 * r3**2 + c2 * c3 * r3**2)
        + low * (c1 * c2 * r1 * r2 + c1 * c2 * r2 * r4 + c1 * c3 * r2 * r4)
        + low * m * (c1 * c3 * r2 * r3 + c2 * c3 * r2 * r3)
        + (c1 * c2 * r1 * r3 + c1 * c2 * r3 * r4 + c1 * c3 * r3 * r4)
    )
    b3 = (
        low * m * (c1 * c2 * c3 * r1 * r2 * r3 + c1 * c2 * c3 * r2 * r3 * r4)
        - m * m * (c1 * c2 * c3 * r1 * r3**2 + c1 * c2 * c3 * r3**2 * r4)
        + m * (c1 * c2 * c3 * r1 * r3**2 + c1 * c2 * c3 * r3**2 * r4)
        + t * c1 * c2 * c3 * r1 * r3 * r4
        - t * m * c1 * c2 * c3 * r1 * r3 * r4
        + t * low * c1 * c2 * c3 * r1 * r2 * r4
    )
    a1 = (c1 * r1 + c1 * r3 + c2 * r3 + c2 * r4 + c3 * r4) + m * c3 * r3 + low * (c1 * r2 + c2 * r2)
    a2 = (
        m * (c1 * c3 * r1 * r3 - c2 * c3 * r3 * r4 + c1 * c3 * r3**2 + c2 * c3 * r3**2)
        + low * m * (c1 * c3 * r2 * r3 + c2 * c3 * r2 * r3)
        - m * m * (c1 * c3 * r3**2 + c2 * c3 * r3**2)
        + low * (c1 * c2 * r2 * r4 + c1 * c2 * r1 * r2 + c1 * c3 * r2 * r4 + c2 * c3 * r2 * r4)
        + (c1 * c2 * r1 * r4 + c1 * c3 * r1 * r4 + c1 * c2 * r3 * r4 + c1 * c2 * r1 * r3)
        + (c1 * c3 * r3 * r4 + c2 * c3 * r3 * r4)
    )
    a3 = (
        low * m * (c1 * c2 * c3 * r1 * r2 * r3 + c1 * c2 * c3 * r2 * r3 * r4)
        - m * m * (c1 * c2 * c3 * r1 * r3**2 + c1 * c2 * c3 * r3**2 * r4)
        + m * (c1 * c2 * c3 * r3**2 * r4 + c1 * c2 * c3 * r1 * r3**2 - c1 * c2 * c3 * r1 * r3 * r4)
        + low * c1 * c2 * c3 * r1 * r2 * r4
        + c1 * c2 * c3 * r1 * r3 * r4
    )
    return signal.bilinear([b3, b2, b1, 0.0], [a3, a2, a1, 1.0], rate)


def _first_order(cutoff_hz: float, kind: str, x: np.ndarray, rate: float) -> np.ndarray:
    return signal.sosfilt(signal.butter(1, cutoff_hz, kind, fs=rate, output="sos"), x)


def _peak(frequency_hz: float, gain_db: float, q: float, x: np.ndarray, rate: float) -> np.ndarray:
    """Peaking equaliser of the Audio EQ Cookbook (Bristow-Johnson)."""
    a, w = 10.0 ** (gain_db / 40.0), 2.0 * math.pi * frequency_hz / rate
    alpha = math.sin(w) / (2.0 * q)
    b = [1.0 + alpha * a, -2.0 * math.cos(w), 1.0 - alpha * a]
    return signal.lfilter(b, [1.0 + alpha / a, -2.0 * math.cos(w), 1.0 - alpha / a], x)


def play_through(amp: Amp, x: np.ndarray) -> np.ndarray:
    """The amplifier's output, float32 (n,), for an input of full scale = 2 V at 48 kHz, float (n,)."""
    rate = RATE * OVERSAMPLE
    v = 2.0 * signal.resample_poly(np.asarray(x, np.float64), OVERSAMPLE, 1)
    v = _first_order(25.0, "highpass", v, rate)
    if amp.pedal_db is not None:
        mid = _first_order(420.0, "highpass", v, rate)
        v = 0.25 * v + 1.6 * _diode_clipper(mid * 10.0 ** (amp.pedal_db / 20.0), rate)
        v = _first_order(6500.0, "lowpass", v, rate)
    v = np.interp(_grid_current(v * 10.0 ** (amp.preamp_db / 20.0) * 0.4, rate), _GRID, _PLATE)
    v = _first_order(35.0, "highpass", v, rate)
    b, a = _tone_stack(amp.bass, amp.middle, amp.treble, rate)
    v = 4.0 * signal.lfilter(b, a, v)
    v = np.interp(_grid_current(v, rate), _GRID, _PLATE)
    v = _first_order(45.0, "highpass", v, rate)
    v = _power_stage(0.35 * v * 10.0 ** (amp.drive_db / 20.0), amp.sag, rate)
    v = _first_order(60.0, "highpass", v, rate)
    # a speaker: cone resonance, presence, and the fall above 5 kHz
    v = _peak(110.0, 4.0, 1.0, v, rate)
    v = _peak(2600.0, 5.0, 1.2, v, rate)
    v = signal.sosfilt(signal.butter(3, 5200.0, "lowpass", fs=rate, output="sos"), v)
    y = signal.resample_poly(v, 1, OVERSAMPLE)[: len(x)]
    return (y * 10.0 ** (amp.output_db / 20.0) * 0.5).astype(np.float32)


@njit(cache=True)
def _pluck(frequency_hz, decay, brightness, noise, frames, rate):
    """Karplus-Strong string with a fractional delay and a damping filter."""
    period = rate / frequency_hz - 0.5
    size = int(period)
    fraction = period - size
    line = noise[: size + 1].copy()
    y = np.empty(frames)
    at, former, lowpass = 0, 0.0, 0.0
    for n in range(frames):
        now = line[at]
        following = line[(at + 1) % (size + 1)]
        mixed = (1.0 - fraction) * following + fraction * now
        lowpass = brightness * mixed + (1.0 - brightness) * former
        former = mixed
        line[at] = decay * lowpass
        y[n] = now
        at = (at + 1) % (size + 1)
    return y


_SHAPES = (
    (0, 7, 12, 16, 19, 24),
    (0, 7, 12, 15, 19, 24),
    (0, 7, 12),
    (0, 5, 10, 15),
    (0, 4, 7, 11),
    (0,),
    (0, 12),
    (0, 3),
)


def guitar(seconds: float, seed: int) -> np.ndarray:
    """A direct-input guitar that never was: chords, lines, muted strokes, bends, at changing level; (n,) float32."""
    rng = np.random.default_rng(seed)
    total = int(seconds * RATE)
    out = np.zeros(total + 4 * RATE)
    at = 0
    while at < total:
        length = int(rng.choice([0.12, 0.2, 0.35, 0.5, 0.9, 1.6]) * RATE)
        shape = _SHAPES[rng.integers(len(_SHAPES))]
        root = int(rng.integers(38, 62)) + (12 if len(shape) == 1 and rng.random() < 0.5 else 0)
        muted = rng.random() < 0.2
        level = 10.0 ** (rng.uniform(-26.0, -3.0) / 20.0)
        for index, step in enumerate(shape):
            frequency = 440.0 * 2.0 ** ((root + step + rng.normal(0.0, 0.03) - 69) / 12)
            start = at + int(index * rng.uniform(0.0, 0.012) * RATE)
            frames = min(length * (1 if muted else 2), len(out) - start)
            if frames <= 0 or frequency > 1400.0:
                continue
            noise = signal.lfilter([1.0 - 0.6], [1.0, -0.6], rng.uniform(-1.0, 1.0, 2048))
            decay = 0.97 if muted else rng.uniform(0.992, 0.9985)
            tone = _pluck(frequency, decay, rng.uniform(0.5, 0.95), noise, frames, float(RATE))
            fade = np.minimum(1.0, np.arange(frames, 0, -1) / 2000.0)
            out[start : start + frames] += level * tone * fade
        at += length if rng.random() < 0.9 else length + int(rng.uniform(0.1, 0.4) * RATE)
    out = signal.sosfilt(signal.butter(2, [70.0, 9000.0], "bandpass", fs=RATE, output="sos"), out[:total])
    return (out / np.abs(out).max() * 0.95).astype(np.float32)


def excitation(seconds: float, seed: int) -> np.ndarray:
    """Sweeps, two-tone signals, noise bursts and clicks at all levels, band-limited to 14 kHz; (n,) float32."""
    rng = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(part.size for part in parts) < seconds * RATE:
        n = int(rng.uniform(0.2, 0.8) * RATE)
        t = np.arange(n) / RATE
        level = 10.0 ** (rng.uniform(-40.0, -1.0) / 20.0)
        kind = rng.integers(4)
        if kind == 0:
            x = signal.chirp(t, rng.uniform(40, 200), t[-1], rng.uniform(2000, 10000), "logarithmic")
        elif kind == 1:
            low, high = rng.uniform(60, 400), rng.uniform(300, 4000)
            x = 0.5 * np.sin(2 * np.pi * low * t) + 0.5 * np.sin(2 * np.pi * high * t)
        elif kind == 2:
            x = 0.4 * rng.standard_normal(n) * np.exp(-t * rng.uniform(2, 30))
        else:
            x = np.where(rng.random(n) < 0.002, rng.uniform(-1.0, 1.0, n), 0.0) * 3.0
        parts.append(level * x * np.minimum(1.0, np.minimum(np.arange(n), np.arange(n)[::-1]) / 240.0))
    x = np.concatenate(parts)[: int(seconds * RATE)]
    x = signal.sosfilt(signal.butter(4, 14000.0, fs=RATE, output="sos"), x)
    return np.clip(x, -1.0, 1.0).astype(np.float32)
