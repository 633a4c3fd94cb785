"""The records exchanged between the engine and a planning player, by rings in shared memory; [any].

Listening (engine -> player): LISTEN records, written by the audio thread. Plan (player -> engine): PLAN records, read by
it; and the same PLAN records once more by a ring of their own, the mirror, to the session, which shows what is planned
before it sounds. VITALS are the words by which the session knows that a player lives.

The clock. `beat` is one running count of quarter notes that both sides share. It must go on counting at the current
tempo while the transport stands still (a player answers in rehearsal too); when it jumps (locate, loop, new scene)
the engine sends LOCATE and drops every planned note: what was planned belongs to a time that will not come.

The engine sends a TRANSPORT record at least every 20 ms, so that the player can plan ahead of the beat.
A PLAN_NOTE that arrives after its beat is counted as late; it is played at once if it is less than LATE_BEATS late, else
dropped, and its end stays where it was. Notes of `serial` n are cancelled by PLAN_CANCEL or PLAN_RELEASE of the same or
a higher serial.

Lanes. A player plays on up to LANES lanes (bass, piano, snare); the scene gives each a MIDI channel.
"""

from __future__ import annotations

import numpy as np

NIGHT = "ANTIPHON_NIGHT"
"""The environment's name, for a player's process, of a folder of the session's own: what outlives a song, and not the night."""

# kinds of LISTEN: what is played, with `source`, `channel`, and `lane` where the source is a player (else 0)
NOTE_ON = 1  # key, velocity 0..1, note_id
NOTE_OFF = 2  # key, note_id
CONTROLLER = 3  # number 0..127 (64: the sustain pedal), value 0..1
BEND = 4  # value in semitones
PRESSURE = 5  # key, or -1 for the whole channel; value 0..1
PROGRAM = 6  # number 0..127
# the transport: beat, tempo_bpm, numerator, denominator, bar_start_beat, playing, sample; where the song stands:
# song_beat, number = bar (0 = the first), loop_start and loop_end in song beats (0, 0: no loop), note_id = jumps so far
TRANSPORT = 7
LOCATE = 8  # the beat has jumped: forget what was planned and what is held
PANIC = 9  # all notes off, stop answering
PARAMETER = 10  # number = index in the player's parameter table, value = new value in its own unit; or a trigger
# what the follower says of the music, from `beat` on. A beat to come is an announcement (of a chart): it takes the place
# of all of its kind that was announced for that beat or later, so a new course of things is told in order of time
# bass: pitch class; classes: pitch classes, bit 0 = C
CHORD = 11  # key = root as pitch class, -1: no chord; number = quality, by music.chord_table.ORDER; bass; classes
KEY = 12  # key = tonic as pitch class, -1: unknown; number = mode: an index of MODES; classes: the scale's
SECTION = 13  # number: an index of SECTIONS, -1: none; value = bars it lasts, 0: unknown
INTENSITY = 14  # value 0..1
MOOD = 15  # value = valence, value2 = arousal, each -1..1; number: bits of LEADS, MODES

HEARD_KINDS = (NOTE_ON, NOTE_OFF, CONTROLLER, BEND, PRESSURE, PROGRAM)
TOLD_KINDS = (CHORD, KEY, SECTION, INTENSITY, MOOD)
MODES = ("major", "minor")
MOOD_LEADS, MOOD_MODES = 1, 2
"""Bits of a mood's `number`: it leads, and steers all players (else it is only heard); it turns major and minor too."""
SECTIONS = ("intro", "verse", "chorus", "bridge", "fill", "break", "solo", "ending")

FIRST_TRIGGER = 1 << 15
"""`number` of a PARAMETER from which on it is no parameter: FIRST_TRIGGER + index of players.controls.TRIGGERS."""
PLAYING, COUNTING = 1, 2
"""Bits of a transport's `playing`: the song runs; the count-in before it."""

# kinds of PLAN
PLAN_NOTE = 1  # beat, duration_beats, lane, key, velocity, serial
PLAN_CANCEL = 2  # forget planned notes of serial <= this that start at or after `beat`; sounding ones end as planned
PLAN_RELEASE = 3  # forget every planned note of serial <= this and end the sounding ones now
PLAN_STATUS = 4  # number = one of STATUS_*; for the panel, by the mirror alone
PLAN_DAMP = (
    5  # notes of serial <= this that began or begin before `beat` last no longer than to it, on `lane` (-1: on all),
)
# but for those whose pitch class is in `classes`: the chord has changed under them
# CHORD, KEY, SECTION, INTENSITY and MOOD, too, with the fields that they have in LISTEN: what the follower says. The engine
# keeps it in the block's transport and passes it on to every player. What it announces for a beat to come has as `serial`
# the jumps of the song that it knew of: after another one it is void. Of players a CHORD and a MOOD are heeded

PLAN_TEMPO = 16  # of the follower, and of a player that says MOOD: value = the tempo; heeded while no other clock leads
PLAN_METRE = 17  # of the follower: key = numerator, number = denominator; from the bar line at `beat` on

STATUSES = ("listening", "preparing", "answering", "by rule", "playing")
STATUS_LISTENING, STATUS_PREPARING, STATUS_ANSWERING, STATUS_RULES, STATUS_PLAYING = range(5)

LATE_BEATS = 0.25
LONGEST_BEATS = 1024.0
"""No planned note lasts longer, whatever a player asks for."""
LANES = 16
FIRST_PLAYER = 12
"""Sources from here on are players, those before are played by hand."""

LISTEN = np.dtype(
    [
        ("beat", "f8"),
        ("tempo_bpm", "f8"),
        ("bar_start_beat", "f8"),
        ("sample", "i8"),
        ("value", "f8"),
        ("value2", "f8"),
        ("song_beat", "f8"),
        ("loop_start", "f8"),
        ("loop_end", "f8"),
        ("kind", "i4"),
        ("source", "i4"),
        ("lane", "i4"),
        ("channel", "i4"),
        ("key", "i4"),
        ("velocity", "f4"),
        ("number", "i4"),
        ("note_id", "i4"),
        ("numerator", "i4"),
        ("denominator", "i4"),
        ("playing", "i4"),
        ("bass", "i4"),
        ("classes", "i4"),
        ("reserved", "i4"),
    ],
    align=True,
)

PLAN = np.dtype(
    [
        ("beat", "f8"),
        ("duration_beats", "f8"),
        ("value", "f8"),
        ("kind", "i4"),
        ("serial", "i4"),
        ("lane", "i4"),
        ("key", "i4"),
        ("velocity", "f4"),
        ("number", "i4"),
        ("value2", "f8"),
        ("bass", "i4"),
        ("classes", "i4"),
    ],
    align=True,
)

VITALS = np.dtype(
    [
        ("turns", "i8"),  # of the host's loop: as long as it grows, the player is served
        ("inside", "i8"),  # 1 while the player's own code runs
        ("busy", "f8"),  # share of the time that it takes, smoothed
        ("refused", "i8"),  # plans that found no room: the engine has stopped reading
        ("rung", "i8"),  # of the player's LADDER
        ("hits", "i8"),  # notes planned in time, as its host sees it
        ("misses", "i8"),  # notes planned when their beat was over
    ],
    align=True,
)

LISTEN_RECORDS, PLAN_RECORDS = 2048, 1024
"""Capacities of the rings: 5 s of transport with a flood of controllers; a plan of 1,024 notes at once."""

assert LISTEN.itemsize % 8 == 0 and PLAN.itemsize % 8 == 0 and VITALS.itemsize % 8 == 0
