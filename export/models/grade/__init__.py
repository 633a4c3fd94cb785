"""grade: how hard a passage is at the keyboard, learned from pairs of which one is surely harder; [workshop]."""
