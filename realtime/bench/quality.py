"""`antiphon bench quality`: aliasing, tuning, envelopes, ceiling, decay, each with its limit; [main]."""

from __future__ import annotations

from typing import Any

import numpy as np

from realtime.contract.events import NOTE_ON
from realtime.engine.solo import Rig

RATE = 48000
OPEN = {
    "cutoff_hz": 20000.0, "resonance": 0.0, "cutoff_env_oct": 0.0, "cutoff_velocity_oct": 0.0, "key_track": 0.0,
    "osc1_shape": 2.0, "osc1_level": 1.0, "osc2_level": 0.0, "amp_attack_s": 0.001, "amp_sustain": 1.0,
    "pan_spread": 0.0,
}  # fmt: skip
"""One saw, open filter, square envelope."""


def _note(key: int) -> list:
    return [(0, NOTE_ON, {"key": key, "value": 0.8})]


def _row(what: str, value: float, limit: float, unit: str) -> dict[str, Any]:
    return {"what": what, "value": value, "limit": limit, "unit": unit, "ok": bool(value <= limit)}


def _hz(key: int) -> float:
    return 440.0 * 2.0 ** ((key - 69) / 12)


def saw_aliasing_db(key: int) -> float:
    """Strongest line that is no harmonic of the note, against the fundamental (Kaiser window, 65,536 samples)."""
    x = Rig("poly", RATE, OPEN).run(seconds=1.6, events=_note(key))[0][9600 : 9600 + 65536]
    spectrum = np.abs(np.fft.rfft(x * np.kaiser(len(x), 22)))
    at, width = np.arange(len(spectrum)) * RATE / len(x), 16 * RATE / len(x)
    order = np.maximum(1, np.round(at / _hz(key)))
    stray = (np.abs(at - order * _hz(key)) > width) & (at > width)
    return float(20 * np.log10(spectrum[stray].max() / spectrum[np.abs(at - _hz(key)) < width].max()))


def filter_cents(cutoff_hz: float) -> float:
    """Distance of the self-oscillating filter from its cutoff."""
    values = OPEN | {"cutoff_hz": cutoff_hz, "resonance": 1.0, "osc1_level": 0.0, "noise_level": 0.02}
    x = Rig("poly", RATE, values).run(seconds=4.0, events=_note(60))[0][2 * RATE :]
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(x * np.kaiser(len(x), 12), size)) + 1e-12
    low, high = int(cutoff_hz * 0.9 * size / RATE), int(cutoff_hz * 1.1 * size / RATE)
    k = low + int(np.argmax(spectrum[low:high]))
    a, b, c = np.log(spectrum[k - 1 : k + 2])
    found = (k + 0.5 * (a - c) / (a - 2 * b + c)) * RATE / size
    return float(abs(1200 * np.log2(found / cutoff_hz)))


def attack_error_samples(attack_s: float) -> float:
    """Samples between the end of the attack asked for and the top of the envelope (a 4 kHz sine shows it)."""
    values = OPEN | {
        "osc1_shape": 0.0,
        "osc1_octave": 3,
        "amp_attack_s": attack_s,
        "amp_decay_s": 0.2,
        "amp_sustain": 0.2,
    }
    x = Rig("poly", RATE, values).run(seconds=attack_s + 0.2, events=_note(72))[0]
    spectrum = np.fft.fft(x)
    spectrum[len(x) // 2 :] = 0.0
    level = np.abs(np.fft.ifft(2.0 * spectrum))  # the analytic signal's magnitude: the envelope itself
    return float(abs(int(np.argmax(level[200:-200])) + 200 - attack_s * RATE))


def limiter_over_db(seed: int) -> float:
    """Loudest sample of a limiter under brutal input, in dB above its ceiling."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 2 * RATE)).astype(np.float32) * rng.choice([0.1, 1.0, 30.0], size=(1, 2 * RATE))
    y = Rig("limiter", RATE, {"ceiling_db": -1.0}).run(x.astype(np.float32))
    return float(20 * np.log10(np.abs(y).max()) + 1.0)


def reverb_error_percent(decay_s: float) -> float:
    """T60 in the octave around 1 kHz by Schroeder's integration (-5 to -35 dB), against the decay asked for."""
    impulse = np.zeros((2, round((1.0 + 0.9 * decay_s) * RATE)), np.float32)
    impulse[:, 0] = 1.0
    y = Rig("reverb", RATE, {"decay_s": decay_s, "mix": 1.0}).run(impulse)[0].astype(np.float64)
    spectrum, at = np.fft.rfft(y), np.fft.rfftfreq(len(y), 1.0 / RATE)
    # a bell in pitch rings for a few milliseconds only; a brick wall would smear the tail it measures
    spectrum *= np.exp(-0.5 * (np.log2(np.maximum(at, 1.0) / 1000.0) / 0.3) ** 2)
    energy = np.cumsum(np.fft.irfft(spectrum, len(y))[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-30)
    part = np.flatnonzero((level < -5.0) & (level > -35.0))
    found = -60.0 / np.polyfit(part / RATE, level[part], 1)[0]
    return float(100.0 * abs(found / decay_s - 1.0))


def bench_quality() -> list[dict[str, Any]]:
    """All figures with their limits."""
    keys = {"C4": 60, "C5": 72, "C6": 84, "C7": 96}
    rows = [_row(f"saw aliasing at {name}", saw_aliasing_db(key), -80.0, "dB") for name, key in keys.items()]
    rows += [
        _row(f"filter at {hz:g} Hz", filter_cents(hz), 3.0, "cents") for hz in (50.0, 200.0, 1000.0, 4000.0, 10000.0)
    ]
    rows += [_row(f"attack of {s:g} s", attack_error_samples(s), 64.0, "samples") for s in (0.01, 0.1, 1.0)]
    rows += [_row(f"limiter over its ceiling, run {seed}", limiter_over_db(seed), 1e-5, "dB") for seed in range(3)]
    rows += [_row(f"reverb of {s:g} s", reverb_error_percent(s), 5.0, "%") for s in (0.5, 2.0, 5.0)]
    return rows
