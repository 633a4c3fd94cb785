"""MIDI messages in a performer's words, for the monitor; [any but audio].

Source: MIDI 1.0 Detailed Specification (4.2.1), table of controllers; RP-017 for high resolution velocity's number.
"""

from __future__ import annotations

NOTES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
CONTROLLERS = {
    0: "bank", 1: "modulation", 2: "breath", 4: "foot", 5: "portamento time", 6: "data", 7: "volume", 8: "balance",
    10: "pan", 11: "expression", 12: "effect 1", 13: "effect 2", 64: "sustain", 65: "portamento", 66: "sostenuto",
    67: "soft", 68: "legato", 69: "hold 2", 70: "variation", 71: "resonance", 72: "release", 73: "attack", 74: "brightness",
    75: "decay", 76: "vibrato rate", 77: "vibrato depth", 78: "vibrato delay", 84: "portamento from", 88: "fine velocity",
    91: "reverb", 92: "tremolo", 93: "chorus", 94: "detune", 95: "phaser", 96: "data +", 97: "data -",
    120: "all sound off", 121: "reset all controllers", 122: "local control", 123: "all notes off", 124: "omni off",
    125: "omni on", 126: "mono", 127: "poly",
}  # fmt: skip
SYSTEM = {
    0xF1: "time code", 0xF2: "song position", 0xF3: "song select", 0xF6: "tune request", 0xF8: "clock", 0xFA: "start",
    0xFB: "continue", 0xFC: "stop", 0xFE: "active sensing", 0xFF: "reset",
}  # fmt: skip
REGISTERED = {
    0: "bend range",
    1: "fine tuning",
    2: "coarse tuning",
    3: "tuning program",
    4: "tuning bank",
    6: "MPE zone",
}
_CHANNEL_MODE = 120
_NULL = 0x3FFF


def note_name(key: int) -> str:
    """C4 is key 60."""
    return f"{NOTES[key % 12]}{key // 12 - 1}"


class Describer:
    """Words for the messages of one port, in their order: what comes in two halves is told with both."""

    def __init__(self) -> None:
        self._coarse: dict[tuple[int, int], int] = {}
        self._parameter: dict[int, tuple[str, int, int]] = {}

    def text(self, data: bytes, size: int | None = None) -> str:
        """A message as a line. size: of the whole, where `data` is only its beginning."""
        size = len(data) if size is None else size
        if not data:
            return "nothing"
        status = data[0]
        if status == 0xF0:
            return f"SysEx, {size} bytes, maker {_maker(data)}"
        if status >= 0xF0:
            return self._system(status, data)
        if status < 0x80 or len(data) < (2 if status & 0xE0 == 0xC0 else 3):
            return "not a message"
        channel, a, b = status & 0x0F, data[1], data[2] if len(data) > 2 else 0
        return f"{self._channel(status & 0xF0, channel, a, b)} ch {channel + 1}"

    @staticmethod
    def _system(status: int, data: bytes) -> str:
        name = SYSTEM.get(status, f"undefined {status:02X}")
        if status == 0xF2 and len(data) > 2:
            return f"{name} {data[2] << 7 | data[1]}"
        return f"{name} {data[1]}" if status in (0xF1, 0xF3) and len(data) > 1 else name

    def _channel(self, kind: int, channel: int, a: int, b: int) -> str:
        if kind == 0x90 and b:
            return f"note on {note_name(a)} velocity {b}"
        if kind in (0x80, 0x90):
            return f"note off {note_name(a)}" + (f" velocity {b}" if kind == 0x80 else "")
        if kind == 0xA0:
            return f"key pressure {note_name(a)} {b}"
        if kind == 0xB0:
            return self._controller(channel, a, b)
        if kind == 0xC0:
            return f"program {a + 1}"
        return f"pressure {a}" if kind == 0xD0 else f"bend {(b << 7 | a) - 8192:+d}"

    def _controller(self, channel: int, number: int, value: int) -> str:
        name = f"CC {number}" + (f" {CONTROLLERS[number]}" if number in CONTROLLERS else "")
        if number >= _CHANNEL_MODE:
            return name
        if number in (98, 99, 100, 101):
            return f"{name} {value}{self._select(channel, number, value)}"
        if number in (6, 38):
            return f"{self._data(channel, number, value)}"
        if number < 32:
            self._coarse[channel, number] = value
        elif number < 64 and (channel, number - 32) in self._coarse:
            pair = number - 32
            called = f" {CONTROLLERS[pair]}" if pair in CONTROLLERS else ""
            return f"CC {pair}+{number}{called} = {self._coarse[channel, pair] << 7 | value} (14 bit)"
        return f"{name} = {value}"

    def _select(self, channel: int, number: int, value: int) -> str:
        kind = "RPN" if number >= 100 else "NRPN"
        former, coarse, fine = self._parameter.get(channel, (kind, 0, 0))
        if former != kind:
            coarse = fine = 0
        coarse, fine = (value, fine) if number % 2 else (coarse, value)
        self._parameter[channel] = (kind, coarse, fine)
        chosen = coarse << 7 | fine
        return "" if chosen == _NULL else f" ({kind} {chosen})"

    def _data(self, channel: int, number: int, value: int) -> str:
        kind, coarse, fine = self._parameter.get(channel, ("", 0, 0))
        chosen = coarse << 7 | fine
        name = f"{kind} {chosen}" if kind and chosen != _NULL else "data"
        if kind == "RPN" and chosen in REGISTERED:
            name += f" {REGISTERED[chosen]}"
        if number == 6:
            self._coarse[channel, 6] = value
            return f"{name} = {value}"
        return f"{name} = {self._coarse.get((channel, 6), 0) << 7 | value} (14 bit)"


def _maker(data: bytes) -> str:
    """The maker's number: one byte, or three that begin with 0."""
    if len(data) < 2:
        return "?"
    return " ".join(f"{byte:02X}" for byte in (data[1:4] if data[1] == 0 else data[1:2]))
