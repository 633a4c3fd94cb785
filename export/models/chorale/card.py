"""The card of the chorale package: what it learned, what it did not, 32 bars described; [workshop]."""

from __future__ import annotations

from collections.abc import Mapping

_WHAT = """\
Learned: 229 of Bach's four-part chorales (JSB, official split, sixteenth grid, no difference between a held and a struck
note), in all keys that keep the voices in range. One causal net: attention over the music so far and a small head a voice,
in the order soprano, bass, tenor, alto, so that a melody being played is simply the first of the four. It was taught by an
earlier package of two such nets in equal shares (seeds 1 and 2; 0.340 and 0.343 nats alone, 0.333 mixed): by what they
hold likely at every place of Bach's pieces and of 160 pieces they invented, half of them under his melodies (`antiphon
train chorale --preset taught --set teacher=PACKAGE`). It beats its teachers, and mixing it with them gains nothing. An
orderless net fills any holes by annealed blocked Gibbs sampling. A slow net draws whole chords, one a quarter note, as sets
of keys; another does so for Nottingham's folk tunes and their chords, one an eighth note."""
_LIMITS = """\
Not learned: words, fermatas, where a bar begins (it counts sixteenths from the first note and infers the rest), form. It
sees nothing ahead: phrases close because such melodies tended to close, and a piece without a prompt just stops. Rests in
the melody are thought through as if its last note were held. All nets know the 229 pieces nearly by heart before they
generalise further (Bach's own notes cost the causal net 0.2 nats in training and 0.33 on held-out pieces). Voices that
`fill` and `refine` draw move as often as Bach's (on 0.37 of the sixteenths of twelve held-out melodies, his on 0.36) but in
many parallels (fifths 0.07 a chord, octaves 0.04; his 0.002 each), which no rule forbids there. The play-along rules
against parallels and crossing are rules, not learning; figures without them are given too."""
_BARS = """\
32 bars, seed 11 (picture): from a chord of G the music is in A within two bars; quarters in all voices with few passing
eighths, phrases of two to four bars that come to rest on chords of half a bar or more (4, 7, 12 to 14, 17, 19, 21, 24), the
bass leaping at the closes and walking between. From A it drifts by C sharp minor and G sharp to F sharp and B (0.85 of the
notes lie in the best single scale; Bach's pieces 0.95) and does not come home. From bar 26 on it turns round one figure of
three chords over a held tenor and cannot leave it; it ends in mid-phrase."""


def card_of(metrics: Mapping[str, float]) -> str:
    """Prose, with the measured figures where there are any."""
    parts = [_WHAT]
    m = metrics
    if "nll_token_nats" in m:
        text = (
            f"Measured on held-out chorales, exact: {m['nll_token_nats']:.3f} nats a voice and sixteenth over all four "
            "voices (Music Transformer 0.335; TonicNet 0.22, perhaps with chord tokens given: not checked); "
            f"{m['accuracy_teacher_forced']:.3f} of the lower voices' slots are Bach's with his past given, "
            f"{m['accuracy_teacher_forced_onsets']:.3f} of those where a note changes."
        )
        if "nll_frame_nats" in m:
            text += f" By frame: {m['nll_frame_nats']:.2f} nats a slice (RNN-NADE 5.19 to 5.56; 5.03 retrained)."
        if "nll_frame_nottingham_nats" in m:
            text += (
                f" Nottingham's tunes by frame, eighth notes: {m['nll_frame_nottingham_nats']:.2f} nats a slice (RNN-NADE "
                "2.31). Not the published tunes: a cleaned edition of the same collection, 842 to train and 90 held out "
                "(published: 694, 173 and 170), its repeats written out and its chord symbols made into block chords by "
                "rule, a root position triad or seventh for every symbol; where the published chords were voiced less "
                "regularly, ours are easier."
            )
        if "nll_fill_token_nats" in m:
            text += f" Orderless net, exact for a random order: {m['nll_fill_token_nats']:.2f} nats (Coconet 0.57)."
        parts.append(text)
    return "\n\n".join([*parts, _LIMITS, _BARS])
