"""Running one plan for one quantum: parameters, process, bypass, guard, load; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import BLOCK
from realtime.contract.motion import advance_params, glide_coefficient
from realtime.engine.layout import NODE, engine_at, node_at, plan_at
from realtime.native.call import caller
from realtime.native.clock import now_ns
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import copy_memory, f32_view, i32_view, load_i64, record_view, zero_memory

_call_process = caller(void, int64, int64)
_block_at = record_view(BLOCK)
_NODE_BYTES = NODE.itemsize

_LOUDEST_BITS = int(np.float32(64.0).view(np.int32))
"""36 dB above full scale: beyond it a device has run away. NaN and Inf compare above as integers too."""
_CLEAN_BYTES = 65536
"""Scratch memory wiped in a quantum after a fault: a big delay line must not make one callback late."""
_REST_QUANTA = 40


@audio
def _sane(samples, frames):
    """No sample of the view is NaN, Inf or beyond +36 dBFS: one integer comparison a sample."""
    worst = np.int32(0)
    for i in range(frames):
        worst = max(worst, samples[i] & np.int32(0x7FFFFFFF))
    return worst < _LOUDEST_BITS


@audio
def _clear_outputs(block, frames):
    for channel in range(block.outputs):
        zero_memory(load_i64(block.audio_out + 8 * channel), 4 * frames)


@audio
def _restart(node, block):
    """Restore a device's first state, and let it rest while its memory is wiped."""
    copy_memory(node.state, node.pristine, node.state_bytes)
    node.muted_quanta = _REST_QUANTA + 4 * block.heap_floats // _CLEAN_BYTES + 1


@audio
def restart_nodes(plan):
    """Every device of a plan forgets its past: the tails are cut (panic)."""
    for index in range(plan.n_nodes):
        node = node_at(plan.nodes + _NODE_BYTES * index)
        _restart(node, _block_at(node.block))


@audio
def _rest(node, block, frames):
    node.muted_quanta -= 1
    at = node.muted_quanta - _REST_QUANTA
    total = 4 * block.heap_floats
    if at >= 0 and at * _CLEAN_BYTES < total:
        zero_memory(block.heap + at * _CLEAN_BYTES, min(_CLEAN_BYTES, total - at * _CLEAN_BYTES))
    _clear_outputs(block, frames)


@audio
def _cross_to_dry(node, block, frames):
    """Blend outputs with the (latency-aligned) inputs by the bypass gain, which moves over the quantum."""
    start = node.bypass_now
    step = np.float32(1.0 / 256.0)
    goal = node.bypass_target
    end = start
    size = node.dry_size
    for channel in range(2):
        out = f32_view(load_i64(block.audio_out + 8 * channel), frames)
        wet = np.float32(1.0) - start
        dry = start
        line = f32_view(node.dry + 4 * size * channel, size)
        at = node.dry_at
        if node.can_bypass != 0:
            for i in range(frames):
                dry = min(goal, dry + step) if goal > start else max(goal, dry - step)
                wet = np.float32(1.0) - dry
                out[i] = out[i] * wet + line[(at + i - node.latency) & (size - 1)] * dry
        else:
            for i in range(frames):
                dry = min(goal, dry + step) if goal > start else max(goal, dry - step)
                out[i] = out[i] * (np.float32(1.0) - dry)
        end = dry
    node.bypass_now = end


@audio
def _keep_dry(node, block, frames):
    size = node.dry_size
    for channel in range(2):
        source = f32_view(load_i64(block.audio_in + 8 * channel), frames)
        line = f32_view(node.dry + 4 * size * channel, size)
        at = node.dry_at
        for i in range(frames):
            line[(at + i) & (size - 1)] = source[i]


@audio
def run_node(engine, node, frames, measured):
    """One device, one quantum."""
    block = _block_at(node.block)
    block.frames = frames
    coefficient = glide_coefficient(frames, block.sample_rate)
    advance_params(
        node.motion[0], node.motion[1], node.motion[2], node.motion[3], node.motion[4], block.n_params, coefficient
    )
    if node.muted_quanta > 0:
        _rest(node, block, frames)
        return
    aligned_dry = node.can_bypass != 0 and (node.latency > 0 or node.bypass_target + node.bypass_now > 0.0)
    if aligned_dry:
        _keep_dry(node, block, frames)
    if measured:
        before = now_ns()
        _call_process(node.entry, node.block, node.state)
        node.load_ns = now_ns() - before
        node.load_frames = frames
    else:
        _call_process(node.entry, node.block, node.state)
    for channel in range(block.outputs):
        if not _sane(i32_view(load_i64(block.audio_out + 8 * channel), frames), frames):
            node.faults += 1
            engine.faults += 1
            _restart(node, block)
            _clear_outputs(block, frames)
            break
    if node.bypass_target > 0.0 or node.bypass_now > 0.0:
        _cross_to_dry(node, block, frames)
    if aligned_dry:
        node.dry_at = (node.dry_at + frames) & (node.dry_size - 1)


@audio_entry(void(int64, int64, int64))
def run_nodes_stage(engine_address, plan_address, frames):
    """All devices of a plan, in the order of the signal; one of them, in turn, is timed."""
    engine, plan = engine_at(engine_address), plan_at(plan_address)
    measured = plan.next_measured
    for index in range(plan.n_nodes):
        run_node(engine, node_at(plan.nodes + _NODE_BYTES * index), frames, index == measured)
    plan.next_measured = measured + 1 if measured + 1 < plan.n_nodes else 0
