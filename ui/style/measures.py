"""Type sizes and spacings of the panel in pixels of a 1920 by 1080 window; a smaller or larger window scales all; no Qt."""

DESIGN_WIDTH, DESIGN_HEIGHT = 1920, 1080
LEAST_WIDTH, LEAST_HEIGHT = 800, 480
LEAST_UNIT = 0.5
"""Type is never set smaller than in a 960 by 540 window: there the views scroll instead."""
SCALES = (0.75, 0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.25, 2.5)

TYPE = {
    # role: (size, bold)
    "caption": (18, False),
    "label": (20, False),
    "body": (22, False),
    "value": (22, True),
    "button": (24, True),
    "head": (28, True),
    "large": (36, True),
    "stage_note": (50, False),
    "stage": (50, True),
    "stage_next": (62, True),
    "stage_title": (132, True),
}
"""Capitals of the faces in use are 0.73 of the size: `stage` has 36 px, `stage_title` 96 px."""

TOUCH = 44
"""Least side of what a finger presses."""
BUTTON = 56
HEADER = 84
FOOT = 60
GAP, PAD = 12, 18
RADIUS = 9
EDGE = 2
