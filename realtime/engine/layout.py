"""The records that the callback walks: engine, plan, node, route, scheduled note; built on [main], read and written on [audio].

Everything hangs from one engine record by address, so that the callback is a plain C function of one integer.
"""

from __future__ import annotations

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.block import MAX_FRAMES, TRANSPORT
from realtime.engine.alignment import DELAY
from realtime.native.memory import address_of_record, field_offset, record_view

MAX_PLANS, MAX_RINGING = 6, 3
"""Plans that can sound at once: the current one, those that ring, and those that were hurried out and fade."""
MAX_HOLDS = 256
"""Notes that a plan keeps account of; a flood beyond them finds its ends by key and channel."""
MAX_TRACK_BITS = 62
"""Tracks that an account of a note tells apart; further ones share the last bit."""
MAX_CUES = 64
CHASE_ROOM = 192
"""Controllers that a device can be told of as its plan is taken, besides the events of the quantum."""
PANEL_SOURCE, PORT_SOURCE, HARDWARE_SOURCE, PLAYER_SOURCE = 0, 1, 2, wire.FIRST_PLAYER
"""MIDI sources: the computer keyboard and the panel, the virtual or native port, then hardware, then players."""
MAX_PLAYERS = 32
FOLLOWER = MAX_PLAYERS
SEATS = MAX_PLAYERS + 1
"""The follower has rings as a player has, behind those of all players; it plays nothing, so it is no source."""
MAX_TOLD = 256
"""What can be announced of the music: chords and sections to come."""
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
MAX_SOUNDED = 512
"""Notes that each player is known to have sounded."""
MAX_MIDI_OUT = 4096
MIDI_OUT_FOR_NOTES = 1024
"""Note-ons go out only while fewer wait: what ends a note always finds room."""
CONTROLS_ROOM = 2048
"""Raw messages that wait for the map and the monitor; what nobody reads in time is dropped there, never here."""
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
CONTROL = np.dtype(
    [("sample", "i8"), ("source", "i4"), ("size", "i4"), ("data", "u1", (4,)), ("used", "i4")], align=True
)
"""A raw channel message as it came from outside, for the map, learn and the monitor. sample: of the engine's clock.
used: 1 if a binding kept it from the instruments."""
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
        ("runs_in", "i8"),  # serial of the one plan that runs it; a former one that shares it reads its outputs
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
        ("channels_out", "i4"),  # of the main output, which comes first
        ("level", "f4"),  # its highest sample in this quantum
        ("peak", "f4"),  # falling back as a strip's, in engine.mix.PEAK_FALL_S
        ("sent", "i8"),  # of a midi device: address of the account of its notes at MIDI out, see played_out
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
        ("uid", "i8"),  # of the device in this plan's rack, 0 = a mixer or fold
        ("takes_events", "i8"),
        ("line", "i8"),  # a longer line for the dry way, if this plan's latency needs one
        ("size", "i8"),
        ("sends", "i8"),  # 1: what it plays goes out at MIDI, too
    ],
    align=True,
)
"""A device's place in one plan."""

ROUTE = np.dtype(
    [
        ("block", "i8"),  # of the device that hears them
        ("node", "i8"),
        ("track", "i8"),  # bit of the track in a HOLD
        ("fresh", "i8"),  # 1: it has not run before, and is told the state of pedals and wheels as it begins
        ("sources", "i8"),  # bit mask
        ("channels", "i8"),  # bit mask of 16
        ("key_low", "i4"),
        ("key_high", "i4"),
        ("velocity_low", "f4"),
        ("velocity_high", "f4"),
        ("transpose", "i4"),
        ("lane", "i4"),  # of the player that is heard; -1: all of them
    ],
    align=True,
)

HOLD = np.dtype([("note_id", "i4"), ("channel", "i4"), ("tracks", "i8")], align=True)
"""A note that a plan was given and whose end has not come; tracks: bit mask of those that heard it."""

COPY = np.dtype([("to", "i8"), ("source", "i8"), ("floats", "i8")], align=True)
"""Values that a plan sets as it is taken: those of the scene ("reset"), or those of the former plan ("keep")."""

PARTING = np.dtype([("feed", "i8"), ("stay", "i8")], align=True)
"""A feed of the former plan that fades because its track goes on in the new one; stay: frames until the new one's begins."""

CLAIM = np.dtype([("feed", "i8"), ("wires", "i8")], align=True)
"""A mixer's input that a plan has in a mixer of its own: as it is taken, that mixer runs it, whoever did before."""

DOOR = np.dtype([("plan", "i8"), ("to", "i8")], align=True)
"""The way into a bus or the master that may go on through several scenes. plan: serial of the one in which it is now;
to: address of the first buffer of the sum in front of its devices there, 0 = it is gone."""

ENTRY = np.dtype([("door", "i8"), ("source", "i8"), ("channels", "i8"), ("stage", "i8")], align=True)
"""What a plan gives to a bus or the master: source is its own sum, which goes in by the door. stage: see PLAN_HEAD."""

PLAN_HEAD = np.dtype(
    [
        ("places", "i8"),  # address of PLACE[n_places], in the order of the signal
        ("n_places", "i8"),
        (
            "stages",
            "i8",
            (4,),
        ),  # the first place of each: tracks and what they send, buses and sums, the master; and the end
        ("claims", "i8"),  # CLAIM[n_claims]
        ("n_claims", "i8"),
        ("entries", "i8"),  # ENTRY[n_entries], the master's first
        ("n_entries", "i8"),
        ("routes", "i8"),
        ("n_routes", "i8"),
        ("inputs", "i8"),  # table of float*: the plan's copy of the driver's inputs
        ("outputs", "i8"),  # table of float*: what the plan gives to the master
        ("steady_inputs", "i8"),  # the same without the fade at its start, for tracks that go on from the former plan
        ("n_inputs", "i8"),
        ("n_outputs", "i8"),
        ("silence_s", "f8"),  # quiet for this long = the tails are over
        ("family", "i8"),  # the same for a scene and all edits of it: they share devices; another one rings beside
        ("leaving", "i8"),  # int64[n_leaving]: addresses of the fades of all that the edit takes away or moves
        ("n_leaving", "i8"),
        ("fades", "i8"),  # int64[n_fades]: of all that the plan holds
        ("n_fades", "i8"),
        ("serial", "i8"),
        ("former", "i8"),  # serial of the plan it shares devices with: it can only follow that one; 0 = shares nothing
        ("carried", "i8"),  # int64[MAX_TRACK_BITS + 1]: the former's tracks as those of this plan, -1 = not in it
        ("copies", "i8"),  # COPY[n_copies]
        ("n_copies", "i8"),
        ("partings", "i8"),  # PARTING[n_partings]
        ("n_partings", "i8"),
        ("tail_s", "f8"),  # how long the former scene rings once its notes are released; < 0 = until it is silent
        ("due_beat", "f8"),  # of the running clock, for a plan that waits for its beat
        ("instead", "i8"),  # atomic: the same, made to follow the edit that was published since; 0 = none
        # written by the callback
        ("waited", "i8"),  # frames since what leaves was told to fade; -1 = not told yet
        ("mode", "i8"),
        ("gain", "f8"),  # of the outputs
        ("input_gain", "f8"),
        ("steady_gain", "f8"),
        ("quiet_frames", "i8"),
        ("ringing_frames", "i8"),
        ("ring_s", "f8"),  # the tail that the plan after this one leaves it
        ("holds", "i8"),  # HOLD[MAX_HOLDS]
        ("n_holds", "i8"),
        ("lost_holds", "i8"),  # notes that found no room there and have not ended
        ("chased", "i8"),  # 1: its devices were given events before the quantum's own
        ("next_measured", "i8"),
    ],
    align=True,
)
FRESH, LIVE, RINGING, FADING, DONE = range(5)
OF_TRACKS, OF_BUSES, OF_MASTER = range(3)
"""The stages of a plan. Every plan has done with one before any begins the next: what rings joins there what goes on."""

NOTE = np.dtype(
    [
        ("on_beat", "f8"),
        ("off_beat", "f8"),
        ("stage", "i4"),  # 0 free, 1 planned, 2 sounding
        ("source", "i4"),
        ("serial", "i4"),
        ("lane", "i4"),
        ("channel", "i4"),  # once it sounds: its lane's as it began
        ("sent", "i4"),  # 1 + port: it also went to that MIDI output; 0: to none
        ("key", "i4"),
        ("velocity", "f4"),
    ],
    align=True,
)
"""One planned note of a player, on the engine's running beat."""

SOUNDED = np.dtype(
    [("beat", "f8"), ("duration_beats", "f8"), ("lane", "i4"), ("key", "i4"), ("velocity", "f4"), ("reserved", "i4")],
    align=True,
)
"""A note that a player has begun."""

STAND_IN = np.dtype(
    [
        ("turns", "i8"),  # of its process, as seen last
        ("moved_at", "i8"),  # sample at which they had moved
        ("state", "i8"),  # of engine.hold
        ("count", "i8"),  # notes ever sounded
        ("first", "i8"),  # the first of them that still counts
        ("length", "f8"),  # beats that are looped
        ("until", "f8"),  # beat up to which the loop is planned
        ("back", "f8"),  # beat at which the player takes over
    ],
    align=True,
)
"""What plays on for a player whose process is silent."""

CUE = np.dtype(
    [
        ("plan", "i8"),
        ("kind", "i4"),
        ("number", "i4"),
        ("sources", "i8"),  # bit mask
        ("channels", "i4"),  # bit mask
        ("bank", "i4"),  # -1 = any
        ("low", "i4"),
        ("high", "i4"),
        ("tail_s", "f8"),
        ("id", "i8"),
    ],
    align=True,
)
"""A message that switches to a plan made ready."""
CUE_PROGRAM, CUE_CONTROLLER, CUE_NOTE = range(3)
CUES_HEAD_BYTES = 16
"""A table of cues: their count (int64, aligned), then CUE[count]."""

SWITCHED = np.dtype(
    [
        ("kind", "i8"),
        ("serial", "i8"),
        ("cue", "i8"),  # id, 0 = none
        ("sample", "i8"),
        ("beat", "f8"),
        ("held", "i8"),  # notes that former plans hold
    ],
    align=True,
)
"""What became of a plan, for [main]."""
SWITCH_TAKEN, SWITCH_ENDED, SWITCH_MISSED = range(1, 4)

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
    PLAYER_TOLD,
    FORGET_TOLD,
    TAP,
) = range(1, 19)
PLAYER_ROW = 1 << 16
"""`number` of PLAYER_PARAM and PLAYER_LANE: player * PLAYER_ROW + row of its table, or lane."""
LANE_SENT, LANE_PROGRAM, LANE_PORT = 1 << 4, 1 << 8, 1 << 16
"""`value` of PLAYER_LANE: channel + LANE_SENT if it goes to MIDI out + LANE_PROGRAM * (program + 1) + LANE_PORT * port."""
MAX_PORTS = 16
"""MIDI outputs that lanes can go to; 0 is Antiphon's own."""

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
        ("lane", "i4"),  # of the player that plays it, else 0
    ],
    align=True,
)
"""What sounded, for the panel, the journal and a recording of the notes."""

MONITORED = np.dtype([("sample", "i8"), ("source", "i4"), ("size", "i4"), ("data", "u1", (16,))], align=True)
"""A message for the MIDI monitor: its first bytes; source -1 = it went out."""

ENGINE = np.dtype(
    [
        ("sample_rate", "f8"),
        ("n_inputs", "i8"),
        ("n_outputs", "i8"),
        ("native_midi", "i8"),  # the driver carries MIDI out itself
        ("midi_latency_ns", "i8"),
        # stages of the callback, called by address: each is compiled once, on its own
        ("take_message", "i8"),
        ("take_control", "i8"),
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
        ("due_plan", "i8"),  # atomic: waits for its beat
        ("cues", "i8"),  # atomic: a table of CUEs, 0 = none
        ("switched", "i8"),  # ring of SWITCHED
        ("accept", "i8"),  # stages
        ("chase", "i8"),
        ("cue", "i8"),
        ("plans", "i8", (MAX_PLANS,)),  # newest first
        ("retired", "i8"),  # ring of plan addresses, callback -> main
        # ways in and out
        ("commands", "i8"),
        ("automation", "i8"),  # ring of AUTOMATION
        ("waiting", "i8"),  # AUTOMATION[MAX_AUTOMATION] that is not due yet
        ("n_waiting", "i8"),
        ("automate", "i8"),  # stage
        ("messages", "i8"),
        ("replies", "i8"),  # ring of MIDI_OUT, short messages of ours to the outside
        ("controls", "i8"),  # ring of CONTROL
        ("bindings", "i8"),  # atomic: address of the BINDINGS that move parameters, 0 = none
        ("morph", "i8"),  # atomic: address of the MORPH in force, 0 = none
        ("morph_position", "f4"),  # 0..1
        ("move_morph", "i8"),  # stage
        ("hands", "i8"),  # HANDS[PLAYER_SOURCE]: what each outside source has selected and what was kept of it
        ("heard", "i8"),
        ("midi_ring", "i8"),
        ("record_ring", "i8"),  # 0 = not recording
        ("scope_ring", "i8"),
        ("tells", "i8"),  # ring of LISTEN records for all players
        ("told", "i8"),  # LISTEN[told.KINDS + MAX_TOLD]: what is known of the music, and what is announced
        ("next_told", "f8"),  # beat of the next of these
        ("jumps", "i8"),  # jumps of the song so far
        ("spoken", "i8"),  # a PLAN of the follower
        ("player_in", "i8", (SEATS,)),  # LISTEN rings
        ("player_out", "i8", (SEATS,)),  # PLAN rings
        ("player_sources", "i8", (SEATS,)),  # bit mask of the sources a player hears
        ("player_muted", "i8", (SEATS,)),
        ("player_channels", "i8", (SEATS,)),  # of its lanes, four bits each
        ("player_lanes", "i8", (SEATS,)),  # of its channels, four bits each
        ("player_sent", "i8", (SEATS,)),  # bit mask of the lanes that go to MIDI out
        ("player_ports", "i8", (SEATS,)),  # MIDI outputs of its lanes, four bits each
        ("player_sent_to", "i8", (SEATS,)),  # bit mask of the channels of MIDI out it has played on
        ("player_late", "i8", (SEATS,)),  # notes planned after their beat
        ("player_latest_s", "f8", (SEATS,)),  # the worst of them
        ("player_hits", "i8", (SEATS,)),  # notes planned in time
        ("player_held", "i8", (SEATS,)),  # notes that the hold has played in its place
        ("player_turns", "i8", (SEATS,)),  # atomic: address of its process's count of turns, 0 = nobody counts
        ("player_hold", "i8", (SEATS,)),  # atomic: 1 where its last bars go on when it is silent
        ("stand_ins", "i8"),  # STAND_IN[SEATS]
        ("sounded", "i8"),  # SOUNDED[SEATS][MAX_SOUNDED]
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
        ("spare", "i8"),  # EVENT[MAX_EVENTS] of a keeper's answer
        ("long_data", "i8"),  # bytes of the block's long messages
        ("long_used", "i8"),
        ("longs", "i8"),  # int64[MAX_LONG][3]: offset, address, size
        ("n_longs", "i8"),
        ("midi_out", "i8"),
        ("n_midi_out", "i8"),
        ("n_left_out", "i8"),  # of these, what found no room in the block before
        ("notes", "i8"),
        ("next_due", "f8"),
        ("note_counter", "i8"),
        ("keepers", "i8"),
        ("keeper_bytes", "i8"),
        ("port_maps", "i8", (PLAYER_SOURCE,)),  # atomic: address of a PORT_MAP of each port, 0 = none
        ("port_states", "i8"),  # PORT_STATE[PLAYER_SOURCE]
        ("monitor", "i8"),  # atomic: ring of MONITORED, 0 = nobody watches
        ("out_count", "i8"),  # messages ever sent to MIDI out
        ("out_last", "i8"),  # the newest, as PORT_STATE.last
        ("quantum_at", "i8"),  # frame of the driver block at which the quantum begins
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
        ("tap_at", "i8"),  # sample of the last tap
        ("tap_count", "f8"),  # taps of the tempo that is tapped
        ("tap_s", "f8"),  # time between them
        ("glide_frames", "f8"),  # left of the way to the tapped beat
        ("metre_due", "f8"),  # running beat from which on the chart has another metre
        ("due_numerator", "i8"),
        ("due_denominator", "i8"),
        ("led_metres", "i8"),  # changes of metre that a chart has led to
        ("metre_beat", "f8"),  # of the song: where the metre last changed
        ("metre_bar", "i8"),  # and the bar that began there
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
hold_at = record_view(HOLD)
copy_at = record_view(COPY)
claim_at = record_view(CLAIM)
door_at = record_view(DOOR)
entry_at = record_view(ENTRY)
parting_at = record_view(PARTING)
cue_at = record_view(CUE)
switched_at = record_view(SWITCHED)
note_at = record_view(NOTE)
control_at = record_view(CONTROL)
incoming_at = record_view(INCOMING)
message_at = record_view(MESSAGE)
midi_out_at = record_view(MIDI_OUT)
command_at = record_view(COMMAND)
heard_at = record_view(HEARD)
monitored_at = record_view(MONITORED)


def address(engine: np.ndarray, field: str) -> int:
    """Address of one field of an engine record (array of shape (1,))."""
    return engine.ctypes.data + field_offset(ENGINE, field)
