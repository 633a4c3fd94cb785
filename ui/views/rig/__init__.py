"""The rig: audio, MIDI ports, monitor, sync, keyboard, tonight."""
