"""Four parts under a soprano by rule: every voicing of the chord is weighed, the smoothest that breaks no rule sounds; [audio]
(rules: Aldwell and Schachter 2011, as in music.voiceleading_rules)."""

from __future__ import annotations

import numpy as np

from realtime.music.voiceleading_rules import SATB
from realtime.native.jit import audio

# by voice, alto to bass (index 0 is the soprano)
_LOW = np.array([SATB[3][0], SATB[2][0], SATB[1][0], SATB[0][0]], np.int64)
_HIGH = np.array([SATB[3][1], SATB[2][1], SATB[1][1], SATB[0][1]], np.int64)
_UNKNOWN = -1


@audio
def hymn_fold(melody):
    """A pitch moved by octaves into the soprano's range."""
    while melody < _LOW[0]:
        melody += 12
    while melody > _HIGH[0]:
        melody -= 12
    return melody


@audio
def _parallel(was_high, was_low, high, low):
    """What two voices cost that move from one perfect consonance to the same one."""
    if was_high < 0 or was_low < 0 or was_high == high or was_low == low:
        return 0.0
    before, now = (was_high - was_low) % 12, (high - low) % 12
    return 12.0 if before == now and (now == 0 or now == 7) else 0.0


@audio
def _chord_cost(classes, root, leading, soprano, alto, tenor, bass):
    """Doubling, completeness and spacing."""
    cost, sounding, leadings, thirds = 0.0, np.int64(0), np.int64(0), np.int64(0)
    for pitch in (soprano, alto, tenor, bass):
        sounding |= np.int64(1) << (pitch % 12)
        leadings += np.int64(1) if pitch % 12 == leading else np.int64(0)
        thirds += np.int64(1) if (pitch - root) % 12 == 4 else np.int64(0)
    missing = classes & ~sounding
    for interval in range(12):
        if (missing >> ((root + interval) % 12)) & 1 != 0:
            cost += 8.0 if interval in (3, 4, 10, 11) else 4.0 if interval == 0 else 1.5
    cost += 7.0 * max(np.int64(0), leadings - 1) + 1.0 * max(np.int64(0), thirds - 1)
    cost += 4.0 * max(np.int64(0), soprano - alto - 12) + 4.0 * max(np.int64(0), alto - tenor - 12)
    cost += (1.0 if alto == tenor else 0.0) + (1.0 if tenor == bass else 0.0) + (0.5 if alto == soprano else 0.0)
    return cost + 1.0 * max(np.int64(0), tenor - bass - 19)


@audio
def _motion_cost(before, soprano, alto, tenor, bass):
    """How far and how the voices move. before: the last four pitches, soprano to bass, or -1."""
    if before[1] < 0:
        # a first chord lies in the middle of the voices
        return 0.2 * (abs(alto - 64) + abs(tenor - 57) + abs(bass - 48))
    cost = 0.35 * (abs(alto - before[1]) + abs(tenor - before[2])) + 0.12 * abs(bass - before[3])
    cost += 3.0 if abs(bass - before[3]) > 12 else 0.0
    cost += 1.5 if abs(alto - before[1]) > 7 else 0.0
    cost += 1.5 if abs(tenor - before[2]) > 7 else 0.0
    cost += _parallel(before[0], before[1], soprano, alto) + _parallel(before[0], before[2], soprano, tenor)
    cost += _parallel(before[0], before[3], soprano, bass) + _parallel(before[1], before[2], alto, tenor)
    return cost + _parallel(before[1], before[3], alto, bass) + _parallel(before[2], before[3], tenor, bass)


@audio
def hymn_voicing(chord, leading, soprano, before, wanted):
    """The best voicing of a CHORD under a soprano of 60..81 into wanted[1..3]; False if the chord has no note there.

    leading: pitch class of the leading note. before: see `_motion_cost`.
    """
    best = 1e9
    for bass in range(_LOW[3], _HIGH[3] + 1):
        inversion = 0.0
        if bass % 12 != chord.bass:
            # a third in the bass is fine where nobody asked for another one
            if chord.told != 0 or (bass - chord.root) % 12 not in (3, 4) or (chord.classes >> (bass % 12)) & 1 == 0:
                continue
            inversion = 2.0
        for tenor in range(max(_LOW[2], bass), min(_HIGH[2], soprano) + 1):
            if (chord.classes >> (tenor % 12)) & 1 == 0:
                continue
            for alto in range(max(_LOW[1], tenor), min(_HIGH[1], soprano) + 1):
                if (chord.classes >> (alto % 12)) & 1 == 0:
                    continue
                cost = inversion + _chord_cost(chord.classes, chord.root, leading, soprano, alto, tenor, bass)
                if cost < best:
                    cost += _motion_cost(before, soprano, alto, tenor, bass)
                if cost < best:
                    best = cost
                    wanted[1] = alto
                    wanted[2] = tenor
                    wanted[3] = bass
    return best < 1e9
