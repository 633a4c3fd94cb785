"""What a hand moves and an eye reads: controls, buttons, meters, roll, piano; every one named for screen readers; Qt thread."""
