"""The records that the callback walks: engine, plan, node, route, scheduled note; built on [main], read and written on [audio].

Everything hangs from one engine record by address, so that the callback is a plain C function of one integer.
"""

from __future__ import annotations

import numpy as np

from realtime.contract.block import MAX_FRAMES, TRANSPORT
from realtime.engine.alignment import DELAY
from realtime.native.memory import address_of_record, field_offset, record_view

MAX_PLANS = 4
"""Plans that can sound at once: the current one and those that ring."""
PANEL_SOURCE, PORT_SOURCE, HARDWARE_SOURCE, PLAYER_SOURCE = 0, 1, 2, 12
"""MIDI sources: the computer keyboard and the panel, the virtual or native port, then hardware, then players."""
MAX_PLAYERS = 32
MAX_SOURCES = PLAYER_SOURCE + MAX_PLAYERS
assert MAX_SOURCES <= 62, "masks of sources are int64"
MAX_EVENTS = 512
"""Clean events a quantum can carry; more are owed by the keepers and written by the next quanta."""
NODE_EVENTS = MAX_EVENTS
"""Events a device can be given in a quantum: all there are, so that no end of a note is lost on the way."""
PARAMETER_ROOM = 64
"""Parameter events a device can be given besides."""
MAX_AUTOMATION = 256
"""Parameter changes that can wait for their frame."""
MAX_INCOMING = 4096
"""Raw MIDI messages a driver block can carry: more than JACK's buffer of a port."""
MAX_SCHEDULED = 1024
MAX_MIDI_OUT = 4096
MIDI_OUT_FOR_NOTES = 1024
"""Note-ons go out only while fewer wait: what ends a note always finds room."""
MAX_CHANNELS = 8
MAX_LONG, LONG_BYTES = 32, 65536
"""System exclusive messages, and their bytes, that pass through in a driver block."""
MAX_CLOCK = 64
"""MIDI clock messages a quantum can carry."""
ANY_CLOCK = -1
CLOCK_SILENT, CLOCK_TICKS, CLOCK_LEADS = range(3)

INCOMING = np.dtype([("offset", "i4"), ("source", "i4"), ("size", "i4"), ("data", "u1", (4,))], align=True)
"""One raw short message, placed in the driver block."""

MESSAGE = np.dtype([("when_ns", "i8"), ("source", "i4"), ("size", "i4"), ("data", "u1", (8,))], align=True)
"""One raw short message on its way from a MIDI thread: when_ns is the time of arrival, 0 = at once."""
GONE = -1
"""Size of the message that says that its source has gone: what it holds ends, after all that it sent before."""

MIDI_OUT = np.dtype(
    [
        ("offset", "i4"),
        ("port", "i4"),
        ("size", "i4"),
        ("pad", "i4"),
        ("data", "u1", (16,)),
        ("data_ptr", "i8"),  # longer messages, else 0
        ("when_ns", "i8"),  # for drivers without MIDI of their own
    ],
    align=True,
)

NODE = np.dtype(
    [
        ("entry", "i8"),
        ("reset", "i8"),  # 0: write the first state back
        ("state", "i8"),
        ("motion", "i8", (7,)),  # now, end, target, jumps, ranges, lows, offsets: see contract.motion
        ("modulated", "i8"),  # 1: the offsets count
        ("pristine", "i8"),
        ("state_bytes", "i8"),
        ("uid", "i8"),
        ("faults", "i8"),
        ("warm", "i8"),  # frames before it may fade in
        ("load_ns", "i8"),  # last measured duration of a quantum
        ("load_frames", "i8"),
        ("channels_in", "i4"),  # of the main input; 0 = nothing to pass on when bypassed: it is muted instead
        ("takes_parameters", "i4"),
        ("bypass_target", "f4"),  # 0 live, 1 bypassed
        ("away_target", "f4"),  # 1: an edit takes it away, or has not brought it in yet
        ("bypass_now", "f4"),
        ("muted_quanta", "i4"),  # after a fault
        ("released", "i4"),  # a midi device was told to end its notes
        ("pad", "i4"),
        ("dry", DELAY),  # the latency-aligned way around it
        ("scratch", "f4", (MAX_FRAMES,)),
    ],
    align=True,
)
"""A running device. It outlives plans: an edit goes on with the same record, state and memory."""

PLACE = np.dtype(
    [
        ("node", "i8"),
        ("block", "i8"),
        ("before", "i8"),  # block of the midi device whose events it hears, 0 = those routed to it
        ("takes_events", "i8"),
        ("line", "i8"),  # a longer line for the dry way, if this plan's latency needs one
        ("size", "i8"),
    ],
    align=True,
)
"""A device's place in one plan."""

ROUTE = np.dtype(
    [
        ("block", "i8"),  # of the device that hears them
        ("sources", "i8"),  # bit mask
        ("channels", "i8"),  # bit mask of 16
        ("key_low", "i4"),
        ("key_high", "i4"),
        ("velocity_low", "f4"),
        ("velocity_high", "f4"),
        ("transpose", "i4"),
        ("lane", "i4"),  # of the player that is heard; -1: all of them
        ("every_end", "i4"),  # 1: an edit has changed what is heard; ends of notes heard before must still arrive
    ],
    align=True,
)

PLAN_HEAD = np.dtype(
    [
        ("places", "i8"),  # address of PLACE[n_places], in the order of the signal
        ("n_places", "i8"),
        ("routes", "i8"),
        ("n_routes", "i8"),
        ("inputs", "i8"),  # table of float*: the plan's copy of the driver's inputs
        ("outputs", "i8"),  # table of float*: what the plan gives to the master
        ("n_inputs", "i8"),
        ("n_outputs", "i8"),
        ("silence_s", "f8"),  # quiet for this long = the tails are over
        ("family", "i8"),  # the same for a scene and all edits of it: they share devices; another one rings beside
        ("leaving", "i8"),  # int64[n_leaving]: addresses of the fades of all that the edit takes away or moves
        ("n_leaving", "i8"),
        ("fades", "i8"),  # int64[n_fades]: of all that the plan holds
        ("n_fades", "i8"),
        ("serial", "i8"),
        # written by the callback
        ("waited", "i8"),  # frames since what leaves was told to fade; -1 = not told yet
        ("mode", "i8"),
        ("gain", "f8"),  # of the outputs
        ("input_gain", "f8"),
        ("quiet_frames", "i8"),
        ("ringing_frames", "i8"),
        ("next_measured", "i8"),
    ],
    align=True,
)
FRESH, LIVE, RINGING, FADING, DONE = range(5)

NOTE = np.dtype(
    [
        ("on_beat", "f8"),
        ("off_beat", "f8"),
        ("stage", "i4"),  # 0 free, 1 planned, 2 sounding
        ("source", "i4"),
        ("serial", "i4"),
        ("lane", "i4"),
        ("channel", "i4"),  # once it sounds: its lane's as it began
        ("sent", "i4"),  # 1: it also went to MIDI out
        ("key", "i4"),
        ("velocity", "f4"),
    ],
    align=True,
)
"""One planned note of a player, on the engine's running beat."""

COMMAND = np.dtype([("kind", "i8"), ("number", "i8"), ("value", "f8"), ("value2", "f8")], align=True)
"""From [main] to the callback."""
(
    SET_TEMPO,
    PLAY,
    STOP,
    LOCATE,
    SET_SIGNATURE,
    SET_LOOP,
    PANIC,
    RELEASE_SOURCE,
    MASTER_GAIN,
    FOLLOW_CLOCK,
    SEND_CLOCK,
    PLAYER_PARAM,
    PLAYER_LANE,
    PLAYER_MUTE,
    PLAYER_FORGET,
) = range(1, 16)
PLAYER_ROW = 1 << 16
"""`number` of PLAYER_PARAM and PLAYER_LANE: player * PLAYER_ROW + row of its table, or lane."""
LANE_SENT, LANE_PROGRAM = 1 << 4, 1 << 8
"""`value` of PLAYER_LANE: channel + LANE_SENT if it goes to MIDI out + LANE_PROGRAM * (program + 1)."""

AUTOMATION = np.dtype([("sample", "i8"), ("uid", "i8"), ("row", "i4"), ("value", "f4")], align=True)
"""A parameter change on its way: device `uid` of the current plan, at a sample of the engine's clock (0 = at once)."""

HEARD = np.dtype(
    [
        ("sample", "i8"),
        ("beat", "f8"),
        ("kind", "i4"),
        ("source", "i4"),
        ("channel", "i4"),
        ("key", "i4"),
        ("number", "i4"),
        ("note_id", "i4"),
        ("value", "f4"),
        ("pad", "i4"),
    ],
    align=True,
)
"""What sounded, for the panel, the journal and a recording of the notes."""

ENGINE = np.dtype(
    [
        ("sample_rate", "f8"),
        ("n_inputs", "i8"),
        ("n_outputs", "i8"),
        ("native_midi", "i8"),  # the driver carries MIDI out itself
        ("midi_latency_ns", "i8"),
        # stages of the callback, called by address: each is compiled once, on its own
        ("take_message", "i8"),
        ("release_source", "i8"),
        ("pay_owed", "i8"),
        ("take_commands", "i8"),
        ("take_plans", "i8"),
        ("play_due", "i8"),
        ("clock", "i8"),
        ("run_nodes", "i8"),
        ("master", "i8"),
        ("beside", "i8"),
        # plans
        ("next_plan", "i8"),  # atomic
        ("accepted", "i8"),  # atomic: serial of the plan taken last
        ("last_quantum", "i8"),
        ("plans", "i8", (MAX_PLANS,)),  # newest first
        ("retired", "i8"),  # ring of plan addresses, callback -> main
        # ways in and out
        ("commands", "i8"),
        ("automation", "i8"),  # ring of AUTOMATION
        ("waiting", "i8"),  # AUTOMATION[MAX_AUTOMATION] that is not due yet
        ("n_waiting", "i8"),
        ("automate", "i8"),  # stage
        ("messages", "i8"),
        ("heard", "i8"),
        ("midi_ring", "i8"),
        ("record_ring", "i8"),  # 0 = not recording
        ("scope_ring", "i8"),
        ("tells", "i8"),  # ring of LISTEN records for all players
        ("player_in", "i8", (MAX_PLAYERS,)),  # LISTEN rings
        ("player_out", "i8", (MAX_PLAYERS,)),  # PLAN rings
        ("player_sources", "i8", (MAX_PLAYERS,)),  # bit mask of the sources a player hears
        ("player_muted", "i8", (MAX_PLAYERS,)),
        ("player_channels", "i8", (MAX_PLAYERS,)),  # of its lanes, four bits each
        ("player_lanes", "i8", (MAX_PLAYERS,)),  # of its channels, four bits each
        ("player_sent", "i8", (MAX_PLAYERS,)),  # bit mask of the lanes that go to MIDI out
        ("player_sent_to", "i8", (MAX_PLAYERS,)),  # bit mask of the channels of MIDI out it has played on
        ("player_late", "i8", (MAX_PLAYERS,)),  # notes planned after their beat
        ("player_latest_s", "f8", (MAX_PLAYERS,)),  # the worst of them
        # buffers
        ("incoming", "i8"),
        ("n_incoming", "i8"),
        ("next_incoming", "i8"),
        ("dropped_incoming", "i8"),
        ("events", "i8"),
        ("event_sources", "i8"),
        ("n_events", "i8"),
        ("dropped_events", "i8"),
        ("clock_events", "i8"),  # EVENT[MAX_CLOCK]; `key` and `number` words hold the source
        ("n_clock", "i8"),
        ("raw", "i8"),
        ("spare", "i8"),  # EVENT[NODE_EVENTS] of a keeper's answer
        ("long_data", "i8"),  # bytes of the block's long messages
        ("long_used", "i8"),
        ("longs", "i8"),  # int64[MAX_LONG][3]: offset, address, size
        ("n_longs", "i8"),
        ("midi_out", "i8"),
        ("n_midi_out", "i8"),
        ("notes", "i8"),
        ("next_due", "f8"),
        ("note_counter", "i8"),
        ("keepers", "i8"),
        ("keeper_bytes", "i8"),
        ("mix", "i8"),  # float32[8][64]
        ("scratch", "i8"),  # a record-sized scratch
        ("audio_record", "i8"),
        # master
        ("limiter_state", "i8"),
        ("limiter_heap", "i8"),
        ("limiter_floats", "i8"),  # of each pair
        ("master_target", "f4"),
        ("master_now", "f4"),
        ("panic", "i8"),  # 1: the master fades out, then every device restarts
        ("ceiling", "f4"),
        # beside the scene
        ("side", "i8"),  # a SIDE record
        ("side_mix", "i8"),  # float32[MAX_CHANNELS][MAX_FRAMES], added behind the master's fader
        ("count_in", "i8"),  # bars that are counted before the transport starts
        ("counting", "i8"),
        ("count_beat", "f8"),  # quarter notes counted so far
        ("count_beats", "f8"),  # and in all
        # time
        ("clock_beat", "f8"),
        ("clock_bar_start", "f8"),  # of the running beat
        ("predicted_ns", "f8"),
        ("block_ns", "f8"),
        ("period_ns", "f8"),
        ("smooth_ns", "f8"),
        ("clock_follow", "i8"),  # source + 1, 0 = our own tempo, ANY_CLOCK = whoever sends one
        ("clock_leader", "i8"),  # source + 1 whose clock is followed now, 0 = nobody's
        ("clock_heard", "i8"),  # sample of its last message
        ("clock_state", "i8"),  # what it did in the last quantum: CLOCK_SILENT, CLOCK_TICKS or CLOCK_LEADS
        ("clock_send", "i8"),
        ("follower", "i8"),
        ("generator", "i8"),
        ("clock_out", "i8"),  # EVENT[MAX_CLOCK]
        ("since_told", "i8"),
        # meters
        ("callbacks", "i8"),
        ("late", "i8"),
        ("last_start_ns", "i8"),
        ("max_duration_ns", "i8"),
        ("max_interval_ns", "i8"),
        ("durations", "i8"),
        ("intervals", "i8"),
        ("peaks", "f4", (MAX_CHANNELS,)),
        ("squares", "f4", (MAX_CHANNELS,)),
        ("reduction", "f4"),
        ("busy", "f4"),
        ("faults", "i8"),
        ("epochs", "i8"),  # counts of blocks entered and left, see native.quiesce
        ("transport", TRANSPORT),
    ],
    align=True,
)

TRANSPORT_AT = field_offset(ENGINE, "transport")

engine_at = record_view(ENGINE)
address_of = address_of_record(ENGINE)
plan_at = record_view(PLAN_HEAD)
node_at = record_view(NODE)
place_at = record_view(PLACE)
automation_at = record_view(AUTOMATION)
route_at = record_view(ROUTE)
note_at = record_view(NOTE)
incoming_at = record_view(INCOMING)
message_at = record_view(MESSAGE)
midi_out_at = record_view(MIDI_OUT)
command_at = record_view(COMMAND)
heard_at = record_view(HEARD)


def address(engine: np.ndarray, field: str) -> int:
    """Address of one field of an engine record (array of shape (1,))."""
    return engine.ctypes.data + field_offset(ENGINE, field)
