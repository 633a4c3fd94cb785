"""The card of `frames`: what it learned, what it cannot, how its bars sound; [workshop]."""

CARD = """The baselines, side by side: a plain variational autoencoder (perceptrons, 16 slices at once) and a recurrent one
(slice after slice, given the ones before), each for bars of sixteenths (JSB chorales and POP909, training splits) and for
sixteen quarter notes (JSB chorales alone). 88 independent keys a slice, transposed by up to five semitones in training.

The likelihoods are evidence bounds (`nll_slice_nats`, and with 8 latents a window the tighter importance-weighted one), not
exact, in nats a slice, on windows of 16 slices that know nothing of the music before them. `nll_frame_nats` is the better
net's bound on quarter notes and stands beside 8.10 to 8.91 of TCN, LSTM, GRU and RNN with independent keys, 6.93 of the deep
Markov model (a bound as well) and 5.19 to 5.56 of RNN-NADE, all on JSB chorales.

These nets were trained for twenty minutes of a processor core, not to convergence: they are worse than every published figure
above, give back little of a bar they have read, and are here to be compared with, not to be played. A roll
cannot tell a repeated key from a held one. Keys are drawn independently within a slice, so chords are chance meetings.

The 32 bars in the pictures (nothing given, seed 1): the plain net strikes single sixteenths and short runs of a few keys that
are common in the corpus (G and D in several octaves), without rhythm or metre; the recurrent net has learned that keys
sound on and that they change at bar lines, holds one to three notes, mostly the same two keys, and moves a little from
the middle on. The first is no music; the second is a slow, thin chorale."""
