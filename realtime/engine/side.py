"""The stage of what sounds beside the scene: click and backing track, behind the master's fader, before its limiter; [audio]."""

from realtime.contract.block import MAX_FRAMES
from realtime.engine.backing import play_backing
from realtime.engine.click import click
from realtime.engine.clockwork import bar_beats
from realtime.engine.layout import MAX_CHANNELS, engine_at
from realtime.engine.side_layout import SIDE, backing_at, side_at
from realtime.native.atomics import load_acquire, store_release
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import field_offset, zero_memory

_WANTED, _BACKING = field_offset(SIDE, "wanted"), field_offset(SIDE, "backing")
_STILL = 1e-6
"""Beats by which the transport may differ from where it was expected."""


@audio
def _click(engine, side, frames):
    t = engine.transport
    counting = engine.counting != 0
    strikes = 1 if counting or (t.playing != 0 and side.click_on != 0) else 0
    beat = engine.count_beat % bar_beats(t) if counting else t.beat - t.bar_start_beat
    # what moved the transport may have left it some part of a sample behind the stroke
    slack = t.beats_per_sample * t.denominator / 4.0 if side.moved != 0 and not counting else 0.0
    left = 1e9
    if counting:
        left = engine.count_beats - engine.count_beat
    elif t.looping != 0 and t.beat < t.loop_end:
        left = t.loop_end - t.beat
    click(
        side, engine.side_mix, beat, t.beats_per_sample, t.numerator, t.denominator, frames, engine.sample_rate, slack,
        left, strikes,
    )  # fmt: skip


@audio
def _backing(engine, side, side_address, frames):
    """Play the one there is; another takes its place once it is silent."""
    t = engine.transport
    wanted = load_acquire(side_address + _WANTED)
    if side.backing != 0:
        backing = backing_at(side.backing)
        runs = t.playing != 0 and side.backing == wanted
        if play_backing(backing, engine.side_mix, t.beat, side.moved != 0, runs, frames, engine.sample_rate):
            side.used = 1
        elif side.backing != wanted:
            store_release(side_address + _BACKING, wanted)
    elif wanted != 0:
        store_release(side_address + _BACKING, wanted)
        backing = backing_at(wanted)
        backing.level = backing.gain
        if t.playing != 0 and play_backing(backing, engine.side_mix, t.beat, True, True, frames, engine.sample_rate):
            side.used = 1


@audio_entry(void(int64, int64))
def side_stage(address, frames):
    """One quantum of click and backing into the side mix."""
    engine = engine_at(address)
    side = side_at(engine.side)
    t = engine.transport
    zero_memory(engine.side_mix, 4 * MAX_FRAMES * MAX_CHANNELS)
    side.used = 0
    gap = t.beat - side.expected_beat
    side.moved = 1 if t.playing != 0 and (gap > _STILL or gap < -_STILL) else 0
    _click(engine, side, frames)
    _backing(engine, side, engine.side, frames)
    side.expected_beat = t.beat + frames * t.beats_per_sample if t.playing != 0 else -1.0
