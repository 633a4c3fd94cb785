"""Players: MIDI generators that listen to notes and transport and play notes, one file a player."""
