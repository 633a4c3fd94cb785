"""The picture of some music: a piano roll in systems of bars, one colour a channel, drums as ticks, chords above;
[workshop]."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from export.measures.lines import DRUM_CHANNEL, bar_beats
from export.measures.picture import BLACK_KEYS, COLOURS, FAINT, INK, LINE, new_figure, save_small
from realtime.music.chord_symbol import parse_chord
from realtime.music.sequence import Note, NoteSequence
from realtime.native.errors import AntiphonError

BARS_A_SYSTEM = 16
DRUM_ROWS = (
    ("kick", (35, 36)),
    ("snare", (37, 38, 39, 40)),
    ("low tom", (41, 43, 45)),
    ("high tom", (47, 48, 50)),
    ("closed hat", (42, 44, 22)),
    ("open hat", (46, 26)),
    ("ride", (51, 53, 59)),
    ("crash", (49, 52, 55, 57)),
)
OTHER_DRUMS = "other"


def drum_row(pitch: int) -> str:
    """The row a General MIDI drum is drawn in."""
    return next((name for name, pitches in DRUM_ROWS if pitch in pitches), OTHER_DRUMS)


def draw_roll(
    sequence: NoteSequence,
    path: str | Path,
    title: str = "",
    chords: Sequence[tuple[float, str]] = (),
    names: dict[int, str] | None = None,
    bars_a_system: int = BARS_A_SYSTEM,
) -> None:
    """Writes a PNG of at most 60 KB: pitch against bars, systems of 16 bars below each other, loud notes darker.

    chords: (beat, symbol) written above; names: of channels, for the legend ("channel n" otherwise). An empty sequence
    gives an empty staff. Raises AntiphonError if the file cannot be written.
    """
    bar = bar_beats(sequence)
    bars = max(1, int(np.ceil(round(sequence.end_beat / bar, 3))))
    a_system = min(bars, max(1, bars_a_system))
    systems = -(-bars // a_system)
    pitched = [n for n in sequence.notes if n.channel != DRUM_CHANNEL]
    drums = [n for n in sequence.notes if n.channel == DRUM_CHANNEL]
    channels = sorted({n.channel for n in pitched})
    colours = {c: COLOURS[i % len(COLOURS)] for i, c in enumerate(channels)}
    lowest, highest = _range(pitched)
    rows = [name for name, _ in DRUM_ROWS if any(drum_row(n.pitch) == name for n in drums)]
    rows += [OTHER_DRUMS] if any(drum_row(n.pitch) == OTHER_DRUMS for n in drums) else []
    pitch_inches = 0.0 if drums and not pitched else min(3.0, max(1.1, (highest - lowest) * 0.05))
    drum_inches = 0.16 * len(rows) + 0.1 if rows else 0.0
    system_inches = pitch_inches + drum_inches + 0.45
    height = systems * system_inches + 0.55
    figure = new_figure(12.0, height)
    figure.text(0.012, 1 - 0.14 / height, title, fontsize=11, weight="bold", color=INK, va="top")
    _legend(figure, channels, colours, names or {}, height)
    for system in range(systems):
        top = height - 0.62 - system * system_inches
        first = system * a_system
        if pitch_inches:
            axes = figure.add_axes((0.055, (top - pitch_inches) / height, 0.935, pitch_inches / height))
            _draw_pitches(axes, pitched, colours, lowest, highest, first, a_system, bar)
            _bar_lines(axes, first, a_system, bar, numbers=not rows)
            _draw_chords(axes, chords, first, a_system, bar)
        if rows:
            bottom = top - pitch_inches - drum_inches
            axes = figure.add_axes((0.055, bottom / height, 0.935, (drum_inches - 0.04) / height))
            _draw_drums(axes, drums, rows, first, a_system, bar)
            _bar_lines(axes, first, a_system, bar, numbers=True)
            if not pitch_inches:
                _draw_chords(axes, chords, first, a_system, bar)
    save_small(figure, path)


def _range(notes: Sequence[Note]) -> tuple[int, int]:
    """Lowest and highest pitch of the staff: at least an octave and a half, whole notes of margin."""
    lowest = min((n.pitch for n in notes), default=60) - 2
    highest = max((n.pitch for n in notes), default=72) + 2
    short = max(0, 18 - (highest - lowest))
    return lowest - short // 2, highest + short - short // 2


def _legend(figure, channels: list[int], colours: dict[int, str], names: dict[int, str], height: float) -> None:
    if len(channels) < 2 and not names:
        return
    from matplotlib.patches import Patch

    handles = [Patch(color=colours[c], label=names.get(c, f"channel {c + 1}")) for c in channels]
    figure.legend(
        handles=handles, loc="upper right", ncols=max(1, len(handles)), fontsize=8, frameon=False,
        bbox_to_anchor=(0.995, 1 - 0.06 / height), handlelength=1.2, columnspacing=1.2,
    )  # fmt: skip


def _draw_pitches(
    axes, notes: list[Note], colours: dict[int, str], lowest: int, highest: int, first: int, count: int, bar: float
) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    start, end = first * bar, (first + count) * bar
    for pitch in range(lowest, highest + 1):
        if pitch % 12 in (1, 3, 6, 8, 10):
            axes.axhspan(pitch - 0.5, pitch + 0.5, color=BLACK_KEYS, zorder=0, linewidth=0)
        if pitch % 12 == 0:
            axes.axhline(pitch - 0.5, color=FAINT, linewidth=0.8, zorder=1)
    for channel, colour in colours.items():
        boxes, shades = [], []
        for n in notes:
            if n.channel == channel and n.beat < end and n.end > start:
                left, right = max(start, n.beat), min(end, max(n.end - 0.04, n.beat + 0.06))
                boxes.append(
                    [(left, n.pitch - 0.42), (left, n.pitch + 0.42), (right, n.pitch + 0.42), (right, n.pitch - 0.42)]
                )
                shades.append(to_rgba(colour, 0.4 + 0.6 * min(1.0, max(0.0, n.velocity / 0.8))))
        axes.add_collection(PolyCollection(boxes, facecolors=shades or colour, edgecolors="none", zorder=3))
    octaves = [p for p in range(lowest, highest + 1) if p % 12 == 0]
    axes.set_yticks(octaves, [f"C{p // 12 - 1}" for p in octaves])
    axes.set_ylim(lowest - 0.5, highest + 0.5)


def _draw_drums(axes, notes: list[Note], rows: list[str], first: int, count: int, bar: float) -> None:
    start, end = first * bar, (first + count) * bar
    for k, name in enumerate(rows):
        axes.axhline(k, color=FAINT, linewidth=0.6, zorder=1)
        hits = [n for n in notes if drum_row(n.pitch) == name and start <= n.beat < end]
        reach = [0.15 + 0.27 * min(1.0, n.velocity) for n in hits]
        axes.vlines([n.beat for n in hits], [k - r for r in reach], [k + r for r in reach], color=INK, linewidth=1.6)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(-0.6, len(rows) - 0.4)


def _bar_lines(axes, first: int, count: int, bar: float, numbers: bool) -> None:
    for k in range(count + 1):
        axes.axvline((first + k) * bar, color=LINE, linewidth=1.0 if k % 4 == 0 else 0.6, zorder=2)
        if k < count and bar <= 8:
            for beat in range(1, int(np.ceil(bar))):
                axes.axvline((first + k) * bar + beat, color=FAINT, linewidth=0.4, zorder=1)
    axes.set_xlim(first * bar, (first + count) * bar)
    axes.set_xticks([(first + k) * bar for k in range(count)], [str(first + k + 1) for k in range(count)])
    axes.tick_params(length=0, labelsize=8, colors=INK, labelbottom=numbers, pad=2)
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("left")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_chords(axes, chords: Sequence[tuple[float, str]], first: int, count: int, bar: float) -> None:
    """Symbols above the system where they change; one that would run into its neighbour is left out."""
    start, end = first * bar, (first + count) * bar
    free, before = -1.0, ""
    for beat, raw in chords:
        symbol = chord_text(raw)
        if start <= beat < end and beat >= free and symbol != before:
            axes.text(beat, 1.02, symbol, transform=axes.get_xaxis_transform(), fontsize=7.5, color=INK, va="bottom")
            free, before = beat + (len(symbol) + 1) * 0.0075 * (end - start), symbol


def chord_text(symbol: str) -> str:
    """A chord as a lead sheet has it; "N" is N.C.; an unknown one as it stands."""
    try:
        chord = parse_chord(str(symbol))
    except AntiphonError:
        return str(symbol)
    return chord.symbol() if chord is not None else "N.C."
