"""The synthesised kit: one row of numbers per General MIDI percussion key; read on [main] and [audio].

Values in the manner of the analogue drum machines (Roland TR-808 service notes, 1981;
Reid, Synth Secrets, Sound on Sound 2002).
"""

# ruff: noqa: E501 (a table reads best as one line a drum)
import numpy as np

FIRST_KEY, LAST_KEY = 35, 81
GROUPS = ("kick", "snare", "hats", "toms", "cymbals", "percussion")
COLUMNS = (
    "group", "tone", "hz", "sweep", "sweep_s", "decay_s", "ratio", "second", "drive", "noise", "noise_s", "noise_hz",
    "q", "shape", "metal", "metal_s", "metal_x", "metal_hz", "bursts", "pan", "choke", "level",
)  # fmt: skip
"""tone: level of a sine of hz falling from hz * (1 + sweep) in sweep_s, decaying in decay_s (to -60 dB), with a second
sine at ratio * hz of relative level `second`, saturated by drive. noise: level of white noise decaying in noise_s through a
filter at noise_hz with quality q and shape 0 low, 1 band, 2 high; bursts: how often the noise strikes (clap, guiro).
metal: level of six detuned squares (metal_x: factor on their frequencies; negative: the two of a cowbell) decaying in
metal_s above metal_hz. pan: -1..1. choke: hits of one group (> 0) cut each other."""

_DEFAULT = dict(
    zip(COLUMNS, (5, 0, 200, 0, 0.02, 0.2, 1.5, 0, 0, 0, 0.1, 4000, 0.7, 1, 0, 0.2, 1, 6000, 0, 0, 0, 1), strict=True)
)
_KICK = dict(
    group=0, tone=1.0, hz=49, sweep=3.2, sweep_s=0.07, decay_s=0.75, drive=1.2, noise=0.22, noise_s=0.012, noise_hz=3500
)
_SNARE = dict(
    group=1, tone=0.55, hz=186, sweep=0.5, sweep_s=0.05, decay_s=0.26, ratio=1.78, second=0.6, drive=0.4,
    noise=0.85, noise_s=0.34, noise_hz=3400, q=0.6, shape=2,
)  # fmt: skip
_HAT = dict(group=2, noise=0.45, noise_hz=7500, q=0.8, shape=2, metal=1.4, metal_hz=6000, level=1.3, pan=0.35, choke=1)
_TOM = dict(
    group=3,
    tone=0.95,
    sweep=0.7,
    sweep_s=0.12,
    decay_s=0.75,
    ratio=1.52,
    second=0.14,
    drive=0.4,
    noise=0.18,
    noise_s=0.05,
    noise_hz=1400,
)
_CYMBAL = dict(group=4, noise=0.45, noise_hz=7500, q=0.6, shape=2, metal=0.75, metal_hz=4200)

_KIT = {
    35: _KICK | dict(hz=44, sweep=2.2, decay_s=0.95, noise=0.12, noise_hz=2200),
    36: _KICK,
    37: dict(group=1, tone=0.6, hz=480, decay_s=0.06, ratio=3.6, second=0.8, noise=0.7, noise_s=0.03, noise_hz=2600, q=1.5, pan=-0.15),
    38: _SNARE,
    39: dict(level=1.5, group=1, noise=2.2, noise_s=0.28, noise_hz=1150, q=1.6, bursts=3, pan=0.1),
    40: _SNARE | dict(hz=222, decay_s=0.18, noise=1.0, noise_s=0.24, noise_hz=4600),
    41: _TOM | dict(hz=78, pan=-0.5, decay_s=1.0),
    42: _HAT | dict(noise_s=0.06, metal_s=0.075),
    43: _TOM | dict(hz=98, pan=-0.35, decay_s=0.9),
    44: _HAT | dict(noise_s=0.05, metal_s=0.10, metal_hz=5000, level=1.1),
    45: _TOM | dict(hz=118, pan=-0.15),
    46: _HAT | dict(noise_s=0.5, metal_s=0.65),
    47: _TOM | dict(hz=142, pan=0.1),
    48: _TOM | dict(hz=170, pan=0.3, decay_s=0.65),
    49: _CYMBAL | dict(noise_s=2.2, metal_s=2.6, noise=0.6, pan=-0.45),
    50: _TOM | dict(hz=206, pan=0.5, decay_s=0.55),
    51: _CYMBAL | dict(level=1.5, noise=0.10, noise_s=0.9, metal=0.6, metal_s=1.9, metal_x=1.55, tone=0.10, hz=3150, decay_s=0.9, ratio=1.47, second=0.7, pan=0.45),
    52: _CYMBAL | dict(noise_s=1.4, metal_s=1.6, metal_x=0.8, metal_hz=2600, noise=0.7, noise_hz=5000, pan=-0.3),
    53: _CYMBAL | dict(level=1.2, noise=0.05, metal=0.25, metal_s=1.4, tone=0.45, hz=1660, decay_s=1.7, ratio=1.503, second=0.8, pan=0.45),
    54: dict(noise=0.7, noise_s=0.16, noise_hz=8500, q=1.2, shape=2, metal=0.6, metal_s=0.22, metal_x=2.1, metal_hz=8000, bursts=1, pan=0.3),
    55: _CYMBAL | dict(noise_s=0.8, metal_s=0.9, metal_x=1.3, metal_hz=6000, noise=0.7, pan=0.2),
    56: dict(metal=1.3, metal_s=0.32, metal_x=-1.0, metal_hz=700, pan=0.25),
    57: _CYMBAL | dict(noise_s=2.6, metal_s=3.0, metal_x=0.86, noise=0.65, noise_hz=6200, pan=0.5),
    58: dict(level=1.6, noise=1.4, noise_s=0.55, noise_hz=2900, q=4.0, bursts=14, pan=-0.3),
    59: _CYMBAL | dict(level=1.6, noise=0.14, noise_s=1.1, metal=0.6, metal_s=2.2, metal_x=1.35, tone=0.08, hz=2650, decay_s=0.8, second=0.7, pan=-0.45),
    60: dict(tone=0.9, hz=395, sweep=0.25, sweep_s=0.03, decay_s=0.22, ratio=2.2, second=0.15, noise=0.2, noise_s=0.02, noise_hz=3000, pan=-0.3),
    61: dict(tone=0.9, hz=290, sweep=0.25, sweep_s=0.03, decay_s=0.28, ratio=2.2, second=0.15, noise=0.2, noise_s=0.02, noise_hz=2500, pan=-0.3),
    62: dict(tone=0.9, hz=330, sweep=0.15, sweep_s=0.02, decay_s=0.12, noise=0.4, noise_s=0.02, noise_hz=2500, pan=0.3),
    63: dict(tone=1.0, hz=310, sweep=0.12, sweep_s=0.03, decay_s=0.45, ratio=1.9, second=0.12, noise=0.15, noise_s=0.015, noise_hz=2500, pan=0.3),
    64: dict(tone=1.0, hz=208, sweep=0.12, sweep_s=0.03, decay_s=0.55, ratio=1.9, second=0.12, noise=0.15, noise_s=0.02, noise_hz=2000, pan=0.3),
    65: dict(tone=0.8, hz=440, sweep=0.2, sweep_s=0.04, decay_s=0.5, ratio=1.72, second=0.5, noise=0.4, noise_s=0.08, noise_hz=5000, pan=-0.4),
    66: dict(tone=0.8, hz=310, sweep=0.2, sweep_s=0.04, decay_s=0.6, ratio=1.72, second=0.5, noise=0.4, noise_s=0.09, noise_hz=4500, pan=-0.4),
    67: dict(tone=0.8, hz=1180, decay_s=0.5, ratio=1.51, second=0.5, pan=0.5),
    68: dict(tone=0.8, hz=790, decay_s=0.55, ratio=1.51, second=0.5, pan=0.5),
    69: dict(level=1.6, noise=0.9, noise_s=0.09, noise_hz=7500, q=1.5, bursts=2, pan=-0.5),
    70: dict(level=1.6, noise=0.9, noise_s=0.05, noise_hz=8000, q=1.3, pan=-0.5),
    71: dict(level=1.6, tone=0.5, hz=2350, sweep=0.03, decay_s=0.22, noise=0.1, noise_s=0.2, noise_hz=2400, q=6.0, pan=0.2),
    72: dict(level=1.6, tone=0.5, hz=2350, sweep=0.03, decay_s=0.9, noise=0.1, noise_s=0.8, noise_hz=2400, q=6.0, pan=0.2),
    73: dict(level=1.6, noise=1.2, noise_s=0.10, noise_hz=3800, q=3.0, bursts=6, pan=-0.2),
    74: dict(level=1.6, noise=1.2, noise_s=0.30, noise_hz=3400, q=3.0, bursts=22, pan=-0.2),
    75: dict(tone=1.0, hz=2490, decay_s=0.09, noise=0.1, noise_s=0.004, pan=0.2),
    76: dict(tone=1.0, hz=910, decay_s=0.10, ratio=1.46, second=0.5, noise=0.2, noise_s=0.008, pan=-0.25),
    77: dict(tone=1.0, hz=640, decay_s=0.12, ratio=1.46, second=0.5, noise=0.2, noise_s=0.008, pan=-0.25),
    78: dict(tone=0.7, hz=560, sweep=-0.35, sweep_s=0.12, decay_s=0.22, noise=0.15, noise_s=0.1, noise_hz=1200, pan=0.4, choke=2),
    79: dict(tone=0.7, hz=380, sweep=0.6, sweep_s=0.25, decay_s=0.5, noise=0.15, noise_s=0.2, noise_hz=900, pan=0.4, choke=2),
    80: dict(tone=0.5, hz=4100, decay_s=0.18, ratio=1.63, second=0.8, metal=0.15, metal_s=0.1, metal_x=3.0, pan=-0.4, choke=3),
    81: dict(tone=0.5, hz=4100, decay_s=2.6, ratio=1.63, second=0.8, metal=0.15, metal_s=0.3, metal_x=3.0, pan=-0.4, choke=3),
}  # fmt: skip

KIT = np.array([list((_DEFAULT | _KIT[key]).values()) for key in range(FIRST_KEY, LAST_KEY + 1)], np.float32)
"""[key - FIRST_KEY, column]."""
METAL_HZ = np.array(
    [[205.3, 304.4, 369.6, 522.7, 540.0, 800.0], [540.0, 800.0, 540.5, 800.7, 539.2, 799.0]], np.float32
)
"""The six squares of a cymbal and (three of each) of a cowbell."""
