"""Elementary functions as short polynomials that LLVM can inline and vectorise over a quantum; [audio].

Chebyshev fits on the reduced range (Muller, Elementary Functions, 2016, ch. 3); errors are stated per function.
float32 in, float32 out.
"""

import numpy as np

from realtime.native.jit import audio

_F = np.float32
_E1, _E2, _E3 = _F(0.6931471706493859), _F(0.24022721505125333), _F(0.05549593617508429)
_E4, _E5, _E6 = _F(0.009652440586100907), _F(0.0012689352833815525), _F(0.00020829190285727567)
_L0, _L1, _L2, _L3 = _F(1.442694957995562), _F(-0.7213527587652881), _F(0.4809240385774458), _F(-0.3602419859067044)
_L4, _L5, _L6, _L7 = _F(0.287075611159413), _F(-0.24882180553724227), _F(0.2342098511576519), _F(-0.14620353417912824)
_S0, _S1, _S2 = _F(3.1415926401307077), _F(-5.167710083507892), _F(2.5500775232146973)
_S3, _S4 = _F(-0.598291285621545), _F(0.0776576603085196)


@audio
def exp2(x):
    """2**x for x in -126..126 (clamped), relative error below 3e-7; whole powers (and so 0 dB) are exact."""
    x = min(max(x, _F(-126.0)), _F(126.0))
    whole = np.int32(x + _F(127.0))
    f = x - _F(np.int32(whole - 127))  # from x itself: the shifted sum has lost its low bits
    p = _F(1.0) + f * (_E1 + f * (_E2 + f * (_E3 + f * (_E4 + f * (_E5 + f * _E6)))))
    return p * np.int32(whole << 23).view(np.float32)


@audio
def log2(x):
    """log2(x) for x >= 1e-38 (smaller values count as that), absolute error below 4e-7 plus rounding."""
    bits = np.float32(max(x, _F(1.2e-38))).view(np.int32)
    # Centre the mantissa on 1 (0.707..1.414): the polynomial then vanishes exactly where the logarithm does.
    exponent = np.int32(np.int32(bits - np.int32(0x3F3504F3)) >> 23)
    m = np.int32(bits - np.int32(exponent << 23)).view(np.float32) - _F(1.0)
    p = _L0 + m * (_L1 + m * (_L2 + m * (_L3 + m * (_L4 + m * (_L5 + m * (_L6 + m * _L7))))))
    return _F(exponent) + m * p


@audio
def sin_half_turns(x):
    """sin(pi x) for x in -0.5..0.5, absolute error below 1e-7."""
    u = x * x
    return x * (_S0 + u * (_S1 + u * (_S2 + u * (_S3 + u * _S4))))


@audio
def sin_turns(phase):
    """sin(2 pi phase) for phase in 0..1 (one turn), absolute error below 2e-7: a low-frequency oscillator's sine."""
    # Fold the turn into the half-turn around the zero crossing at phase 1/2, where the polynomial is odd.
    x = _F(1.0) - (phase + phase)
    folded = abs(x)
    folded = min(folded, _F(1.0) - folded)
    return np.copysign(sin_half_turns(folded), x)


@audio
def tan_half_turns(x):
    """tan(pi x) for x in 0..0.498, relative error below 1e-6: the prewarp of a filter at x = cutoff / sample rate."""
    # The cosine as the sine of the complement stays relatively exact near the pole.
    return sin_half_turns(x) / sin_half_turns(_F(0.5) - x)


@audio
def tanh(x):
    """tanh by a continued fraction (Lambert), odd, monotonic, within -1..1; absolute error below 1e-4."""
    x = min(max(x, _F(-4.97)), _F(4.97))
    u = x * x
    return (
        x * (_F(135135.0) + u * (_F(17325.0) + u * (_F(378.0) + u)))
        / (_F(135135.0) + u * (_F(62370.0) + u * (_F(3150.0) + u * _F(28.0))))
    )  # fmt: skip


@audio
def soft_sign(x):
    """x / sqrt(1 + x^2): a gentle saturation curve within -1..1 whose integral is sqrt(1 + x^2)."""
    return x / _F(np.sqrt(_F(1.0) + x * x))
