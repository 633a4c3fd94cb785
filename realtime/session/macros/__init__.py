"""The eight macros of a scene: what a performer turns first, hand-picked in the scene or found by a rule."""
