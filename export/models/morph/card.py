"""The card of `morph`: what it learned, what it cannot, how its bars sound; [workshop]."""

CARD = """Learned from two-bar windows (32 sixteenths) of melodies and basses in 4/4, 2/2 and 2/4 of the training
splits of Nottingham, Ryan's, O'Neill's, Aird's, OpenEWLD, Lieder, quartets, Bach chorales and POP909, transposed by
up to six semitones, and from the grooves of the Groove MIDI Dataset. Other metres, and windows with more than a tenth
of their onsets off the grid of sixteenths (triplets), are left out. The drums of a trio were never played to its
melody: no corpus here has all three, so drums of nearly the same tempo were put beside each window at random. The
trio's latent therefore holds three tracks, but between drums and the others it has learned no relation; between
melody and bass it has. Tracks that are not given are masked: one latent serves a melody, a bass, a duo or a trio.

Reconstruction counted as MusicVAE does (a step is right if its token of 90, or 512 for drums, is; valid splits,
windows that do not overlap, latent drawn from the posterior; sampled at temperature 1): 2-bar melodies .995
teacher-forced and .985 sampled, where MusicVAE has .986 and .951 (on other, larger data). Its trio figures (melody
.848/.753, bass .880/.773, drums .903/.641) are of 16 bars, so the trio rows below, of 2 bars, stand beside them only
for orientation. `*_from_mean` take the posterior's mean, as playing from a prompt does. The likelihoods are
conditional on a latent that says much (94 nats a melody): neither exact nor a bound. Trained for 19 minutes of half a
processor core and 62 more of a shared one (the small preset).

Knobs (`knob_*`; held-out melodies, nine turns from -2 to 2 standard deviations): rank correlation of knob and
attribute .99 for density and range, 1.00 for mean pitch, .94 for mode, .92 for syncopation, and hardly a window where
it ever falls (range: one in eleven). They move by analogy: what a latent decodes to is edited by rule, and the latent
moves by the difference of the two encodings. Fixed directions, which this package had before, turned density and
syncopation alone; of pairs a few tones apart the mean difference is nothing, so pitch, range and mode have none.
Density takes others along (a quarter of its own change, mostly range and mode). Syncopation cannot fall below none,
and a melody's mean goes no lower than the A flat below middle C (`generate` plays it an octave higher to the net and
puts it back).

Between two melodies (`interpolation_*`, 9 points) `between` places its points by what they decode to: the largest
step changes .20 of the tokens (.34 at equal angles, .14 in a crossfade of the notes) and is 1.7 times the mean step
(2.7; 2.2). The way is longer than a crossfade's, but its middle is a melody: .007 nats a token to the net, a
crossfade's .024.

Melodies hold to the theme's key by a bias on the logits (parameter `key`; 0 leaves the bare net). A copy guard in the
package forbids completing any run of twelve notes of the training melodies and basses, repeated notes too, across bar
lines too (longest run in 24 pieces of 16 bars: 8). No dynamics and no microtiming: give the drums to `groove` to have
them humanised. Longer music is a path around a theme in sections of eight bars, the third the contrast; two bars is
all the net itself has seen, and its pieces repeat themselves more than real ones (self-similarity .19 against .08).

The 32 bars in the picture (nothing given, seed 1): a turning figure in D flat major, eighths about the tonic, up to F
and down to a long A flat, every two bars and varied in a note or two; the bass holds the tonic below it for three
bars at a time and moves at the ends of phrases, to E flat or C. In the contrast, bars 17 to 24, the melody spins on
without its long note and the bass drops to some heavy low notes. Snare and hats are restless, the kick comes late and
seldom: a drummer's fill rather than a beat. The sections are told apart and return as they were. The second picture
walks from one two bars to another: the melody's opening stays for ten bars while its end opens up to leaps, the bass
gives up its repeated note by and by, and the last four bars are the other end's."""
