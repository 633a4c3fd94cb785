"""mood: valence and arousal of a passage from its notes, and how to change notes towards a mood; [workshop]."""
