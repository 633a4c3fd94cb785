"""Note packages that are not what they should be: another code, another table, a damaged copy guard: each one sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime.models.base import PACKAGES, model_class, model_names
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package, load_package


def changed(package: Package, **extra) -> Package:
    return replace(package, extra=package.extra | extra)


@pytest.mark.parametrize("name", [n for n in model_names() if model_class(n).CODE])
def test_another_version_of_the_code_is_refused_by_what_differs(name):
    kind = model_class(name)
    package = load_package(PACKAGES / f"{name}.onnx", kind="notes")
    for key in kind.CODE:
        code = dict(package.extra["code"]) | {key: "of another time"}
        with pytest.raises(AntiphonError, match=f"another version of {name} .*{key.replace('_', ' ')}") as caught:
            kind(changed(package, code=code))
        assert f"antiphon export {name}" in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(AntiphonError, match="another version"):
        kind(changed(package, code="none"))


@pytest.mark.parametrize("name", ["groove", "collage", "morph"])
def test_a_table_of_another_shape_or_gone_is_named(name):
    model = model_class(name).load()
    table = next(iter(model.package.extra["tables"]))
    shape = model.package.table(table).shape
    assert model.table(table, *shape).shape == shape
    with pytest.raises(AntiphonError, match=rf"table {table!r} has the shape .*export {name}"):
        model.table(table, *shape, 2)
    with pytest.raises(AntiphonError, match="lacks the table 'gone'"):
        model.table("gone")


def worse(facts: dict, harm: str) -> dict:
    gone = {k: v for k, v in facts.items() if k != "bits"}
    return {"bits gone": gone, "bits wrong": facts | {"bits": 999}, "no number": facts | {"hashes": "many"},
            "no list": facts | {"notes": None}, "run of one": facts | {"notes": 1}}[harm]  # fmt: skip


@pytest.mark.parametrize("harm", ["bits gone", "bits wrong", "no number", "no list", "run of one"])
@pytest.mark.parametrize("name", ["phrase", "collage", "morph", "disguise"])
def test_a_damaged_copy_guard_is_one_sentence(name, harm):
    kind = model_class(name)
    package = load_package(PACKAGES / f"{name}.onnx", kind="notes")
    place = next(k for k in ("guard", "code_guard", "code") if k in package.extra)
    facts = package.extra[place]
    broken = facts | {"guard": worse(facts["guard"], harm)} if place == "code" else worse(facts, harm)
    with pytest.raises(AntiphonError, match=f"its copy guard is damaged .*antiphon export {name}") as caught:
        kind(changed(package, **{place: broken}))
    assert "\n" not in str(caught.value)
