"""Writes music with a note model off stage: a MIDI prompt in, bars of notes out; no torch; [main]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from realtime.models.base import model_class, model_names
from realtime.music.midifile import write_midi
from realtime.native.errors import AntiphonError


def generate_file(
    model: str, output: str | Path, prompt: str | Path | None = None, bars: int = 8, seed: int = 0, **values: Any
) -> dict:
    """What a note model makes, in a MIDI file, with its own parameters (numbers, or labels as text).

    The result is JSON: notes as [beat, duration, pitch, velocity, channel]. Raises AntiphonError.
    """
    names = model_names()
    if model not in names:
        raise AntiphonError(f"Model {model}: there is none that writes notes; choose {', '.join(names)}.")
    chosen = model_class(model)
    known = {p.id: p for p in chosen.PARAMS}
    numbers = {k: known[k].parse(v) if k in known else v for k, v in values.items()}
    music = chosen.load().generate_from(prompt, bars, seed, **numbers)
    write_midi(music, output)
    return {
        "model": model,
        "seed": seed,
        "bars": bars,
        "notes": [[round(n.beat, 4), round(n.duration, 4), n.pitch, round(n.velocity, 3), n.channel]
                  for n in music.notes],
        "file": str(output),
    }  # fmt: skip
