"""Numbers as musicians read and type them: 440 Hz, 1.85 kHz, 5.0 ms, -6.0 dB, 30 %; no Qt."""

import re

_FACTORS = {
    "hz": {"k": 1e3, "khz": 1e3},
    "s": {"ms": 1e-3, "m": 1e-3, "us": 1e-6, "sec": 1.0, "min": 60.0},
    "ms": {"s": 1e3, "us": 1e-3},
    "semitones": {"ct": 0.01, "cents": 0.01, "oct": 12.0},
    "st": {"ct": 0.01, "cents": 0.01, "oct": 12.0},
    "cents": {"st": 100.0},
    "samples": {"k": 1e3},
}
"""Other units that may be typed, by the parameter's own."""
_ALIKE = {
    "cents": ("ct", "c"), "ct": ("cents", "c"), "semitones": ("st", "semi"), "st": ("semitones", "semi"), ":1": (":",),
    "bpm": ("/min",), "db": ("d",),
}  # fmt: skip
SILENT_DB, OFF = -90.0, "off"
"""The gain that is none, and how it reads; it is typed so, too."""
_EXAMPLES = {
    "Hz": "440, 1.2k or A4", "s": "700 ms or 1.5 s", "ms": "700 or 1.5 s", "dB": "-6 or off", "cents": "12 or 1 st",
    "semitones": "7 or 50 ct", "%": "50", "bpm": "104", "key": "C4 or 60",
}  # fmt: skip


def value_text(value: float, unit: str, low: float = 0.0, high: float = 1.0, *, whole: bool = False) -> str:
    """A value with its unit, three figures or so."""
    if whole:
        return f"{round(value):d} {unit}".rstrip() if unit not in ("", ":1") else f"{round(value):d}{unit}"
    if unit == "Hz":
        return f"{_three(value / 1000.0)} kHz" if abs(value) >= 999.5 else f"{_three(value)} Hz"
    if unit == "s":
        return f"{_three(value * 1000.0)} ms" if abs(value) < 0.9995 else f"{_three(value)} s"
    if unit == "dB":
        if value <= SILENT_DB:
            return OFF
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


def pan_text(value: float) -> str:
    """A place between the sides: C, L30, R100."""
    percent = round(abs(value) * 100.0)
    return f"{'L' if value < 0 else 'R'}{percent}" if percent else "C"


def parse_pan(text: str) -> float | None:
    """A place between the sides from "L30", "r 100", "C"; None if it is none."""
    found = re.fullmatch(r"\s*([lrc])\s*(\d{0,3})\s*", text.lower())
    if not found:
        return None
    side, percent = found.groups()
    return 0.0 if side == "c" else (-1.0 if side == "l" else 1.0) * min(100.0, float(percent or 100)) / 100.0


def parse_value(text: str, unit: str, low: float = 0.0, high: float = 1.0) -> float | None:
    """A typed value in the parameter's unit, or None: "1.2k", "440", "A4" (Hz), "-6 db", "30 ms", "0:01.5", "50 %"."""
    words = text.strip().lower().replace("−", "-").replace("µ", "u")
    if words in ("-inf", "-∞", "off") and unit == "dB":
        return low
    key = parse_key(text)
    if key is not None and unit in ("Hz", "key", "note"):
        return 440.0 * 2.0 ** ((key - 69) / 12.0) if unit == "Hz" else float(key)
    found = re.fullmatch(r"([-+]?\d*[.,]?\d+(?:e[-+]?\d+)?)\s*([a-z%:1/]*)", words)
    if not found:
        return None
    number = float(found.group(1).replace(",", "."))
    suffix = found.group(2)
    if unit == "" and suffix in ("", "%"):
        shown_as_percent = (low, high) == (-1.0, 1.0) or 0.0 <= low < high <= 1.0
        return number / 100.0 if suffix == "%" or (shown_as_percent and abs(number) > 1.0) else number
    own = unit.lower()
    if suffix in ("", own) or suffix in _ALIKE.get(own, ()):
        return number
    if suffix in _FACTORS.get(own, {}):
        return number * _FACTORS[own][suffix]
    if suffix == "k" and unit == "":
        return number * 1000.0
    return None


def parse_typed(text: str, unit: str, low: float, high: float, shown: str) -> float | None:
    """As parse_value; a bare number counts in the unit in which the value stands there: over "500 ms", 700 is 700 ms.

    Only where that lies out of reach and the plain unit does not, the plain unit is meant: over "1.85 kHz", 440 is Hz.
    """
    words = text.strip()
    plain = parse_value(words, unit, low, high)
    suffix = shown.rsplit(" ", 1)[-1] if " " in shown else ""
    if plain is None or not suffix or suffix == unit or not re.fullmatch(r"[-+]?\d*[.,]?\d+", words):
        return plain
    as_shown = parse_value(f"{words} {suffix}", unit, low, high)
    return plain if as_shown is None or (low <= plain <= high and not low <= as_shown <= high) else as_shown


def parse_key(text: str) -> int | None:
    """A MIDI key by its name: "C4" is 60, "f#3", "Bb2", "E♭-1"; None if it is none."""
    found = re.fullmatch(r"\s*([a-gA-G])([#♯b♭]?)(-?\d)\s*", text)
    if not found:
        return None
    letter, sign, octave = found.groups()
    key = (
        "C D EF G A B".index(letter.upper()) + {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(sign, 0) + 12 * (int(octave) + 1)
    )
    return key if 0 <= key <= 127 else None


def example(unit: str, low: float, high: float) -> str:
    """What could be typed for a unit, in words."""
    return _EXAMPLES.get(unit, f"{low:g} to {high:g}")


def time_text(seconds: float) -> str:
    """Hours, minutes and seconds of a recording: 0:07, 12:30, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


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
