"""A package told anew plays the same notes and tells what the code says."""

from __future__ import annotations

import shutil

import pytest

from export.package import read_manifest
from export.retell import retell
from realtime.models.base import PACKAGES, model_class
from realtime.native.errors import AntiphonError


def test_parameters_card_and_figures_are_new_and_the_notes_are_not(tmp_path):
    package = tmp_path / "genie.onnx"
    shutil.copy(PACKAGES / "genie.onnx", package)
    before = read_manifest(package)
    told = retell("genie", {"c2st_auc": 0.5}, package)
    after = read_manifest(package)
    assert after == told and after["metrics"] == {**before["metrics"], "c2st_auc": 0.5}
    assert [p["id"] for p in after["parameters"]] == [p.id for p in model_class("genie").PARAMS]
    assert after["card"] and after["test"] == before["test"] and after["provenance"] == before["provenance"]
    own, shipped = (model_class("genie").load(p).generate(None, 2, 1).notes for p in (package, None))
    assert own == shipped and own


def test_a_damaged_package_stays_as_it_is(tmp_path):
    package = tmp_path / "genie.onnx"
    package.write_bytes(b"no package")
    with pytest.raises(AntiphonError):
        retell("genie", {}, package)
    assert package.read_bytes() == b"no package"
