"""What poly keeps: its parameters, the rows of its voices and its state record; [main]."""

import numpy as np

from realtime.contract.device import Param, ids
from realtime.dsp.blep import TAPS
from realtime.dsp.envelope import ENVELOPE_ROWS
from realtime.dsp.lfo import DIVISIONS, SHAPES
from realtime.dsp.voice import NOTE_ROWS
from realtime.dsp.voice_filter import FILTER_ROWS, MODES
from realtime.dsp.voice_mix import DRIVE_ROWS

VOICES = 32
LANES = 48  # 32 voices and 16 that fade out; a multiple of the vector width
CHUNK = 32
UNISON = 7
OSCILLATORS = 3  # 1, 2 and the sub
STRIDE = CHUNK + TAPS + 16  # floats of one oscillator buffer


def _oscillator(n: int, shape: float, octave: int, fine: float, level: float) -> tuple[Param, ...]:
    name = f"Osc {n}"
    return (
        Param(
            f"osc{n}_shape",
            f"{name} shape",
            "",
            0.0,
            3.0,
            shape,
            labels=("sine", "triangle", "saw", "pulse"),
            doc="0 sine, 1 triangle, 2 saw, 3 pulse; between them both sound.",
        ),
        Param(f"osc{n}_octave", f"{name} octave", "oct", -3.0, 3.0, octave, stepped=True),
        Param(f"osc{n}_tune_semitones", f"{name} tune", "st", -12.0, 12.0, 0.0, stepped=True),
        Param(f"osc{n}_fine_cents", f"{name} fine", "ct", -100.0, 100.0, fine),
        Param(f"osc{n}_width", f"{name} pulse width", "", 0.03, 0.97, 0.5),
        Param(f"osc{n}_level", f"{name} level", "", 0.0, 1.0, level),
    )


def _envelope(name: str, title: str, attack: float, decay: float, sustain: float, release: float) -> tuple[Param, ...]:
    return (
        Param(f"{name}_attack_s", f"{title} attack", "s", 0.001, 20.0, attack, curve="log", doc="To reach the top."),
        Param(f"{name}_decay_s", f"{title} decay", "s", 0.005, 30.0, decay, curve="log", doc="To -60 dB of sustain."),
        Param(f"{name}_sustain", f"{title} sustain", "", 0.0, 1.0, sustain),
        Param(f"{name}_release_s", f"{title} release", "s", 0.005, 30.0, release, curve="log", doc="To fall by 60 dB."),
    )  # fmt: skip


def _lfo(n: int, rate: float, fade: float) -> tuple[Param, ...]:
    name = f"LFO {n}"
    return (
        Param(f"lfo{n}_shape", f"{name} shape", "", 0, len(SHAPES) - 1, 0, curve="enum", labels=SHAPES),
        Param(f"lfo{n}_rate_hz", f"{name} rate", "Hz", 0.02, 40.0, rate, curve="log"),
        Param(f"lfo{n}_sync", f"{name} sync", "", 0, len(DIVISIONS) - 1, 0, curve="enum", labels=DIVISIONS),
        Param(f"lfo{n}_retrigger", f"{name} retrigger", "", 0, 1, 0, curve="bool", doc="Start anew at every note."),
        Param(f"lfo{n}_fade_s", f"{name} fade-in", "s", 0.0, 5.0, fade),
        Param(f"lfo{n}_pitch_cents", f"{name} to pitch", "ct", 0.0, 1200.0, 0.0),
        Param(f"lfo{n}_cutoff_oct", f"{name} to cutoff", "oct", 0.0, 4.0, 0.0),
        Param(f"lfo{n}_width", f"{name} to width", "", 0.0, 0.5, 0.0),
        Param(f"lfo{n}_amp", f"{name} to level", "", 0.0, 1.0, 0.0, doc="Tremolo depth."),
    )


PARAMS = (
    *_oscillator(1, 2.0, 0, 0.0, 0.8),
    *_oscillator(2, 2.0, 0, 7.0, 0.6),
    Param("osc2_sync", "Osc 2 hard sync", "", 0, 1, 0, curve="bool", doc="Osc 2 restarts with every period of osc 1."),
    Param("sub_level", "Sub level", "", 0.0, 1.0, 0.0, doc="Square below osc 1."),
    Param("sub_octave", "Sub octave", "oct", -2.0, -1.0, -1.0, stepped=True),
    Param("noise_level", "Noise level", "", 0.0, 1.0, 0.0),
    Param("unison", "Unison", "", 1.0, UNISON, 1.0, stepped=True, doc="Copies of each oscillator."),
    Param(
        "unison_detune_cents",
        "Unison detune",
        "ct",
        0.0,
        100.0,
        18.0,
        doc="Distance of the outermost copies from the note.",
    ),
    Param("unison_spread", "Unison spread", "", 0.0, 1.0, 0.8),
    Param("filter_mode", "Filter", "", 0, len(MODES) - 1, 0, curve="enum", labels=MODES),
    Param("cutoff_hz", "Cutoff", "Hz", 20.0, 20000.0, 1600.0, curve="log"),
    Param("resonance", "Resonance", "", 0.0, 1.0, 0.15, doc="Oscillates by itself from about 0.91."),
    Param("drive_db", "Drive", "dB", 0.0, 36.0, 0.0, doc="Saturation in front of the filter; 0 is clean."),
    Param(
        "key_track", "Key tracking", "", 0.0, 1.0, 0.4, doc="1: the cutoff follows the keyboard, centred on middle C."
    ),
    Param("cutoff_env_oct", "Envelope to cutoff", "oct", -8.0, 8.0, 2.2),
    Param("cutoff_velocity_oct", "Velocity to cutoff", "oct", 0.0, 4.0, 1.2),
    *_envelope("amp", "Amp", 0.004, 1.5, 0.75, 0.45),
    *_envelope("filter", "Filter", 0.003, 1.1, 0.25, 0.6),
    *_lfo(1, 5.2, 0.25),
    *_lfo(2, 0.3, 0.0),
    Param("mode", "Voices", "", 0, 2, 0, curve="enum", labels=("poly", "mono", "legato")),
    Param("voices", "Polyphony", "", 1.0, VOICES, VOICES, stepped=True),
    Param(
        "glide_s", "Glide", "s", 0.0, 5.0, 0.0, doc="Time from the last note's pitch to the new one, a straight line."
    ),
    Param("velocity_amp", "Velocity to level", "", 0.0, 1.0, 0.6),
    Param(
        "wheel_vibrato_cents", "Wheel to vibrato", "ct", 0.0, 200.0, 35.0, doc="Depth of LFO 1 on pitch at full wheel."
    ),
    Param("pressure_cutoff_oct", "Pressure to cutoff", "oct", -4.0, 4.0, 1.0),
    Param("pressure_vibrato_cents", "Pressure to vibrato", "ct", 0.0, 200.0, 0.0),
    Param("pressure_amp", "Pressure to level", "", 0.0, 1.0, 0.0, doc="1: no pressure, no sound."),
    Param(
        "timbre_cutoff_oct", "Timbre to cutoff", "oct", -4.0, 4.0, 2.0, doc="MPE slide (CC 74), neutral at its centre."
    ),
    Param("pan_spread", "Pan spread", "", 0.0, 1.0, 0.25, doc="Voices placed left and right in turn."),
    Param("level_db", "Level", "dB", -60.0, 12.0, 0.0),
)
P = ids(PARAMS)
PER_LFO = P.lfo2_shape - P.lfo1_shape
PER_OSC = P.osc2_shape - P.osc1_shape

# Rows of `lanes`, one column a voice.
AMP_ENV = 0
FILTER_ENV = AMP_ENV + ENVELOPE_ROWS
LADDER = FILTER_ENV + ENVELOPE_ROWS  # left, then right
DRIVE = LADDER + 2 * FILTER_ROWS
(
    PITCH, PITCH_GOAL, GLIDE_STEP, BEND_NOW, BEND_GOAL, PRESSURE_NOW, PRESSURE_GOAL, TIMBRE_NOW, TIMBRE_GOAL,
    POLY_PRESSURE, VELOCITY, AGE, LFO1, LFO2, LFO1_OFFSET, LFO2_OFFSET, AMP, AMP_STEP, FADE, FADE_STEP,
    PAN_LEFT, PAN_RIGHT, FREQUENCY, WIDTH_1, WIDTH_2, FRESH,
) = range(DRIVE + 2 * DRIVE_ROWS, DRIVE + 2 * DRIVE_ROWS + 26)  # fmt: skip
ROWS = DRIVE + 2 * DRIVE_ROWS + 26

# Rows of `notes` after the note itself: phases of the oscillators and of their pulses' falling edges.
PHASE = NOTE_ROWS
EDGE = PHASE + OSCILLATORS * UNISON
INTEGER_ROWS = EDGE + OSCILLATORS * UNISON

STATE = np.dtype(
    [
        ("knobs", "f4", (2, len(PARAMS))),  # parameters at the first and after the last frame of the chunk
        ("lanes", "f4", (ROWS, LANES)),
        ("x", "f4", (CHUNK, LANES)),
        ("y", "f4", (CHUNK, LANES)),
        ("envelope", "f4", (CHUNK, LANES)),
        ("seeds", "i4", (LANES,)),
        ("notes", "i8", (INTEGER_ROWS, LANES)),
        ("gains", "f4", (2 * OSCILLATORS, 8)),  # per oscillator: shape lines; the same for the unison's centre
        ("detune", "f4", (UNISON,)),
        ("bend", "f4", (17,)),  # semitones per channel; 16 = all (MPE master)
        ("pressure", "f4", (17,)),
        ("timbre", "f4", (17,)),
        ("wheel", "f4"),
        ("wheel_now", "f4"),
        ("lfo_phase", "f8", (2,)),  # cycles
        ("stack", "i8", (3, 32)),  # held keys of the mono modes, last on top: key, note id, channel
        ("stacked", "i8"),
        ("count", "i8"),  # lanes in use
        ("born", "i8"),
        ("stereo", "i8"),
        ("last_pitch", "f4"),
        ("cutoff_now", "f4"),
    ],
    align=True,
)


def prepare(state, spec) -> None:
    state["seeds"] = np.arange(1, LANES + 1) * 747796405 % 2147483647
    state["timbre"] = 0.5
    state["last_pitch"] = -1.0
