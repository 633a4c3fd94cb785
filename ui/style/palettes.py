"""The panel's colours as tables, one a theme; every ink on every ground keeps 4.5:1 (WCAG 2.2, contrast minimum); no Qt."""

from dataclasses import dataclass, fields

LEAST_CONTRAST = 4.5


@dataclass(frozen=True)
class Palette:
    """Colours as #rrggbb. `on_tint` is the ink on a surface filled with a tint; `line` only separates; `track` is the way of a
    dial that its value has not filled."""

    ground: str
    surface: str
    raised: str
    sunken: str
    line: str
    track: str
    text: str
    dim: str
    on_tint: str
    danger_ground: str
    you: str
    player: str
    neural: str
    effect: str
    mix: str
    good: str
    warn: str
    danger: str


PALETTES = {
    "dark": Palette(
        ground="#101114", surface="#1b1e25", raised="#272a33", sunken="#08090b", line="#434855", track="#434855", text="#eef0f4",
        dim="#b0b6c4", on_tint="#0b0c0e", danger_ground="#4a1a1c", you="#ffb44d", player="#4fd0c7", neural="#bd9cf8",
        effect="#74acff", mix="#a9bd8d", good="#70d48d", warn="#f4ca4c", danger="#ff7468",
    ),
    "light": Palette(
        ground="#f2f3f5", surface="#ffffff", raised="#e4e7ec", sunken="#dadee5", line="#9aa1ad", track="#b9bfc9", text="#14171c",
        dim="#434a56", on_tint="#ffffff", danger_ground="#f9dedb", you="#7d4400", player="#0a5c57", neural="#5632a0",
        effect="#1b4a9b", mix="#46572a", good="#17602f", warn="#684d00", danger="#a01912",
    ),
    "contrast": Palette(
        ground="#000000", surface="#000000", raised="#1c1c1c", sunken="#000000", line="#ffffff", track="#5c5c5c", text="#ffffff",
        dim="#e8e8e8", on_tint="#000000", danger_ground="#4d0000", you="#ffd000", player="#00ffee", neural="#d9b3ff",
        effect="#8fc7ff", mix="#ccff99", good="#66ff66", warn="#ffff00", danger="#ff8a80",
    ),
}  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance 0..1 of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255.0 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two colours (WCAG 2.2)."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


NAMES = tuple(one.name for one in fields(Palette))
