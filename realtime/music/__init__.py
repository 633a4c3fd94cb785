"""Theory and notes: pitch, intervals, scales, chords, keys, voice leading, metre, rhythm, note sequences, MIDI files;
[any]. Pure Python and light numpy; no torch, no audio. Checked against music21 in tests/music."""
