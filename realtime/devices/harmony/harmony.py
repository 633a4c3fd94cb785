"""One harmonist from quantum to quantum: which note leads, what its voices do, and the net's memory of it; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import event, pass_on, transport
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON, RESET
from realtime.devices.harmony.block_chords import close_voicing, parallel_voicing
from realtime.devices.harmony.choir import (
    ALWAYS,
    BEAT,
    SILENT,
    VOICES,
    voice_end,
    voice_near,
    voice_yields,
    voices_end,
    voices_forget,
    voices_pay,
    voices_sound,
    wanted_near,
)
from realtime.devices.harmony.chords import CHORD, chord_chosen, chord_forget, chord_told, rest_near, rest_of
from realtime.devices.harmony.hands import (
    HANDS,
    LEADS,
    YOURS,
    hands_empty,
    hands_lift,
    hands_press,
    hands_promote,
)
from realtime.devices.harmony.hymn import hymn_fold, hymn_voicing
from realtime.devices.harmony.keysense import KEYSENSE, key_now, keysense_forget, keysense_hear
from realtime.devices.harmony.settings import TOP_P
from realtime.devices.harmony.steps import STEPS, phase_of, steps_begin, steps_end, steps_strike
from realtime.models.chorale.code import CENTRES, RANGES, REST
from realtime.models.chorale.reflex import (
    UNKNOWN,
    choir_at,
    choir_prepare,
    choir_push,
    choir_start,
    choir_voices,
    history_at,
    history_unchoose,
)
from realtime.native.jit import audio

MANNERS = ("chorale", "hymn", "close", "drop 2", "thirds", "sixths")
CHORALE, HYMN, CLOSE, DROP_2, THIRDS, SIXTHS = range(6)
FORGETS_AFTER = 32
"""Sixteenths of silence after which a new piece begins."""
MOST_ANSWERS = 4
"""Times in a quantum that the net is asked; what is struck in a flood of notes beyond keeps the voices that sound."""
_PAUSE = 8
"""Sixteenths of silence after which a note begins a beat, where no transport counts."""
_WEAK_STEPS = 3
"""By rule the harmony moves on with a note off the beat only this many sixteenths after it moved last."""
_LOW = np.array([low for low, _ in RANGES], np.int64)
_HIGH = np.array([high for _, high in RANGES], np.int64)
_CENTRES = np.array(CENTRES, np.int64)
_DEEPEST = 28
_NEAR_LOW, _NEAR_HIGH = 54, 84

HARMONY = np.dtype(
    [
        ("steps", STEPS),
        ("hands", HANDS),
        ("voices", VOICES),
        ("keys", KEYSENSE),
        ("chord", CHORD),
        ("choir", "i8"),  # address of the net, 0 = none
        ("manner", "i8"),  # that of the last quantum
        ("seed", "i8"),
        ("drawn", "i8"),  # 1: the open step's voices are chosen
        ("held_steps", "i8"),  # sixteenths that the leading note has lasted
        ("silent_steps", "i8"),
        ("changed_step", "i8"),  # when the harmony moved on last
        ("answers", "i8"),  # in this quantum
        ("lift", "i8"),  # from your register to the choir's, semitones
        ("struck", "i8"),  # 1: the coming answer is to a note of yours, else the voices move under one
        ("settles", "i8"),  # 1: the voices come to rest here, on a triad
        ("promoted", "i8"),  # 1: the leading note was held before, it leads from the next sixteenth on
        ("sung", "i8", (4,)),  # the last four parts in the choir's own register, -1: none
        # what the knobs say
        ("spread", "i8"),
        ("strike", "i8"),
        ("moves_steps", "i8"),
        ("crossing", "i8"),
        ("guard", "i8"),
        ("lowest", "i8"),
        ("highest", "i8"),
        ("melody_from", "i8"),
        ("manner_wanted", "i8"),
        ("seed_wanted", "i8"),
        ("grace_s", "f8"),
        ("parallels", "f8"),
        ("temperature", "f8"),
        ("phase", "i8", (3,)),
    ],
    align=True,
)


@audio
def _start_over(state):
    """A new piece: the net's memory and the last chord are void."""
    chord_forget(state.chord)
    state.drawn = 0
    state.silent_steps = 0
    state.changed_step = -1000
    for v in range(4):
        state.sung[v] = -1
    if state.choir != 0:
        choir_start(state.choir, state.seed)


@audio
def harmony_forget(state):
    """As before the first note."""
    state.steps.fresh = 0
    state.steps.place = 0.0
    state.held_steps = 0
    state.promoted = 0
    state.seed = state.seed_wanted
    hands_empty(state.hands)
    keysense_forget(state.keys)
    _start_over(state)


@audio
def harmony_unsounded(state):
    """No voice of it sounds: the engine has ended them."""
    voices_forget(state.voices)


@audio
def harmony_begin(block, state):
    """The first thing in a quantum."""
    if state.manner < 0:
        harmony_forget(state)
        voices_forget(state.voices)
        state.manner = state.manner_wanted
    voices_pay(state.voices, block)
    steps_begin(state.steps, block, state.grace_s)
    if state.manner != state.manner_wanted or state.seed != state.seed_wanted:
        state.manner = state.manner_wanted
        state.seed = state.seed_wanted
        _start_over(state)
    elif state.steps.jumped != 0:
        state.drawn = 0
        if state.choir != 0:
            history_unchoose(history_at(choir_at(state.choir).history))
            choir_at(state.choir).ahead = 0  # of another place in the bar
    if state.choir != 0:
        choir = choir_at(state.choir)
        choir.temperature = state.temperature
        choir.top_p = TOP_P
        choir.parallels = state.parallels
        choir.crossing = state.crossing
    state.answers = 0


@audio
def _sings(state):
    return state.manner == CHORALE and state.choir != 0 and choir_at(state.choir).fault == 0


# -- who sings what ---------------------------------------------------------------------------------------------------


@audio
def _folded(pitch, voice):
    while pitch < _LOW[voice]:
        pitch += 12
    while pitch > _HIGH[voice]:
        pitch -= 12
    return pitch


@audio
def _voice_of(state, key, lift):
    """The voice whose place a key of your own takes: the nearest one; lift: from your register to the choir's."""
    best, voice = np.int64(1000), np.int64(1)
    for v in range(1, 4):
        goal = state.sung[v] if state.sung[v] >= 0 else _CENTRES[v]
        distance = abs(key + lift - goal)
        if distance < best:
            best, voice = np.int64(distance), np.int64(v)
    return voice


@audio
def _leading(state):
    return state.hands.notes[state.hands.lead]


@audio
def _find_lift(state):
    """Octaves from your register to the choir's, in semitones; kept as long as your line stays near its range, so that the
    voices do not leap with a note that just leaves it."""
    key = np.int64(_leading(state).key)
    if state.sung[0] < 0 or not _NEAR_LOW <= key + state.lift <= _NEAR_HIGH:
        state.lift = (_folded(key, 0) if _sings(state) else hymn_fold(key)) - key


@audio
def _back(pitch, lift):
    """A pitch of the choir's register as it sounds: with you if you play low; where a choir sings if you play high."""
    pitch -= max(np.int64(0), lift)
    while pitch < _DEEPEST:
        pitch += 12
    return pitch


@audio
def _sounding_classes(state):
    """Pitch classes of the four parts."""
    found = np.int64(0)
    for v in range(4):
        if state.sung[v] >= 0:
            found |= np.int64(1) << (state.sung[v] % 12)
    return found


@audio
def _classes(block, state):
    """Pitch classes that the net may draw, 0: all."""
    t = transport(block)
    if state.settles != 0 and state.struck == 0:
        _, _, scale = key_now(state.keys, block)
        return rest_near(_sounding_classes(state), state.sung[0] % 12, state.sung[3] % 12, scale)
    if state.guard == 2 and t.chord_classes != 0:
        return np.int64(t.chord_classes)
    if state.guard >= 1:
        _, _, classes = key_now(state.keys, block)
        return np.int64(classes) if t.key_classes != 0 or state.keys.heard >= 8 else np.int64(0)
    return np.int64(0)


@audio
def _yours(state, lift, mine):
    """Which voices your other keys take: mine[v] is the key in the choir's register, or -1."""
    for v in range(4):
        mine[v] = -1
    hands = state.hands
    for index in range(hands.count):
        note = hands.notes[index]
        if note.role == YOURS and index != hands.lead:
            voice = _voice_of(state, np.int64(note.key), lift)
            mine[voice] = _folded(np.int64(note.key) + lift, voice)


@audio
def _draw(block, state):
    """The net's voices for the open step into state.voices.wanted; False: it failed."""
    h = history_at(choir_at(state.choir).history)
    _find_lift(state)
    lift = state.lift
    wanted = state.voices.wanted
    _yours(state, lift, wanted)
    h.chosen[0] = np.int64(_leading(state).key) + lift
    for v in range(1, 4):
        h.chosen[v] = wanted[v] if wanted[v] >= 0 else UNKNOWN
    phase_of(state.steps, block, h.phase)
    h.phase[2] = min(np.int64(23), h.length // 16)
    choir_at(state.choir).classes = _classes(block, state)
    if not choir_voices(state.choir):
        return False
    for v in range(4):
        state.sung[v] = h.chosen[v]
    for v in range(1, 4):
        wanted[v] = SILENT if wanted[v] >= 0 else _back(h.chosen[v], lift)
    state.drawn = 1
    return True


@audio
def _by_rule(block, state, strong):
    """Voices by rule for the leading note into state.voices.wanted."""
    key = np.int64(_leading(state).key)
    wanted, chord, manner = state.voices.wanted, state.chord, state.manner
    tonic, mode, scale = key_now(state.keys, block)
    told = chord_told(chord, block)
    if manner in (THIRDS, SIXTHS):
        parallel_voicing(scale, chord.classes if told else np.int64(0), key, manner == SIXTHS, strong, wanted)
        return
    moves = strong or state.steps.step - state.changed_step >= _WEAK_STEPS
    inside = chord.known != 0 and (chord.classes >> (key % 12)) & 1 != 0
    if not told and (chord.known == 0 or (moves and not (inside and not strong))):
        chord_chosen(chord, key, tonic, mode, strong)
        state.changed_step = state.steps.step
    if manner in (CLOSE, DROP_2):
        close_voicing(chord.classes, chord.root, key, manner == DROP_2, wanted)
        return
    _find_lift(state)
    lift = state.lift
    soprano = key + lift
    if state.sung[1] >= 0 and not moves and not told:
        for v in range(1, 4):  # a passing note: the chord stays under it
            wanted[v] = _back(state.sung[v], lift)
        return
    if hymn_voicing(chord, (tonic + 11) % 12, soprano, state.sung, wanted):
        state.sung[0] = soprano
        for v in range(1, 4):
            state.sung[v] = wanted[v]
    for v in range(1, 4):
        wanted[v] = _back(wanted[v], lift)


@audio
def _fit(state):
    """Voices inside the range asked for; those silent that are switched off or that you play yourself."""
    wanted = state.voices.wanted
    for v in range(1, 4):
        if wanted[v] < 0 or state.voices.level[v] <= np.float32(0.0):
            wanted[v] = SILENT
            continue
        while wanted[v] < state.lowest:
            wanted[v] += 12
        while wanted[v] > max(state.highest, state.lowest + 11):
            wanted[v] -= 12
    if state.drawn != 0:  # the net has left out what is yours
        return
    hands = state.hands
    for index in range(hands.count):
        if hands.notes[index].role == YOURS and index != hands.lead:
            nearest = wanted_near(state.voices, np.int64(hands.notes[index].key))
            if nearest > 0:
                wanted[nearest] = SILENT


# -- what happens -----------------------------------------------------------------------------------------------------


@audio
def _presses(block, state, e):
    """A key goes down; True if it leads."""
    voice_yields(state.voices, block, np.int64(e.offset), np.int64(e.channel), np.int64(e.key))
    role = hands_press(state.hands, block, e, state.melody_from)
    if role == YOURS and state.hands.lead >= 0 and state.promoted == 0:
        # you join in: the nearest voice leaves its part to you
        nearest = voice_near(state.voices, np.int64(e.key))
        if nearest > 0:
            voice_end(state.voices, block, np.int64(e.offset), nearest, NOTE_OFF)
    return role == LEADS


@audio
def harmony_hears(block, state, index):
    """One event, which goes on its way; True if it is a note that leads: `harmony_struck` must follow at its frame."""
    e = event(block, index)
    leads, ends = False, np.int64(0)
    if e.kind == NOTE_ON:
        leads = _presses(block, state, e)
    elif e.kind in (NOTE_OFF, NOTE_CHOKE) and e.key >= 0:
        if hands_lift(state.hands, e.note_id):
            # the voices end with the note that leads, unless another is still held
            ends = np.int64(e.kind)
            if hands_promote(state.hands, state.melody_from):
                state.promoted = 1
                state.held_steps = 0
                ends = np.int64(NOTE_CHOKE if e.kind == NOTE_CHOKE else 0)
    elif e.kind in (NOTE_OFF, NOTE_CHOKE, RESET):
        ends = np.int64(NOTE_OFF if e.kind == NOTE_OFF else NOTE_CHOKE)
        hands_empty(state.hands)
        state.promoted = 0
    if ends != 0:
        voices_end(state.voices, block, np.int64(e.offset), ends)
    # "end every note" is for devices that begin notes of their own: yours end by their ids
    if e.kind != NOTE_OFF or e.key >= 0:
        pass_on(block, index)
    return leads


@audio
def harmony_struck(block, state, offset):
    """A note that leads was struck at a frame; True if the voices answer it now."""
    if state.hands.lead < 0:
        return False
    if state.sung[1] < 0 or state.silent_steps >= _PAUSE:
        steps_strike(state.steps, block, offset)
    state.promoted = 0
    state.settles = 0
    state.held_steps = 0
    state.silent_steps = 0
    state.drawn = 0
    if state.choir != 0:
        history_unchoose(history_at(choir_at(state.choir).history))
    keysense_hear(state.keys, np.int64(_leading(state).key))
    state.struck = 1
    return state.answers < MOST_ANSWERS


@audio
def harmony_passes(block, state, point):
    """An edge of the sixteenths (point: the open step's place; else it closes); True if the voices may move there: under a
    note that you hold, for a while, and where one leads since another was lifted."""
    leads = state.hands.lead >= 0
    if point:
        state.settles = 1 if state.held_steps == state.moves_steps and state.moves_steps > 0 else 0
        moves = _sings(state) and (
            state.held_steps < state.moves_steps or (state.settles != 0 and rest_of(_sounding_classes(state)) == 0)
        )
        return leads and state.drawn == 0 and state.answers < MOST_ANSWERS and (moves or state.promoted != 0)
    if leads:
        state.held_steps += 1
        state.silent_steps = 0
    else:
        state.silent_steps += 1
        if state.silent_steps == FORGETS_AFTER:
            _start_over(state)
    _close(state)
    state.drawn = 0
    return False


@audio
def harmony_sounds(block, state, offset):
    """The voices for the note that leads sound, at a frame of this quantum."""
    strong = phase_of(state.steps, block, state.phase)
    state.answers += 1
    if not (_sings(state) and _draw(block, state)):
        _by_rule(block, state, strong)
    _fit(state)
    lead, struck = _leading(state), state.struck != 0
    again = struck and (state.strike == ALWAYS or (state.strike == BEAT and strong))
    velocity = lead.velocity if struck else np.float32(0.85) * lead.velocity
    voices_sound(
        state.voices, state.hands, block, offset, velocity, max(0, np.int64(lead.channel)), state.spread != 0, again
    )
    state.struck = 0
    state.promoted = 0


@audio
def _close(state):
    """What the open step was becomes the net's history."""
    if not _sings(state):
        return
    h = history_at(choir_at(state.choir).history)
    if h.length == 0 and h.chosen[0] == UNKNOWN:
        return  # nothing has been sung yet
    for v in range(4):
        if h.chosen[v] == UNKNOWN:  # held on; a rest is thought on
            h.chosen[v] = h.now[v] if h.now[v] != REST else _CENTRES[v]
    choir_push(state.choir)


@audio
def harmony_finish(block, state):
    """The last thing in a quantum: the net's trunk runs ahead, where no note was answered."""
    steps_end(state.steps, block.frames)
    if state.answers > 0 or not _sings(state) or choir_at(state.choir).ahead != 0:
        return
    h = history_at(choir_at(state.choir).history)
    phase_of(state.steps, block, h.phase)
    h.phase[2] = min(np.int64(23), h.length // 16)
    choir_prepare(state.choir)
