"""The card of `groove`: what it learned, what it cannot, how its bars sound; [workshop]."""

CARD = """Learned from 897 drum performances of the Groove MIDI Dataset (official training split, 16,400 windows of two
bars in 4/4, nine drums on a grid of sixteenths, with the velocity and the lateness of every hit). A latent of 256 numbers
holds two bars; a conductor unfolds it over eight beats, a recurrent decoder writes one of 512 combinations of drums a step,
and a small net strikes them: each hit's velocity and timing is a Gaussian given the latent and the whole score, so the
same package humanises a bare score (`humanise`) and makes a kit of a tapped line (`from_taps`). Knobs for density,
complexity (syncopation of kick and snare) and swing are directions in the latent space, as long as it takes to raise the
measured attribute by one standard deviation.

Reconstruction counted as MusicVAE does (a step is right if all nine drums are; valid split, windows that do not overlap;
MusicVAE's 2-bar drums: .979 teacher-forced, .917 sampled, from 3.8 million windows of other data): the figures
`accuracy_teacher_forced` and `accuracy_sampled` below draw the latent from the posterior and the drums at temperature 1;
`*_from_mean` take the posterior's mean, which is what playing from a prompt does. Above
both bars in either reading, with a latent that says much (165 nats a window). The likelihoods are conditional on a latent, not a
bound and not exact.

What it does not know: other metres, triplet grids other than as lateness (a swung eighth lies a third of a sixteenth
early), percussion outside the kit, form beyond two bars: longer music is a path around one theme in phrases of eight
bars, the last two of each farthest from it. Half of the data is rock and funk. Interpolation is not smoother than a
crossfade of the two patterns (larger single jumps), but its middle is better formed. Kits made from taps keep every tap
and add none; which drum plays which tap is the drummer's in about half of all hits.

The 32 bars in the picture (nothing given, seed 1): a ride figure over a steady closed hat, one kick a bar on the second
beat, the snare between the third and the fourth, two strokes of a high tom round the bar line: Latin in manner, without a kick on
the one. Bars 7 and 8 move to the crash, 23 and 24 and the last two get short snare fills; the rest repeats with small
changes. It is steady and even, and would tire a listener."""
