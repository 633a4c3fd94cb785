"""The callback: one driver block from MIDI and audio in to audio and MIDI out, called by address from native threads; [audio].

The block is cut into quanta of at most 64 frames. Each quantum gathers its events, runs every plan that sounds, sums them
into the master, limits, meters and records, and moves the clock on.
"""

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.block import MAX_FRAMES
from realtime.engine import histogram
from realtime.engine.clockwork import advance, frames_to_edge, tell_players
from realtime.engine.cues import TAKEN, frames_to_switch
from realtime.engine.events import call_1, call_2, call_3, call_4, take_message, tell_events
from realtime.engine.guests import let_in
from realtime.engine.layout import (
    DONE,
    ENGINE,
    FRESH,
    INCOMING,
    MAX_PLANS,
    OF_MASTER,
    OF_TRACKS,
    address_of,
    engine_at,
    incoming_at,
    plan_at,
)
from realtime.engine.midi_flow import flush_midi_out, pass_long, take_messages, take_replies
from realtime.engine.mixdown import add_outputs, fill_inputs, keep
from realtime.engine.port_flow import show_out
from realtime.engine.routing import route_events
from realtime.engine.takeover import cut_tails, retire_plans
from realtime.native.atomics import load_acquire
from realtime.native.call import caller
from realtime.native.clock import now_ns
from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import field_offset, zero_memory
from realtime.native.quiesce import enter, leave

_RECORD_RING = field_offset(ENGINE, "record_ring")
_INCOMING_BYTES = INCOMING.itemsize
_call_cue = caller(int64, int64, int64)
_LISTEN_TRANSPORT = wire.TRANSPORT
_TELL_S = 0.01


@audio
def _quantum(engine, audio_in, audio_out, at, frames):
    engine.quantum_at = at
    next_message = engine.next_incoming
    while next_message < engine.n_incoming:
        message_address = engine.incoming + _INCOMING_BYTES * next_message
        message = incoming_at(message_address)
        if message.offset >= at + frames:
            break
        if engine.cues != 0 and _call_cue(engine.cue, address_of(engine), message_address) == TAKEN:
            next_message += 1
            continue
        offset = max(0, message.offset - at)
        take_message(engine, message.source, offset, message.data[0], message.data[1], message.data[2], message.size)
        next_message += 1
    engine.next_incoming = next_message
    if engine.clock_follow != 0 or engine.clock_send != 0 or engine.metre_due < engine.clock_beat + 1e-6:
        call_3(engine.clock, address_of(engine), frames, at)
    if engine.morph != 0:
        call_1(engine.move_morph, address_of(engine))
    call_3(engine.play_due, address_of(engine), frames, at)
    if engine.n_events > 0:
        tell_events(engine)
    zero_memory(engine.mix, 4 * MAX_FRAMES * max(2, engine.n_outputs + (engine.n_outputs & 1)))
    for stage in range(OF_TRACKS, OF_MASTER + 1):
        if stage != OF_TRACKS:
            let_in(engine, stage, frames)
        for index in range(MAX_PLANS):
            address = engine.plans[index]
            if address == 0:
                continue
            plan = plan_at(address)
            if plan.mode == DONE or plan.mode == FRESH:
                continue
            if stage == OF_TRACKS:
                fill_inputs(engine, plan, audio_in, at, frames)
                route_events(engine, plan)
                if index == 0:
                    call_2(engine.automate, address_of(engine), frames)
            call_4(engine.run_nodes, address_of(engine), address, stage, frames)
            if stage == OF_MASTER:
                add_outputs(engine, plan, frames)
    call_2(engine.beside, address_of(engine), frames)
    call_4(engine.master, address_of(engine), audio_out, at, frames)
    if engine.panic != 0 and engine.master_now < np.float32(1e-3):
        cut_tails(engine)
    ring = load_acquire(address_of(engine) + _RECORD_RING)
    if ring != 0:
        keep(engine, ring, engine.n_outputs, frames)
    if engine.scope_ring != 0:
        keep(engine, engine.scope_ring, 2, frames)
    advance(engine, frames)
    engine.n_events = 0
    engine.n_clock = 0


@audio
def run_block(engine, audio_in, audio_out, frames, start_ns):
    """One driver block of any length."""
    former = flush_denormals()
    if engine.native_midi != 0:
        engine.n_midi_out = 0
        pass_long(engine)
    call_1(engine.take_commands, address_of(engine))
    call_1(engine.take_plans, address_of(engine))
    take_messages(engine, frames, start_ns)
    take_replies(engine)
    engine.since_told += frames
    if engine.since_told > _TELL_S * engine.sample_rate:
        engine.since_told = 0
        tell_players(engine, _LISTEN_TRANSPORT)
    engine.next_incoming = 0
    call_1(engine.pay_owed, address_of(engine))
    at, quantum = 0, np.int64(0)
    while at < frames:
        call_2(engine.accept, address_of(engine), quantum if at > 0 else engine.last_quantum)
        quantum = np.int64(frames_to_edge(engine, np.int64(min(MAX_FRAMES, frames - at))))
        quantum = np.int64(frames_to_switch(engine, np.int64(at), quantum))
        _quantum(engine, audio_in, audio_out, np.int64(at), quantum)
        retire_plans(engine)
        at += quantum
    engine.last_quantum = quantum
    engine.n_incoming = 0
    show_out(engine, engine.n_left_out)
    flush_midi_out(engine)
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
