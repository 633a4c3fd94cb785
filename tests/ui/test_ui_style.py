"""The style sheet: contrast, sizes that can be read and touched, words in one place."""

import ast
from pathlib import Path

import pytest
from PyQt6.QtGui import QFontMetricsF

from ui.style import measures, theme
from ui.style.palettes import LEAST_CONTRAST, PALETTES, contrast
from ui.views.stage.part import READ_AT_TWO_METRES
from ui.widgets.piano import BLACK_KEY, WHITE_KEY

GROUNDS = ("ground", "surface", "raised", "sunken")
TINTS = ("you", "player", "neural", "effect", "mix", "good", "warn", "danger")
WRITTEN = [
    *((ink, ground) for ink in ("text", "dim", *TINTS) for ground in GROUNDS), *(("on_tint", tint) for tint in TINTS),
    ("danger", "danger_ground"), ("text", "danger_ground"),
]  # fmt: skip
"""All (ink, ground) that the panel writes with."""
UI = Path(__file__).resolve().parents[2] / "ui"


@pytest.mark.parametrize("name", PALETTES)
def test_every_ink_can_be_read_on_every_ground(name):
    palette = PALETTES[name]
    faint = {
        f"{ink} on {ground}": round(found, 2)
        for ink, ground in WRITTEN
        if (found := contrast(getattr(palette, ink), getattr(palette, ground))) < LEAST_CONTRAST
    }
    assert faint == {}
    assert contrast(BLACK_KEY, WHITE_KEY) > 10.0


def test_contrast_is_the_standard_s():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_what_is_read_at_two_metres_has_tall_capitals(app):
    for role, least in (("stage", READ_AT_TWO_METRES), ("stage_next", 44), ("stage_title", 95)):
        assert QFontMetricsF(theme.face(role)).capHeight() >= least, role


def test_what_a_finger_presses_is_large_enough():
    assert measures.TOUCH >= 40 and measures.BUTTON >= 40 and measures.FOOT >= measures.TOUCH


def test_design_pixels_follow_window_and_zoom():
    theme.set_window(1920, 1080)
    assert theme.px(100) == 100
    theme.set_window(3840, 2160)
    assert theme.px(100) == 200
    theme.set_window(1024, 600)
    assert theme.px(100) == 53
    theme.set_scale(9.0)
    assert theme.scale() == measures.SCALES[-1] == 2.5
    theme.set_scale(0.1)
    assert theme.scale() == measures.SCALES[0] == 0.75


def _shown(tree):
    """String constants of a module that are no documentation."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body
        and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    loose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | loose:
            yield node.value


def test_every_sentence_the_panel_says_stands_in_strings():
    spoken = {}
    for path in sorted(UI.rglob("*.py")):
        if path.name in ("strings.py", "panel.py", "sheet.py", "format.py"):
            continue
        words = [
            text for text in _shown(ast.parse(path.read_text("utf-8"))) if text[:1].isupper() and " " in text.strip()
        ]
        words = [text for text in words if text not in theme.FAMILIES and "{" not in text and "♯" not in text]
        if words:
            spoken[str(path.relative_to(UI))] = words
    assert spoken == {}
