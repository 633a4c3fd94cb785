"""The README of cards says what the packages say."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnx")

from export import cards
from realtime.models.base import PACKAGES
from realtime.native.errors import AntiphonError


def folder_of(tmp_path: Path, *names: str) -> Path:
    for name in names:
        (tmp_path / name).symlink_to(PACKAGES / name)
    (tmp_path / "pictures").symlink_to(PACKAGES / "pictures")
    return tmp_path


def test_the_readme_is_what_the_packages_say(tmp_path):
    folder_of(tmp_path, *(p.name for p in PACKAGES.glob("*.onnx")))
    cards.write_readme(tmp_path)
    assert (tmp_path / "README.md").read_text() == (PACKAGES / "README.md").read_text(), "run: python -m export.cards"


def test_a_card_has_parameters_pictures_figures_and_origin(tmp_path):
    assert cards.write_readme(folder_of(tmp_path, "phrase.onnx"))["packages"] == 1
    text = (tmp_path / "README.md").read_text()
    for words in ("## Phrase (`phrase.onnx`)", "| temperature | 0 to 2", "(pictures/phrase.png)", "nll_event_nats",
                  "- licence: ", "](#phrase-phraseonnx)"):  # fmt: skip
        assert words in text, words
    assert "(pictures/morph" not in text


def test_packages_too_large_to_ship_are_refused(tmp_path, monkeypatch):
    folder_of(tmp_path, "grade.onnx")
    monkeypatch.setattr(cards, "LIMIT_MB", 0.001)
    with pytest.raises(AntiphonError, match=r"grade\.onnx.*make the model smaller"):
        cards.write_readme(tmp_path)
