"""What rooms share and none owns: block, events, parameters, what a device is, the player wire; above native alone."""
