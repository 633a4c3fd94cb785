"""How the workshop's pictures look, and how they are kept small; [workshop]. Colours apart for most eyes: Okabe & Ito
2008."""

from __future__ import annotations

import io
from pathlib import Path

from realtime.native.errors import AntiphonError

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#8c564b", "#7f4fc9", "#555555")
INK, LINE, FAINT, PAPER, BLACK_KEYS = "#222222", "#9a9a9a", "#dddddd", "#ffffff", "#f4f4f2"
LARGEST_BYTES = 60_000


def new_figure(width_inches: float, height_inches: float):
    """A matplotlib figure that needs no screen. Raises AntiphonError if matplotlib is missing."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise AntiphonError("Pictures need matplotlib; install it with `pip install -e .[train]`.") from None
    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    return Figure(figsize=(width_inches, height_inches), dpi=100, facecolor=PAPER)


def save_small(figure, path: str | Path, largest_bytes: int = LARGEST_BYTES) -> None:
    """A matplotlib figure as a PNG of few colours, made smaller until it fits. Raises AntiphonError if it cannot be
    written."""
    from PIL import Image

    raw = io.BytesIO()
    figure.savefig(raw, format="png", dpi=figure.dpi)
    image = Image.open(raw).convert("RGB")
    colours, data = 64, b""
    while True:
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, format="PNG", optimize=True)
        data = out.getvalue()
        if len(data) <= largest_bytes or image.width < 300:
            break
        if colours > 16:
            colours //= 2
        else:
            image = image.resize((int(image.width * 0.85), int(image.height * 0.85)), Image.Resampling.LANCZOS)
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    except OSError as error:
        raise AntiphonError(f"Picture {target}: cannot be written ({error.strerror}); choose another place.") from error
