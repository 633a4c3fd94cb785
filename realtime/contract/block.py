"""The block record: all that a device sees of one quantum of time, in CLAP's shape; written and read on [audio].

One C signature serves every device: `void process(Block*, State*)`. A quantum has 1 to 64 frames; the engine cuts the
driver's blocks into quanta, so that control rate, transport edges and neural block sizes never depend on the driver.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from realtime.contract.events import EVENT, EVENT_BYTES, sorted_place
from realtime.native.jit import audio
from realtime.native.memory import copy_memory, load_f32, load_i32, load_i64, record_view, store_i64

MAX_FRAMES = 64
"""Frames of the longest quantum."""
MAX_EVENTS_OUT = 512
"""Events a device can play in a quantum."""

TRANSPORT = np.dtype(
    [
        ("sample", "i8"),  # engine clock at the start of the quantum
        ("beat", "f8"),  # song position, quarter notes
        ("tempo_bpm", "f8"),
        ("beats_per_sample", "f8"),
        ("bar_start_beat", "f8"),
        ("bar", "i8"),  # 0 = the first bar
        ("loop_start", "f8"),
        ("loop_end", "f8"),
        ("numerator", "i4"),
        ("denominator", "i4"),
        ("playing", "i4"),
        ("looping", "i4"),
        # the music as the follower or a chart has it now; zeros say nothing
        ("chord_classes", "i4"),  # pitch classes, bit 0 = C; 0: no chord is known
        ("chord_root", "i4"),  # pitch class
        ("chord_bass", "i4"),
        ("chord_quality", "i4"),  # by music.chord_table.ORDER
        ("key_classes", "i4"),  # the scale's pitch classes; 0: no key is known
        ("key_tonic", "i4"),
        ("key_mode", "i4"),  # an index of player_wire.MODES
        ("section", "i4"),  # 1 + an index of player_wire.SECTIONS; 0: none
        ("intensity", "f4"),  # 0..1
        ("unused", "i4"),
    ],
    align=True,
)

BLOCK = np.dtype(
    [
        ("frames", "i8"),
        ("sample_rate", "f8"),
        ("transport", "i8"),  # address of a TRANSPORT
        ("audio_in", "i8"),  # address of a table of float*: the channels of all input ports, port after port
        ("audio_out", "i8"),
        ("inputs", "i8"),  # channels
        ("outputs", "i8"),
        ("connected", "i8"),  # bit mask of the input ports that something is wired to; the others read silence
        ("params_now", "i8"),  # float32[n_params]: value at the first sample
        ("params_end", "i8"),  # float32[n_params]: value after the last sample
        ("n_params", "i8"),
        ("events", "i8"),  # address of EVENT[n_events], sorted by offset
        ("n_events", "i8"),
        ("events_out", "i8"),  # address of EVENT[MAX_EVENTS_OUT] for what the device plays itself, 0 if it makes none
        ("n_events_out", "i8"),
        ("note_ids", "i8"),  # address of the counter of note ids
        ("latency", "i8"),  # samples by which the rack counts this device late, from this quantum on
        ("messages", "i8"),  # ring of the messages up, 0 if the device has none
        ("scratch", "i8"),  # 64 bytes for helpers
        ("heap", "i8"),  # zeroed float32 scratch of the device, 64-byte aligned
        ("heap_floats", "i8"),
        ("tables", "i8"),  # read-only memory of the device
        ("context", "i8"),  # a device's own address (a session, a plugin); 0 if unused
    ],
    align=True,
)

BLOCK_TYPE = from_dtype(BLOCK)
_event_at = record_view(EVENT)
_transport_at = record_view(TRANSPORT)


def _channel(field, name, doc):
    """Intrinsic view(block, channel) over one channel buffer; a plain function may not return an ownerless array."""
    table_at, frames_at = BLOCK.fields[field][1], BLOCK.fields["frames"][1]
    array_type = types.Array(types.float32, 1, "C")

    @intrinsic
    def view(typingctx, block, channel):
        def codegen(context, builder, sig, args):
            i64 = ir.IntType(64)
            base = builder.ptrtoint(args[0], i64)

            def load(address, kind):
                return builder.load(builder.inttoptr(address, kind.as_pointer()))

            def plus(address, number):
                return builder.add(address, ir.Constant(i64, number))

            table = load(plus(base, table_at), i64)
            index = builder.sext(args[1], i64) if args[1].type.width < 64 else args[1]
            buffer = load(builder.add(table, builder.mul(index, ir.Constant(i64, 8))), i64)
            item = context.get_constant(types.intp, 4)
            array = make_array(array_type)(context, builder)
            populate_array(
                array,
                data=builder.inttoptr(buffer, ir.FloatType().as_pointer()),
                shape=cgutils.pack_array(builder, [load(plus(base, frames_at), i64)]),
                strides=cgutils.pack_array(builder, [item]),
                itemsize=item,
                meminfo=None,
            )
            return array._getvalue()

        return array_type(block, channel), codegen

    view.__doc__ = doc
    view.__name__ = name
    return view


audio_in = _channel("audio_in", "audio_in", "audio_in(block, channel): float32 array of `block.frames` input samples.")
audio_out = _channel(
    "audio_out", "audio_out", "audio_out(block, channel): the same for an output, to be written in full."
)


@audio
def value(block, index):
    """A parameter's value at the end of the quantum."""
    return load_f32(block.params_end + 4 * index)


@audio
def ramp(block, index):
    """A parameter as (value at sample 0, step per sample): the straight line the engine asks for."""
    start = load_f32(block.params_now + 4 * index)
    step = (load_f32(block.params_end + 4 * index) - start) / np.float32(block.frames)
    return start, step


@audio
def event(block, index):
    """The event record number `index` of this quantum."""
    return _event_at(block.events + EVENT_BYTES * index)


@audio
def transport(block):
    """The transport record at the start of the quantum."""
    return _transport_at(block.transport)


@audio
def fresh_note_id(block):
    """A note id that no other note has, for a note that a device begins itself."""
    store_i64(block.note_ids, load_i64(block.note_ids) + 1)
    return np.int32(load_i64(block.note_ids) & 0x7FFFFFFF)


@audio
def emit(block, offset, kind, channel, key, note_id, number, amount):
    """Play one event at a frame of this quantum; True if there was room (False: an end must be tried again next time).

    Events may be given in any order; they leave in the order of their offsets. A note that goes on as another key keeps its
    note_id, so that its end finds it whatever happens in between; a note that is begun here takes a `fresh_note_id`.
    """
    if block.events_out == 0 or block.n_events_out >= MAX_EVENTS_OUT:
        return False
    at = sorted_place(block.events_out, block.n_events_out, offset)
    made = _event_at(block.events_out + EVENT_BYTES * at)
    made.offset = offset
    made.kind = kind
    made.channel = channel
    made.key = key
    made.number = number
    made.note_id = note_id
    made.value = amount
    made.value2 = np.float32(0.0)
    made.time = transport(block).sample + offset
    block.n_events_out += 1
    return True


@audio
def pass_on(block, index):
    """Let event number `index` through as it came; True if there was room."""
    if block.events_out == 0 or block.n_events_out >= MAX_EVENTS_OUT:
        return False
    source = block.events + EVENT_BYTES * index
    at = sorted_place(block.events_out, block.n_events_out, load_i32(source))
    copy_memory(block.events_out + EVENT_BYTES * at, source, EVENT_BYTES)
    block.n_events_out += 1
    return True


@audio
def is_connected(block, port):
    """Whether something is wired to an input port (number in the declaration)."""
    return (block.connected >> port) & 1 != 0
