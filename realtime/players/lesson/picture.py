"""A take over its score as a piano roll in SVG: right, wrong, missing, too much, early and late in their colours; [any]."""

from __future__ import annotations

from html import escape

from realtime.music.pitch import pitch_name
from realtime.music.sequence import Note, NoteSequence
from realtime.players.lesson.judge import Fault, Marks

BEAT, ROW, LEFT, TOP, FOOT = 44.0, 9.0, 46.0, 46.0, 58.0
COLOURS = {
    "right": "#3d9a50", "late": "#d08700", "early": "#3b7dd8", "wrong": "#d03030", "octave": "#b04ab0",
    "missing": "none", "extra": "#d03030",
}  # fmt: skip
"""Right, late and so on; what is missing is an empty frame, what is too much a circle."""
MARKS_OF_BARS = {"repeat": "↺", "skip": "↷", "pause": "‖", "uneven": "≈"}
BLACK_KEYS = (1, 3, 6, 8, 10)


def picture(score: NoteSequence, marks: Marks, take: list[Note] | None = None, title: str = "") -> str:
    """The SVG's text. take: what was played, drawn under it as thin lines; beats as the score's."""
    pitches = [note.pitch for note in score.notes] + [fault.played for fault in marks.faults if fault.played >= 0]
    low, high = min(pitches) - 2, max(pitches) + 2
    end = max(score.end_beat, score.bar_start(score.end_beat - 1e-6) + score.metres[0].bar_beats)
    wide, tall = LEFT + end * BEAT + 16, TOP + (high - low + 1) * ROW + FOOT

    def x(beat: float) -> float:
        return round(LEFT + beat * BEAT, 1)

    def y(pitch: int) -> float:
        return round(TOP + (high - pitch) * ROW, 1)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{tall:.0f}" font-family="sans-serif"'
        ' font-size="11">',
        f'<rect width="{wide:.0f}" height="{tall:.0f}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="16" font-size="13" font-weight="bold">{escape(title)}</text>',
        f'<text x="{LEFT}" y="32">{escape(_summary(marks))}</text>',
    ]  # fmt: skip
    for pitch in range(low, high + 1):
        if pitch % 12 in BLACK_KEYS:
            out.append(f'<rect x="{LEFT}" y="{y(pitch)}" width="{end * BEAT:.1f}" height="{ROW}" fill="#f1f1f4"/>')
        if pitch % 12 == 0:
            out.append(f'<text x="6" y="{y(pitch) + ROW - 1}">{pitch_name(pitch)}</text>')
    out += _bars(score, marks, end, x, y(low) + ROW)
    if take:
        for note in take:
            if 0.0 <= note.beat < end and low <= note.pitch <= high:
                out.append(
                    f'<rect x="{x(note.beat)}" y="{y(note.pitch) + ROW - 2}" width="{max(2.0, note.duration * BEAT):.1f}" '
                    f'height="2" fill="#888888"/>'
                )  # fmt: skip
    faults = {(fault.at, fault.wanted): fault for fault in marks.faults if fault.wanted >= 0}
    for note in score.notes:
        out += _note(note, faults.get((round(note.beat, 4), note.pitch)), x, y)
    for fault in marks.faults:
        if fault.kind == "extra":
            out.append(
                f'<circle cx="{x(fault.at)}" cy="{y(fault.played) + ROW / 2}" r="4" fill="none" stroke="{COLOURS["extra"]}" '
                f'stroke-width="2"><title>{pitch_name(fault.played)} is too much</title></circle>'
            )  # fmt: skip
    out += _legend(tall - 12)
    return "\n".join([*out, "</svg>", ""])


def _summary(marks: Marks) -> str:
    parts = ", ".join(f"{name} {mark:.0f}" for name, mark in marks.parts.items())
    return (
        f"{marks.score:.0f} of 100: {parts}; {marks.right} of {marks.notes} notes right, "
        f"{marks.mean_ms:+.0f} ms ± {marks.spread_ms:.0f} ms, {marks.trend}"
    )


def _bars(score: NoteSequence, marks: Marks, end: float, x, bottom: float) -> list[str]:
    """Bar and beat lines, and under each bar its mark and the signs of its faults."""
    found, beat, number = [], 0.0, 0
    while beat < end - 1e-6:
        length = score.metre_at(beat).bar_beats
        found.append(f'<line x1="{x(beat)}" y1="{TOP}" x2="{x(beat)}" y2="{bottom}" stroke="#777777"/>')
        inside = 1.0
        while inside < length - 1e-6:
            at = x(beat + inside)
            found.append(f'<line x1="{at}" y1="{TOP}" x2="{at}" y2="{bottom}" stroke="#dddddd"/>')
            inside += 1.0
        found.append(f'<text x="{x(beat) + 3}" y="{TOP - 3}" fill="#777777">{number + 1}</text>')
        if number < len(marks.by_bar):
            mark = marks.by_bar[number]
            signs = "".join(sorted({MARKS_OF_BARS.get(f.kind, "") for f in marks.faults if f.bar == number + 1}))
            colour = COLOURS["right"] if mark >= 90 else COLOURS["late"] if mark >= 70 else COLOURS["wrong"]
            found.append(f'<text x="{x(beat) + 3}" y="{bottom + 14}" fill="{colour}">{mark:.0f} {signs}</text>')
        beat, number = beat + length, number + 1
    return found


def _note(note: Note, fault: Fault | None, x, y) -> list[str]:
    kind = fault.kind if fault is not None else "right"
    fill = COLOURS.get(kind, COLOURS["right"])
    edge = COLOURS["wrong"] if kind == "missing" else "#222222"
    dash = ' stroke-dasharray="3 2"' if kind == "missing" else ""
    hand = "0.95" if note.channel == 0 else "0.7"
    found = [
        f'<rect x="{x(note.beat)}" y="{y(note.pitch)}" width="{max(3.0, note.duration * BEAT):.1f}" height="{ROW - 2}" rx="2" '
        f'fill="{fill}" fill-opacity="{hand}" stroke="{edge}" stroke-width="0.7"{dash}/>'
    ]  # fmt: skip
    if fault is not None and fault.kind in ("wrong", "octave"):
        found.append(
            f'<rect x="{x(note.beat)}" y="{y(fault.played)}" width="{max(3.0, note.duration * BEAT):.1f}" '
            f'height="{ROW - 2}" rx="2" fill="{fill}" fill-opacity="0.3" stroke="{fill}"/>'
        )
    if fault is not None and fault.ms:
        found.append(
            f'<text x="{x(note.beat)}" y="{y(note.pitch) - 1}" font-size="8" fill="{fill}">{fault.ms:+.0f}</text>'
        )
    return found


def _legend(y: float) -> list[str]:
    found, at = [], LEFT
    for name, colour in COLOURS.items():
        fill, edge = (colour, colour) if colour != "none" else ("none", COLOURS["wrong"])
        found.append(f'<rect x="{at}" y="{y - 8}" width="12" height="8" fill="{fill}" stroke="{edge}"/>')
        found.append(f'<text x="{at + 16}" y="{y}">{name}</text>')
        at += 74
    return found
