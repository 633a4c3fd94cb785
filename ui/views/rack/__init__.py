"""The rack: a line a track, one device open, zones on a keyboard."""
