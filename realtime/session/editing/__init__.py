"""Editing what plays: the rig's structure and values, with undo, save and snapshots."""
