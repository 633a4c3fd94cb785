"""The workshop of `accompany`: a causal transformer that writes bass and piano under a melody and its chords, frame by
frame; [workshop]."""
