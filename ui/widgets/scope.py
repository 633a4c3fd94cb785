"""Scope (left and right, triggered) and spectrum (log frequency, dBFS) of the output, drawn by pyqtgraph; Qt thread."""

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt

from realtime.control.spectrum import FLOOR_DB, bands_hz, spectrum_db
from ui import strings
from ui.style import theme
from ui.style.theme import px

KEPT_FRAMES = 8192
SCOPE_S = 0.02
SPECTRUM_FRAMES = 8192
BANDS = 240
FALL_DB = 3.2  # a picture, so that the eye can follow
TOP_DB, BOTTOM_DB = 6.0, -90.0
TICKS_HZ = (
    (50, "50"),
    (100, "100"),
    (200, "200"),
    (500, "500"),
    (1000, "1k"),
    (2000, "2k"),
    (5000, "5k"),
    (10000, "10k"),
)


class Trace:
    """The latest audio of two channels, as it streams in."""

    def __init__(self) -> None:
        self.audio = np.zeros((2, KEPT_FRAMES), np.float32)
        self.sample_rate = 48000.0
        self.fresh = False

    def push(self, block: np.ndarray, sample_rate: float) -> None:
        """Appends (channels, n); mono goes to both sides."""
        if block.shape[0] == 1:
            block = np.repeat(block, 2, axis=0)
        block = block[:2, -KEPT_FRAMES:]
        self.audio = np.concatenate([self.audio[:, block.shape[1] :], block], axis=1)
        self.sample_rate = sample_rate
        self.fresh = True

    def triggered(self, frames: int) -> np.ndarray:
        """(2, frames) that start at the last rising zero of the mix that leaves enough after it."""
        mono = self.audio.mean(axis=0)
        search = mono[-2 * frames - 1 : -frames]
        rising = np.flatnonzero((search[:-1] <= 0.0) & (search[1:] > 0.0))
        start = KEPT_FRAMES - 2 * frames - 1 + (int(rising[0]) + 1 if rising.size else frames)
        return self.audio[:, start : start + frames]


def _plot(name: str) -> pg.PlotWidget:
    plot = pg.PlotWidget()
    plot.setAccessibleName(name)
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    _dress(plot)
    return plot


def _dress(plot: pg.PlotWidget) -> None:
    """Colours, type and spaces of the theme and scale in force."""
    plot.setBackground(theme.colour.sunken)
    plot.getPlotItem().setContentsMargins(0, px(4), px(6), 0)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(theme.colour.line)
        axis.setTextPen(theme.colour.dim)
        axis.setStyle(tickFont=theme.face("caption"), tickLength=0, tickTextOffset=px(3), autoExpandTextSpace=False)
    plot.getAxis("left").setWidth(px(58))
    plot.getAxis("bottom").setHeight(px(30))
    plot.setMinimumHeight(px(70))
    for item in plot.getPlotItem().items:
        if isinstance(item, pg.InfiniteLine):
            item.setPen(pg.mkPen(theme.colour.raised, width=1))


def _grid(plot: pg.PlotWidget, across: list[float], down: list[float]) -> None:
    for places, angle in ((across, 0), (down, 90)):
        for at in places:
            plot.addItem(pg.InfiniteLine(at, angle))


class Scope:
    """The waveform; `widget` is the view."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.widget = _plot(strings.SCOPE)
        self.widget.setYRange(-1.15, 1.15, padding=0)
        self.widget.setXRange(0.0, SCOPE_S * 1000.0, padding=0)
        self.widget.getAxis("left").setTicks([[(-1, "−1"), (0, "0"), (1, "1")]])
        self.widget.getAxis("bottom").setTicks([[(at, f"{at} ms") for at in (5, 10, 15)]])
        _grid(self.widget, [-1, -0.5, 0, 0.5, 1], [5, 10, 15])
        self.right, self.left = self.widget.plot(), self.widget.plot()
        self.restyle()

    def restyle(self) -> None:
        """The theme or the scale has changed."""
        _dress(self.widget)
        self.right.setPen(pg.mkPen(theme.faded(theme.colour.player, 0.85), width=px(1.4)))
        self.left.setPen(pg.mkPen(theme.colour.you, width=px(1.4)))

    def draw(self) -> None:
        """The newest sweep."""
        frames = min(int(SCOPE_S * self.trace.sample_rate), KEPT_FRAMES // 2 - 1)
        sweep = np.clip(self.trace.triggered(frames), -1.05, 1.05)
        time_ms = np.arange(frames) * (1000.0 / self.trace.sample_rate)
        self.left.setData(time_ms, sweep[0])
        self.right.setData(time_ms, sweep[1])


class Spectrum:
    """The level over log frequency, falling slowly, with its peaks held faintly."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.levels = np.full(BANDS, FLOOR_DB, np.float32)
        self.peaks = self.levels.copy()
        self.widget = _plot(strings.SPECTRUM)
        axis = np.log10(bands_hz(BANDS))
        self._axis = axis
        self.widget.setXRange(axis[0], axis[-1], padding=0)
        self.widget.setYRange(BOTTOM_DB, TOP_DB, padding=0)
        self.widget.getAxis("bottom").setTicks([[(np.log10(hz), words) for hz, words in TICKS_HZ]])
        self.widget.getAxis("left").setTicks([[(level, f"{level}") for level in (0, -24, -48, -72)]])
        _grid(self.widget, [0, -24, -48, -72], [float(np.log10(hz)) for hz, _ in TICKS_HZ])
        self.peak_curve, self.curve = self.widget.plot(), self.widget.plot(fillLevel=BOTTOM_DB)
        self.restyle()

    def restyle(self) -> None:
        """The theme or the scale has changed."""
        _dress(self.widget)
        self.peak_curve.setPen(pg.mkPen(theme.faded(theme.colour.you, 0.35), width=1))
        self.curve.setPen(pg.mkPen(theme.colour.you, width=px(1.5)))
        self.curve.setFillBrush(theme.faded(theme.colour.you, 0.22))

    def draw(self) -> None:
        """The newest spectrum."""
        mono = self.trace.audio.mean(axis=0)[-SPECTRUM_FRAMES:]
        now = spectrum_db(mono, self.trace.sample_rate, BANDS)
        self.levels = np.maximum(now, self.levels - FALL_DB)
        self.peaks = np.maximum(now, self.peaks - FALL_DB / 8)
        self.curve.setData(self._axis, np.maximum(self.levels, BOTTOM_DB - 5))
        self.peak_curve.setData(self._axis, np.maximum(self.peaks, BOTTOM_DB - 5))
