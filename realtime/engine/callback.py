"""The callback: one driver block from MIDI and audio in to audio and MIDI out, called by address from native threads; [audio].

The block is cut into quanta of at most 64 frames. Each quantum gathers its events, runs every plan that sounds, sums them
into the master, limits, meters and records, and moves the clock on.
"""

from __future__ import annotations

import math

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.block import MAX_FRAMES
from realtime.dsp.lookahead import LIMITER, limit_stereo
from realtime.engine import histogram
from realtime.engine.alignment import FADE_FRAMES
from realtime.engine.clockwork import advance, frames_to_edge, tell_players
from realtime.engine.events import add_incoming, call_1, call_2, call_3, call_4, route_events, take_message, tell_events
from realtime.engine.layout import (
    DONE,
    ENGINE,
    FADING,
    FRESH,
    INCOMING,
    LIVE,
    LONG_BYTES,
    MAX_LONG,
    MAX_PLANS,
    MIDI_OUT,
    PLAYER_SOURCE,
    PORT_SOURCE,
    RINGING,
    address_of,
    engine_at,
    incoming_at,
    message_at,
    midi_out_at,
    plan_at,
)
from realtime.engine.nodes import restart_nodes
from realtime.native.atomics import compare_exchange, load_acquire
from realtime.native.clock import now_ns
from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import (
    copy_memory,
    f32_view,
    field_offset,
    load_i64,
    load_u8,
    record_view,
    store_f32,
    store_i32,
    store_i64,
    zero_memory,
)
from realtime.native.quiesce import enter, leave
from realtime.native.ring import ring_peek, ring_pop, ring_push

_limiter_at = record_view(LIMITER)
_NEXT_PLAN, _RECORD_RING = (field_offset(ENGINE, name) for name in ("next_plan", "record_ring"))
_LIMITER_BYTES = LIMITER.itemsize
_INCOMING_BYTES = INCOMING.itemsize
_MIDI_OUT_BYTES = MIDI_OUT.itemsize
_LISTEN_TRANSPORT = wire.TRANSPORT
_TELL_S = 0.01
_MASTER_GLIDE_S = 0.003
_INPUT_FADE_S = 0.010
_LAST_FADE_S = 0.050
_LONGEST_RING_S = 60.0
_LEAVE_FRAMES = 2 * (FADE_FRAMES + MAX_FRAMES)
"""Time for what leaves to fade: the rest of a fade that is under way, and one of its own."""
_SILENCE = np.float32(1e-5)
"""-100 dBFS: below it a ringing plan is over."""


@audio
def _set_fades(table, count, goal):
    """Give a goal to fades whose addresses stand in a table."""
    for index in range(count):
        store_f32(load_i64(table + 8 * index), np.float32(goal))


@audio
def _has_faded(engine, plan, frames):
    """Whether all that an edit takes away from the current plan is silent; the first call tells it to fade."""
    if engine.plans[0] == 0:
        return True
    current = plan_at(engine.plans[0])
    if plan.family != current.family:
        return True  # another scene: it shares nothing that could click
    if plan.waited < 0:
        _set_fades(current.fades, current.n_fades, 0.0)  # an edit that was never taken may have told others to leave
        _set_fades(plan.leaving, plan.n_leaving, 1.0)
        plan.waited = 0
        return plan.n_leaving == 0
    plan.waited += frames
    return plan.n_leaving == 0 or plan.waited > _LEAVE_FRAMES


@audio
def _make_room(engine):
    """A free place for one more plan: the oldest is hurried out if there is none. True if there is one now."""
    if engine.plans[MAX_PLANS - 1] == 0:
        return True
    oldest = plan_at(engine.plans[MAX_PLANS - 1])
    if oldest.mode != DONE:
        oldest.mode = FADING
    return False


@audio
def _accept_plan(engine, frames):
    """Take a published plan if there is a place for it and what it takes away has faded; else next time. frames: since
    the last call."""
    slot = address_of(engine) + _NEXT_PLAN
    address = load_acquire(slot)
    if address == 0 or not _make_room(engine):
        return
    plan = plan_at(address)
    if not _has_faded(engine, plan, frames):
        return
    if compare_exchange(slot, address, 0) == 0:
        return  # a newer one has just taken its place
    for index in range(MAX_PLANS - 1, 0, -1):
        engine.plans[index] = engine.plans[index - 1]
    engine.plans[0] = address
    plan.mode = LIVE
    plan.gain = 1.0
    plan.input_gain = 0.0
    if engine.plans[1] == 0:
        plan.input_gain = 1.0
    for index in range(1, MAX_PLANS):
        if engine.plans[index] == 0:
            continue
        former = plan_at(engine.plans[index])
        if former.family == plan.family:
            # an edit shares its devices with the plan before: that one must not run them a second time
            plan.input_gain = former.input_gain
            former.mode = DONE
        elif former.mode == LIVE:
            former.mode = RINGING
    _set_fades(plan.fades, plan.n_fades, 0.0)
    engine.accepted = plan.serial


@audio
def _fill_inputs(engine, plan, audio_in, at, frames):
    """The plan's own copy of the driver's inputs, faded in or out with the plan."""
    goal = 1.0 if plan.mode == LIVE else 0.0
    start = plan.input_gain
    reach = frames / (_INPUT_FADE_S * engine.sample_rate)
    end = min(goal, start + reach) if goal > start else max(goal, start - reach)
    step = (end - start) / frames
    for channel in range(plan.n_inputs):
        target = f32_view(load_i64(plan.inputs + 8 * channel), frames)
        if channel < engine.n_inputs and audio_in != 0:
            source = f32_view(load_i64(audio_in + 8 * channel) + 4 * at, frames)
            for i in range(frames):
                target[i] = source[i] * np.float32(start + step * i)
        else:
            zero_memory(load_i64(plan.inputs + 8 * channel), 4 * frames)
    plan.input_gain = end


@audio
def _add_outputs(engine, plan, frames):
    """Sum a plan into the master; watch a ringing plan for silence and end it."""
    start = plan.gain
    end = start
    if plan.mode == FADING:
        end = max(0.0, start - frames / (_LAST_FADE_S * engine.sample_rate))
    step = np.float32((end - start) / frames)
    loudest = np.float32(0.0)
    for channel in range(min(plan.n_outputs, engine.n_outputs if engine.n_outputs > 1 else 2)):
        mix = f32_view(engine.mix + 4 * MAX_FRAMES * channel, frames)
        source = f32_view(load_i64(plan.outputs + 8 * channel), frames)
        gain = np.float32(start)
        for i in range(frames):
            mix[i] += source[i] * (gain + step * np.float32(i))
            loudest = max(loudest, abs(source[i]))
    plan.gain = end
    if plan.mode == RINGING:
        plan.ringing_frames += frames
        plan.quiet_frames = plan.quiet_frames + frames if loudest < _SILENCE else 0
        if plan.quiet_frames > plan.silence_s * engine.sample_rate:
            plan.mode = DONE
        elif plan.ringing_frames > _LONGEST_RING_S * engine.sample_rate:
            plan.mode = FADING
    elif plan.mode == FADING and end <= 0.0:
        plan.mode = DONE


@audio
def _retire_plans(engine):
    """Hand finished plans back to [main]; keep one whose way back is full for the next quantum."""
    kept = 0
    for index in range(MAX_PLANS):
        address = engine.plans[index]
        if address == 0:
            continue
        engine.plans[index] = 0
        done = plan_at(address).mode == DONE
        if done:
            store_i64(engine.scratch, address)
            done = ring_push(engine.retired, engine.scratch)
        if not done:
            engine.plans[kept] = address
            kept += 1


@audio
def _cut_tails(engine):
    """The master is silent: scenes that ring are over, and the current one begins anew."""
    engine.panic = 0
    for index in range(MAX_PLANS):
        if engine.plans[index] == 0:
            continue
        plan = plan_at(engine.plans[index])
        if plan.mode == LIVE:
            restart_nodes(plan)
        else:
            plan.mode = DONE


@audio_entry(void(int64, int64, int64, int64))
def master_stage(address, audio_out, at, frames):
    """Gain, limiter, meters, and the way out."""
    engine = engine_at(address)
    start = engine.master_now
    goal = engine.master_target if engine.panic == 0 else np.float32(0.0)
    end = start + (goal - start) * np.float32(1.0 - math.exp(-frames / (_MASTER_GLIDE_S * engine.sample_rate)))
    step = (end - start) / np.float32(frames)
    engine.master_now = end
    pairs = max(1, (engine.n_outputs + 1) // 2)
    release = np.float32(1.0 - math.exp(-1.0 / (0.080 * engine.sample_rate)))
    sustain = np.float32(1.0 - math.exp(-1.0 / (0.800 * engine.sample_rate)))
    reduction = np.float32(1.0)
    for pair in range(pairs):
        left = f32_view(engine.mix + 4 * MAX_FRAMES * (2 * pair), frames)
        right = f32_view(engine.mix + 4 * MAX_FRAMES * (2 * pair + 1), frames)
        for i in range(frames):
            gain = start + step * np.float32(i)
            left[i] *= gain
            right[i] *= gain
        state = _limiter_at(engine.limiter_state + _LIMITER_BYTES * pair)
        limit_stereo(
            left, right, left, right, frames, state, engine.limiter_heap + 4 * engine.limiter_floats * pair,
            engine.ceiling, np.float32(0.0), release, sustain, np.float32(0.5), 0,
        )  # fmt: skip
        reduction = min(reduction, state.gain)
    engine.reduction = min(reduction, engine.reduction + np.float32(frames * 0.5 / engine.sample_rate))
    if engine.n_outputs == 1:
        left = f32_view(engine.mix, frames)
        right = f32_view(engine.mix + 4 * MAX_FRAMES, frames)
        for i in range(frames):
            left[i] = np.float32(0.5) * (left[i] + right[i])
    fall = np.float32(math.exp(-frames / (0.3 * engine.sample_rate)))
    for channel in range(engine.n_outputs):
        mix = f32_view(engine.mix + 4 * MAX_FRAMES * channel, frames)
        peak = np.float32(0.0)
        square = np.float32(0.0)
        for i in range(frames):
            peak = max(peak, abs(mix[i]))
            square += mix[i] * mix[i]
        engine.peaks[channel] = max(peak, engine.peaks[channel] * fall)
        mean = engine.squares[channel]
        engine.squares[channel] = mean + (square / np.float32(frames) - mean) * (np.float32(1.0) - fall)
        if audio_out != 0:
            copy_memory(load_i64(audio_out + 8 * channel) + 4 * at, engine.mix + 4 * MAX_FRAMES * channel, 4 * frames)


@audio
def _keep(engine, ring, channels, frames):
    """Append the master to a ring of audio records: frames i4, channels i4, float32[channels][64]."""
    record = engine.audio_record
    store_i32(record, np.int32(frames))
    store_i32(record + 4, np.int32(channels))
    for channel in range(channels):
        copy_memory(record + 8 + 4 * MAX_FRAMES * channel, engine.mix + 4 * MAX_FRAMES * channel, 4 * frames)
    ring_push(ring, record)


@audio
def _quantum(engine, audio_in, audio_out, at, frames):
    next_message = engine.next_incoming
    while next_message < engine.n_incoming:
        message = incoming_at(engine.incoming + _INCOMING_BYTES * next_message)
        if message.offset >= at + frames:
            break
        offset = max(0, message.offset - at)
        take_message(engine, message.source, offset, message.data[0], message.data[1], message.data[2], message.size)
        next_message += 1
    engine.next_incoming = next_message
    if engine.clock_follow != 0 or engine.clock_send != 0:
        call_3(engine.clock, address_of(engine), frames, at)
    call_3(engine.play_due, address_of(engine), frames, at)
    if engine.n_events > 0:
        tell_events(engine)
    zero_memory(engine.mix, 4 * MAX_FRAMES * max(2, engine.n_outputs + (engine.n_outputs & 1)))
    for index in range(MAX_PLANS):
        address = engine.plans[index]
        if address == 0:
            continue
        plan = plan_at(address)
        if plan.mode == DONE or plan.mode == FRESH:
            continue
        _fill_inputs(engine, plan, audio_in, at, frames)
        route_events(engine, plan)
        if index == 0:
            call_2(engine.automate, address_of(engine), frames)
        call_3(engine.run_nodes, address_of(engine), address, frames)
        _add_outputs(engine, plan, frames)
    call_4(engine.master, address_of(engine), audio_out, at, frames)
    if engine.panic != 0 and engine.master_now < np.float32(1e-3):
        _cut_tails(engine)
    ring = load_acquire(address_of(engine) + _RECORD_RING)
    if ring != 0:
        _keep(engine, ring, engine.n_outputs, frames)
    if engine.scope_ring != 0:
        _keep(engine, engine.scope_ring, 2, frames)
    advance(engine, frames)
    engine.n_events = 0
    engine.n_clock = 0


@audio
def _take_messages(engine, frames, start_ns):
    """Place the messages of the MIDI threads: arrival + one constant latency, so that jitter becomes delay.

    The block's start is smoothed by a delay-locked loop (Adriaensen, "Using a DLL to filter time", LAC 2005), because the
    driver calls late now and then and never early.
    """
    period = frames * 1e9 / engine.sample_rate
    error = start_ns - engine.predicted_ns
    if abs(error) > 8.0 * period or engine.predicted_ns == 0.0 or period != engine.period_ns:
        engine.block_ns = start_ns
        engine.smooth_ns = period
        engine.predicted_ns = start_ns + period
        engine.period_ns = period
    else:
        omega = 2.0 * math.pi * 0.5 * period / 1e9
        engine.block_ns = engine.predicted_ns
        engine.predicted_ns += 1.4142135 * omega * error + engine.smooth_ns
        engine.smooth_ns += omega * omega * error
    for _ in range(1024):
        if not ring_peek(engine.messages, engine.scratch):
            return
        message = message_at(engine.scratch)
        offset = 0
        if message.when_ns != 0:
            due = message.when_ns + period + engine.midi_latency_ns - engine.block_ns
            offset = int(due * engine.sample_rate / 1e9)
            if offset >= frames:
                # a stamp from the future is a broken clock, not a reason to hold the rest back
                if offset < 64 * frames + 65536:
                    return
                offset = 0
        source, size = message.source, message.size
        b0, b1, b2 = message.data[0], message.data[1], message.data[2]
        ring_pop(engine.messages, engine.scratch)
        add_incoming(engine, source, max(0, offset), b0, b1, b2, size)


@audio
def _flush_midi_out(engine):
    """Without MIDI in the driver: stamp what was made and pass it to the MIDI thread."""
    if engine.native_midi != 0:
        return
    sent = 0
    while sent < engine.n_midi_out:
        address = engine.midi_out + _MIDI_OUT_BYTES * sent
        out = midi_out_at(address)
        out.when_ns = int(engine.block_ns + engine.period_ns + out.offset * 1e9 / engine.sample_rate)
        if not ring_push(engine.midi_ring, address):
            break
        sent += 1
    engine.n_midi_out -= sent
    for index in range(engine.n_midi_out):  # what found the ring full goes first in the next block
        address = engine.midi_out + _MIDI_OUT_BYTES * index
        copy_memory(address, address + _MIDI_OUT_BYTES * sent, _MIDI_OUT_BYTES)
        midi_out_at(address).offset = 0


@audio
def _keep_long(engine, offset, data, size):
    """A message of more than three bytes (system exclusive) is kept for MIDI out."""
    if engine.n_longs >= MAX_LONG or engine.long_used + size > LONG_BYTES:
        engine.dropped_incoming += 1
        return
    target = engine.long_data + engine.long_used
    copy_memory(target, data, size)
    entry = engine.longs + 24 * engine.n_longs
    store_i64(entry, offset)
    store_i64(entry + 8, target)
    store_i64(entry + 16, size)
    engine.long_used += size
    engine.n_longs += 1


@audio
def _pass_long(engine):
    """System exclusive passes through: the block's MIDI out begins with it, at the frame it came at."""
    for index in range(engine.n_longs):
        entry = engine.longs + 24 * index
        out = midi_out_at(engine.midi_out + _MIDI_OUT_BYTES * engine.n_midi_out)
        out.offset = load_i64(entry)
        out.port = 0
        out.size = load_i64(entry + 16)
        out.data_ptr = load_i64(entry + 8)
        out.when_ns = 0
        engine.n_midi_out += 1
    engine.n_longs = 0
    engine.long_used = 0


@audio
def run_block(engine, audio_in, audio_out, frames, start_ns):
    """One driver block of any length."""
    former = flush_denormals()
    if engine.native_midi != 0:
        engine.n_midi_out = 0
        _pass_long(engine)
    call_1(engine.take_commands, address_of(engine))
    call_1(engine.take_plans, address_of(engine))
    _take_messages(engine, frames, start_ns)
    engine.since_told += frames
    if engine.since_told > _TELL_S * engine.sample_rate:
        engine.since_told = 0
        tell_players(engine, _LISTEN_TRANSPORT)
    engine.next_incoming = 0
    call_1(engine.pay_owed, address_of(engine))
    at, quantum = 0, np.int64(0)
    while at < frames:
        _accept_plan(engine, quantum if at > 0 else engine.last_quantum)
        quantum = np.int64(frames_to_edge(engine, np.int64(min(MAX_FRAMES, frames - at))))
        _quantum(engine, audio_in, audio_out, np.int64(at), quantum)
        _retire_plans(engine)
        at += quantum
    engine.last_quantum = quantum
    engine.n_incoming = 0
    _flush_midi_out(engine)
    restore_denormals(former)


@audio
def _measure(engine, frames, start_ns):
    end_ns = now_ns()
    duration = end_ns - start_ns
    period = int(frames * 1e9 / engine.sample_rate)
    histogram.count(engine.durations, duration)
    engine.max_duration_ns = max(engine.max_duration_ns, duration)
    if duration > period:
        engine.late += 1
    if engine.last_start_ns != 0:
        interval = start_ns - engine.last_start_ns
        histogram.count(engine.intervals, interval)
        engine.max_interval_ns = max(engine.max_interval_ns, interval)
    engine.last_start_ns = start_ns
    share = np.float32(duration / max(1, period))
    engine.busy += (share - engine.busy) * np.float32(0.02)
    engine.callbacks += 1


@audio_entry(void(int64, int64, int64, int64, int64))
def engine_run(address, audio_in, audio_out, frames, start_ns):
    """void run(engine, float** in, float** out, frames, start_ns)"""
    engine = engine_at(address)
    enter(engine.epochs)
    run_block(engine, audio_in, audio_out, frames, start_ns)
    _measure(engine, frames, start_ns)
    leave(engine.epochs)


@audio_entry(void(int64, int64, int64, int64, int64))
def engine_midi_in(address, source, offset, data, size):
    """void midi_in(engine, port, offset, bytes, size): a raw message of the coming block."""
    engine = engine_at(address)
    source = min(PLAYER_SOURCE - 1, PORT_SOURCE + source)
    if 1 <= size <= 3:
        b0, b1, b2 = load_u8(data), 0, 0
        if size > 1:
            b1 = load_u8(data + 1)
        if size > 2:
            b2 = load_u8(data + 2)
        add_incoming(engine, source, offset, b0, b1, b2, size)
    elif size > 3 and engine.native_midi != 0:
        _keep_long(engine, offset, data, size)


@audio_entry(int64(int64))
def engine_midi_out_count(address):
    """int64 midi_out_count(engine): messages of the block just run."""
    return engine_at(address).n_midi_out


@audio_entry(void(int64, int64, int64))
def engine_midi_out(address, index, record):
    """void midi_out(engine, index, record*): copy one MIDI_OUT record."""
    copy_memory(record, engine_at(address).midi_out + _MIDI_OUT_BYTES * index, 40)
