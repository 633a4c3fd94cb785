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
_WRITTEN = """\
Written music (`generate`, not what is played along live) is sung phrase by phrase, a phrase ending behind a long note or
before a rest: each is drawn several times (`takes`) and the take kept that is led best to its close, judged by rule (in the
key heard around it, no semitones on the beats, at rest on a triad in root position; at the end the bass falls from dominant
to tonic). The temperature sharpens which move a voice makes and not whether it moves: sharpening every sixteenth by itself
made a choir that hardly moved in eighths (0.04 of composed notes lasted half a beat, of Bach's 0.34). Where less than a bar
is left behind the melody, the choir ends with it. A classifier that must tell eight bars under 30 held-out melodies from
Bach's own reaches an area of 0.71 so (0.88 as played along live on the same pieces; a first-order Markov chain 1.0; 43
excerpts a side, so within 0.06 or so)."""
_LIMITS = """\
Not learned: words, fermatas, where a bar begins (it counts sixteenths from the first note and infers the rest), form. The
nets see nothing ahead: played live, phrases close because such melodies tended to close. Rests in
the melody are thought through as if its last note were held. All nets know the 229 pieces nearly by heart before they
generalise further (Bach's own notes cost the causal net 0.2 nats in training and 0.33 on held-out pieces). Voices that
`fill` and `refine` draw move as often as Bach's (on 0.37 of the sixteenths of twelve held-out melodies, his on 0.36) but in
many parallels (fifths 0.07 a chord, octaves 0.04; his 0.002 each), which no rule forbids there. The play-along rules
against parallels and crossing are rules, not learning; figures without them are given too."""
_BARS = """\
32 bars, seed 11 (picture): from an upbeat on G in two-bar phrases, most of which come to rest on a chord of half a bar
(bars 9, 11, 13, 15, 19, 21, 26, 30); quarters with passing eighths in all voices, the bass leaping at the closes and walking
between. The first phrases lie low (the bass at C2 for a while), the last ones high; no phrase comes back. It stays
near G and ends on its chord, held for three beats."""


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
    return "\n\n".join([*parts, _WRITTEN, _LIMITS, _BARS])
