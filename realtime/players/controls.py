"""The controls that every player has; [player process].

What they do to the notes that it plans is in shaping, timing, voices, loops and entry.

A player that heeds one of them as it writes, in its model or in its rules, names it in its SHAPES: then it is not
applied a second time here, and the player may give its row in PARAMS another default or meaning.
"""

from __future__ import annotations

from realtime.contract.param import Param

LARGEST_SEED = 2**31 - 1
GUARDS = ("off", "key", "chord", "strict")
OFF, KEY, CHORD, STRICT = range(4)
VELOCITY_CURVES = ("soft", "linear", "hard")
QUANTISE = ("now", "beat", "bar", "section")
NOW, BEAT, BAR, SECTION = range(4)
SWINGS_OF = ("eighths", "sixteenths")
WIDEST = 24.0
"""`range` at its top: anywhere."""
MOST_VOICES = 32.0
LONGEST_BEATS = 64.0
SHORT_BEATS = 0.5
"""A guard leaves notes of an eighth or less off the beat to the scale: they pass."""

COMMON = (
    Param("mute", "Mute", curve="bool", doc="It goes on planning, and nothing sounds."),
    Param("solo", "Solo", curve="bool", doc="The players that are not soloed are silent."),
    Param("playing", "Playing", curve="bool", default=1.0, doc="Starts and stops it, as Quantise says; it listens on."),
    Param(
        "quantise", "Quantise", "", 0, 3, BAR, curve="enum", labels=QUANTISE, doc="When Playing starts and stops it."
    ),
    Param("level", "Level", "", 0.0, 2.0, 1.0, doc="Its velocities against those it would play."),
    Param("density", "Density", "", 0.25, 4.0, 1.0, curve="log", doc="Notes per beat, against what it would play."),
    Param("intensity", "Intensity", "", 0.0, 1.0, 0.5, doc="Softer and sparser below the middle, more above."),
    Param("follow", "Follow", "", 0.0, 1.0, 0.5, doc="How far the intensity that is heard moves its own."),
    Param("mood", "Heeds the mood", "", 0.0, 1.0, 1.0, doc="How far a mood that leads steers it; 0: not at all."),
    Param(
        "range", "Range", "st", 0.0, WIDEST, WIDEST, doc="How far beyond your highest and lowest note; 24: anywhere."
    ),
    Param(
        "polyphony",
        "Polyphony",
        "notes",
        1.0,
        MOST_VOICES,
        MOST_VOICES,
        stepped=True,
        doc="Notes at once; inner, soft ones go first.",
    ),
    Param(
        "velocity_curve",
        "Velocity curve",
        "",
        0,
        2,
        1,
        curve="enum",
        labels=VELOCITY_CURVES,
        doc="Soft: softer in its middle.",
    ),
    Param("compress", "Compress", "", 0.0, 1.0, 0.0, doc="1: all its notes equally loud."),
    Param(
        "longest_beats",
        "Longest note",
        "beats",
        0.0625,
        LONGEST_BEATS,
        LONGEST_BEATS,
        curve="log",
        doc="No note lasts longer.",
    ),
    Param("swing", "Swing", "", 1.0, 3.0, 1.0, doc="Length of the first of a pair against the second; 2: triplets."),
    Param("swing_of", "Swings", "", 0, 1, 0, curve="enum", labels=SWINGS_OF, doc="What swings."),
    Param("lazy_ms", "Laziness", "ms", -50.0, 50.0, 0.0, doc="Behind the beat; below 0 ahead of it."),
    Param(
        "guard",
        "Guard",
        "",
        0,
        3,
        KEY,
        curve="enum",
        labels=GUARDS,
        doc="Keeps to the key, on strong beats to the chord, or to the chord alone.",
    ),
    Param("freeze", "Freeze", "bars", 0.0, 16.0, 0.0, stepped=True, doc="Loops its last bars; 0: plays on."),
    Param(
        "hold", "Hold", curve="bool", default=1.0, doc="When it fails to answer, its last bars go on until it is back."
    ),
    Param("seed", "Seed", "", 0.0, float(LARGEST_SEED), 0.0, stepped=True, doc="The same seed, the same notes."),
)
AGAIN, MUTATE, UNDO = TRIGGERS = ("again", "mutate", "undo")
"""What it can be asked for while it plays: its last bars once more (as many as Freeze says, else 4); the same with part of
them drawn anew, as another take; back to the take before."""


def table(own: tuple[Param, ...]) -> tuple[Param, ...]:
    """A player's parameters: the common ones, each in the player's own version where it has one, then its own."""
    mine = {param.id: param for param in own}
    common = tuple(mine.pop(param.id, param) for param in COMMON)
    return (*common, *mine.values())
