"""Theory and notes: pitch, scale, key, rhythm, note sequences, MIDI files. Pure Python and light numpy; no torch, no
audio."""
