"""Numbers as musicians read and type them: 440 Hz, 1.85 kHz, 5.0 ms, -6.0 dB, 30 %; no Qt."""

import re

_FACTORS = {"k": 1e3, "m": 1e-3}


def value_text(value: float, unit: str, low: float = 0.0, high: float = 1.0, *, whole: bool = False) -> str:
    """A value with its unit, three figures or so."""
    if whole:
        return f"{round(value):d} {unit}".rstrip() if unit not in ("", ":1") else f"{round(value):d}{unit}"
    if unit == "Hz":
        return f"{_three(value / 1000.0)} kHz" if abs(value) >= 999.5 else f"{_three(value)} Hz"
    if unit == "s":
        return f"{_three(value * 1000.0)} ms" if abs(value) < 0.9995 else f"{_three(value)} s"
    if unit == "dB":
        level = _zeroed(value, 1)
        return f"{level:+.1f} dB" if level and low < 0.0 < high else f"{level:.1f} dB"
    if unit in ("cents", "ct"):
        return f"{_zeroed(value, 1):.1f} ct"
    if unit == ":1":
        return f"{value:.1f}:1"
    if unit == "" and 0.0 <= low < high <= 1.0:
        return f"{_zeroed(value * 100.0, 0):.0f} %"
    if unit == "" and low == -1.0 and high == 1.0:
        return f"{_zeroed(value * 100.0, 0):+.0f} %" if round(value * 100.0) else "0 %"
    return f"{_three(value)} {unit}".rstrip()


def parse_value(text: str, unit: str, low: float = 0.0, high: float = 1.0) -> float | None:
    """A typed value in the parameter's unit, or None: "1.2k", "440", "-6 db", "30 ms", "50 %"."""
    found = re.fullmatch(r"\s*([-+]?\d*[.,]?\d+(?:e[-+]?\d+)?)\s*([a-z%:1]*)\s*", text.lower())
    if not found:
        return None
    number = float(found.group(1).replace(",", "."))
    suffix = found.group(2)
    if suffix == "%" or (not suffix and unit == "" and (low, high) in ((0.0, 1.0), (-1.0, 1.0)) and abs(number) > 1.0):
        return number / 100.0 if unit == "" else number
    own = unit.lower()
    if suffix in ("", own) or (own == "cents" and suffix in ("ct", "c")):
        return number
    if suffix[0] in _FACTORS and suffix[1:] in ("", own):
        return number * _FACTORS[suffix[0]]
    return None


def level_text(level_db: float) -> str:
    """A meter reading."""
    return "-∞" if level_db <= -99.5 else f"{_zeroed(level_db, 1):.1f}"


def time_text(seconds: float) -> str:
    """Minutes and seconds of a recording."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def key_name(key: int) -> str:
    """MIDI key as a note name; 60 is C4."""
    return f"{('C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B')[key % 12]}{key // 12 - 1}"


def _three(value: float) -> str:
    """About three figures."""
    size = abs(value)
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{_zeroed(value, digits):.{digits}f}"


def _zeroed(value: float, digits: int) -> float:
    """No minus in front of a rounded zero."""
    rounded = round(value, digits)
    return 0.0 if rounded == 0.0 else rounded
