"""Allpass filters: the phaser's chain with zero-delay feedback, and the Schroeder diffuser; [audio].

Sources: Zavalishin, The Art of VA Filter Design, 2018, ch. 10 (phasers, solving the feedback without delay);
Schroeder, "Natural sounding artificial reverberation", JAES 10 (1962).
"""

import numpy as np

from realtime.dsp.delay_line import read_ring, write_ring
from realtime.native.jit import audio

STAGES = 12
_ONE, _ZERO = np.float32(1.0), np.float32(0.0)


@audio
def phase_chain(x, y, coefficient, weights, d_weights, states, feedback, d_feedback, frames):
    """y = the chain's output, tapped after 4, 6, 8, 10 and 12 first-order allpasses by weights[5], with feedback
    around it.

    coefficient: float32[frames], the allpasses' own in -1..1. states: float32[12]. The loop is solved for its input,
    so that resonances stand where the phase turns whole, however high.
    """
    w0, w1, w2, w3, w4 = weights[0], weights[1], weights[2], weights[3], weights[4]
    e0, e1, e2, e3, e4 = d_weights[0], d_weights[1], d_weights[2], d_weights[3], d_weights[4]
    s0, s1, s2, s3, s4, s5 = states[0], states[1], states[2], states[3], states[4], states[5]
    s6, s7, s8, s9, s10, s11 = states[6], states[7], states[8], states[9], states[10], states[11]
    for t in range(frames):
        a = coefficient[t]
        # What the chain will give is known but for its input: output = gain * input + held.
        h = a * (a * (a * s0 + s1) + s2) + s3
        held = w0 * h
        h = a * (a * h + s4) + s5
        held += w1 * h
        h = a * (a * h + s6) + s7
        held += w2 * h
        h = a * (a * h + s8) + s9
        held += w3 * h
        held += w4 * (a * (a * h + s10) + s11)
        a2 = a * a
        gain = a2 * a2 * (w0 + a2 * (w1 + a2 * (w2 + a2 * (w3 + a2 * w4))))
        back = feedback + d_feedback * np.float32(t)
        v = (x[t] + back * held) / (_ONE - back * gain)
        y[t] = gain * v + held
        u = a * v + s0
        s0 = v - a * u
        v = a * u + s1
        s1 = u - a * v
        u = a * v + s2
        s2 = v - a * u
        v = a * u + s3
        s3 = u - a * v
        u = a * v + s4
        s4 = v - a * u
        v = a * u + s5
        s5 = u - a * v
        u = a * v + s6
        s6 = v - a * u
        v = a * u + s7
        s7 = u - a * v
        u = a * v + s8
        s8 = v - a * u
        v = a * u + s9
        s9 = u - a * v
        u = a * v + s10
        s10 = v - a * u
        v = a * u + s11
        s11 = u - a * v
        w0 += e0
        w1 += e1
        w2 += e2
        w3 += e3
        w4 += e4
    states[0], states[1], states[2], states[3], states[4], states[5] = s0, s1, s2, s3, s4, s5
    states[6], states[7], states[8], states[9], states[10], states[11] = s6, s7, s8, s9, s10, s11


@audio
def diffuse(ring, size, guard, at, delay, gain, d_gain, signal, work, frames):
    """Schroeder allpass in place, a whole quantum at a time: delay (whole samples) must exceed the quantum."""
    read_ring(ring, size, at, delay, work, frames)
    for t in range(frames):
        g = gain + d_gain * np.float32(t)
        inner = signal[t] + g * work[t]
        signal[t] = work[t] - g * inner
        work[t] = inner
    write_ring(ring, size, guard, at, work, frames)
