"""The card of `morph`: what it learned, what it cannot, how its bars sound; [workshop]."""

CARD = """Learned from two-bar windows (32 sixteenths) of melodies and basses in 4/4, 2/2 and 2/4 of the training splits of
Nottingham, Ryan's, O'Neill's, Aird's, OpenEWLD, Lieder, quartets, Bach chorales and POP909, transposed by up to six
semitones, and from the grooves of the Groove MIDI Dataset. Other metres, and windows with more than a tenth of their
onsets off the grid of sixteenths (triplets), are left out. The bass is the lowest line of a bass, cello, left hand or
accompaniment. The drums of a trio were never played to its melody: no corpus here has all three, so drums of nearly
the same tempo were put beside each window at random. The trio's latent therefore holds three tracks, but between
drums and the others it has learned no relation; between melody and bass it has. Tracks that are not given are masked:
one latent serves a melody, a bass, a duo or a trio.

Reconstruction counted as MusicVAE does (a step is right if its token of 90, or 512 for drums, is; valid splits,
windows that do not overlap, latent drawn from the posterior; sampled at temperature 1). MusicVAE's 2-bar melody has
.986 teacher-forced and .951 sampled; its trio figures (melody .848/.753, bass .880/.773, drums .903/.641) are of 16
bars, so the trio rows below, of 2 bars, stand beside them only for orientation. `*_from_mean` take the posterior's
mean, as playing from a prompt does. The likelihoods are conditional on a latent: neither exact nor a bound.

Trained for 19 minutes of half a processor core (the small preset): what falls short is mostly a matter of time.
Melodies hold to the theme's key by a bias on the logits (parameter `key`; 0 leaves the bare net), and a copy guard in
the package forbids completing any run of twelve notes of the training melodies and basses (runs of fewer than four
different steps, such as a repeated note, are free). Of the attribute knobs, density and syncopation turn what they
name, evenly; mean pitch, range and mode do so for a standard deviation or less and then fall back (figures below):
transpose the music instead. Melodies whose mean lies below the E above middle C are misread by the bare net
(`generate` lifts them by octaves and puts them back). Interpolation changes more from point to point than a crossfade
of the two melodies does, though its middle is better formed. No dynamics and no microtiming: give the drums to
`groove` to have them humanised. Longer music is a path around a theme in sections of eight bars, the third the
contrast; two bars is all the net itself has seen.

The 32 bars in the picture (nothing given, seed 1): a poor melody, one long note with an ornament below it that hardly
moves until the contrast in bars 17 to 24, where it begins to step; the bass walks in eighths, with one stray fall of
two octaves at bar 18; hats and a busy ghosted snare carry the time, with a crash every other bar. The sections are
told apart and return as they were. Other seeds move more; a prompt gives better music than nothing does. The second
picture walks from one two bars to another: the two ends keep their character for two or three points each, the bass
falls silent on the way, and the middle changes at a leap rather than evenly."""
