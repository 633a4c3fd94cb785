"""A chord chart as JSON-able data, for tools and panels; [any]."""

from __future__ import annotations

from typing import Any

from realtime.music.chart import Chart, symbol


def as_data(chart: Chart, numerator: int = 4, denominator: int = 4) -> dict[str, Any]:
    """Bars of [beat in the bar, symbol], with their metre (numerator, denominator: where the chart does not say); sections
    with their first bar, from 1."""
    metres = chart.metres(numerator, denominator)
    return {
        "title": chart.title,
        "key": chart.key.name if chart.key else None,
        "tempo_bpm": chart.tempo_bpm,
        "bars": [
            {
                "metre": list(metre),
                "chords": [[round(beat, 4), symbol(chord, chart.key)] for beat, chord in bar.places(*metre)],
            }
            for bar, metre in zip(chart.bars, metres, strict=True)
        ],
        "sections": [{"name": s.name, "kind": s.kind, "bar": s.bar + 1, "bars": s.bars} for s in chart.sections],
        "text": chart.text(),
    }
