"""The parts of the harmonist: who leads, which chord, which voicing, what sounds; [audio]."""
