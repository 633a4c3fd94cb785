"""Descriptors drawn: a sound as spectrogram, mel, chroma, constant-Q, onsets and pitch; notes as roll, tension and
histograms; [workshop]."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from export.features.feature import Feature
from export.features.sound import Sound
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError

RANGE_DB = 80.0
COLOURS = "magma"
F0_TICKS_HZ = (50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1200, 1500, 2000)


def draw_sound(sound: Sound, features: dict[str, Feature], path: str | Path, title: str = "") -> None:
    """Six panels over one time axis. Raises AntiphonError if the file cannot be written."""
    figure = Figure(figsize=(11, 13), layout="constrained")
    panels = figure.subplots(6, 1, sharex=True)
    magnitude = features["stft"]
    level = 20 * np.log10(np.maximum(magnitude.values, 1e-6))
    _image(figure, panels[0], magnitude.times_s, magnitude.rows, level, "STFT", "Hz", log=True)
    centroid = features["centroid"]
    panels[0].plot(centroid.times_s, centroid.values, color="white", linewidth=0.8, label="centroid")
    panels[0].legend(loc="upper right", fontsize=7)
    bands = features["mel"]
    _image(figure, panels[1], bands.times_s, bands.rows, bands.values, "Mel bands", "Hz", log=True)
    chroma = features["chroma_cqt"]
    _image(figure, panels[2], chroma.times_s, np.arange(12), chroma.values, "Chroma (CQT)", "", levels=(0.0, 1.0))
    panels[2].set_yticks(range(12), chroma.rows, fontsize=7)
    transform = features["cqt"]
    _image(figure, panels[3], transform.times_s, transform.rows, transform.values, "Constant-Q", "Hz", log=True)
    _onsets(panels[4], features)
    f0 = features["f0"]
    panels[5].plot(f0.times_s, f0.values, ".", markersize=3, color="tab:blue")
    panels[5].set_yscale("log")
    panels[5].yaxis.set_major_locator(FixedLocator(F0_TICKS_HZ))
    panels[5].yaxis.set_minor_locator(NullLocator())
    panels[5].yaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    panels[5].tick_params(axis="y", which="both", labelsize=7)
    panels[5].set_ylabel("f0 (Hz)")
    panels[5].set_xlabel("s")
    panels[5].grid(alpha=0.3, which="both")
    if not np.isfinite(f0.values).any():
        panels[5].set_ylim(55, 2000)
        panels[5].text(0.5, 0.5, "no single pitch", transform=panels[5].transAxes, ha="center", color="grey")
    panels[0].set_xlim(0, sound.duration_s)
    figure.suptitle(title or sound.name)
    _save(figure, path)


def _image(figure, panel, times, rows, values, name: str, unit: str, log: bool = False, levels=None) -> None:
    rows = np.asarray(rows, dtype=np.float64)
    top = float(np.nanmax(values))
    low, high = levels or (top - RANGE_DB, top)
    first = 1 if log and rows[0] <= 0 else 0
    image = panel.pcolormesh(
        times, rows[first:], values[first:], vmin=low, vmax=high, cmap=COLOURS, shading="nearest", rasterized=True
    )
    if log:
        panel.set_yscale("log")
        panel.set_ylim(max(30.0, rows[first]), rows[-1])
    panel.set_ylabel(f"{name}\n{unit}" if unit else name)
    figure.colorbar(image, ax=panel, pad=0.01, label="" if levels else "dB")


def _onsets(panel, features: dict[str, Feature]) -> None:
    strength, found, beats = features["onset_strength"], features["onset_times"], features["beats"]
    panel.plot(strength.times_s, strength.values, linewidth=0.7, color="tab:blue", label="onset strength")
    top = max(float(strength.values.max(initial=0.0)), 1.0)
    panel.plot(
        found.values, np.full(len(found.values), 1.04 * top), "|", markersize=5, color="tab:green", label="onsets"
    )
    if len(beats.values):
        tempo = float(features["tempo"].values)
        panel.vlines(
            beats.values,
            0,
            top,
            color="tab:red",
            linewidth=0.7,
            alpha=0.45,
            zorder=0.5,
            label=f"beats, {tempo:.1f} a minute",
        )
    panel.set_ylim(0, 1.12 * top)
    panel.set_ylabel("onset strength\ndB")
    _legend_above(panel)


def _legend_above(panel) -> None:
    panel.legend(fontsize=7, ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False, borderaxespad=0.1)


def draw_notes(sequence: NoteSequence, features: dict[str, Feature], path: str | Path, title: str = "") -> None:
    """Roll, tension, and histograms of pitch classes, intervals, times between onsets and contours. Raises
    AntiphonError if the file cannot be written."""
    figure = Figure(figsize=(11, 9), layout="constrained")
    grid = figure.add_gridspec(3, 4, height_ratios=(2, 1, 1.2))
    roll = figure.add_subplot(grid[0, :])
    for note in sequence.notes:
        colour = "grey" if note.channel == 9 else f"C{note.channel % 10}"
        roll.barh(note.pitch, max(note.duration, 0.05), left=note.beat, height=0.9, color=colour, alpha=0.85)
    roll.set_ylabel("pitch (MIDI)")
    roll.set_xlim(0, max(sequence.end_beat, 1.0))
    roll.grid(alpha=0.3)
    strain = figure.add_subplot(grid[1, :], sharex=roll)
    for name in ("cloud_diameter", "cloud_momentum", "tensile_strain"):
        if name in features:
            strain.plot(
                np.asarray(features[name].times_s), features[name].values, label=name.replace("_", " "), linewidth=1
            )
    strain.set_ylabel("tension\n(radii)")
    strain.set_xlabel("beat")
    strain.grid(alpha=0.3)
    if "cloud_diameter" in features:
        _legend_above(strain)
    else:
        strain.text(0.5, 0.5, "no pitches", transform=strain.transAxes, ha="center", color="grey")
    for column, (name, label) in enumerate(
        (
            ("pitch_class", "pitch classes"),
            ("interval_share", "interval (semitones)"),
            ("ioi_share", "onset interval (beats)"),
        )
    ):
        _bars(figure.add_subplot(grid[2, column]), features.get(name), label)
    _bars(figure.add_subplot(grid[2, 3]), features.get("contour"), "contour of phrases")
    figure.suptitle(title or sequence.name)
    _save(figure, path)


def _bars(panel, feature: Feature | None, label: str) -> None:
    panel.set_title(label, fontsize=9)
    if feature is None or not feature.values.size:
        panel.text(0.5, 0.5, "none", transform=panel.transAxes, ha="center", color="grey")
        panel.set_axis_off()
        return
    names = [str(r) for r in feature.rows] if feature.rows is not None else []
    panel.bar(range(len(feature.values)), feature.values, color="tab:blue")
    upright = max(map(len, names), default=0) > 2
    panel.set_xticks(range(len(names)), names, rotation=90 if upright else 0, fontsize=7)
    panel.tick_params(axis="y", labelsize=7)


def _save(figure: Figure, path: str | Path) -> None:
    try:
        figure.savefig(str(path), dpi=90, format="png")
    except OSError as error:
        raise AntiphonError(f"Picture {path}: cannot be written ({error.strerror}); choose another place.") from error
