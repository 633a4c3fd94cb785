"""The house keeps its arrows: no room imports one above it, no two modules import each other."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "native": set(),
    "contract": {"native"},
    "dsp": {"contract", "native"},
    "music": {"native"},
    "midi": {"contract", "native"},
    "neural": {"dsp", "contract", "native"},
    # a reflex player is a device that plays a note model inside the callback
    "devices": {"models", "sampling", "music", "dsp", "neural", "contract", "native"},
    "engine": {"devices", "neural", "dsp", "midi", "contract", "native"},
    "drivers": {"contract", "native"},
    "models": {"sampling", "music", "neural", "contract", "native"},
    "sampling": {"music", "contract", "native"},
    "players": {"models", "sampling", "music", "contract", "native"},
    "control": {"contract", "native"},
    "session": {
        "control", "engine", "drivers", "devices", "neural", "dsp", "midi", "models", "players", "sampling", "music",
        "contract", "native",
    },
    "bench": {
        "session", "control", "engine", "drivers", "devices", "neural", "dsp", "midi", "models", "players", "sampling",
        "music", "contract", "native",
    },
    "commands": {
        "bench", "session", "control", "engine", "drivers", "devices", "neural", "dsp", "midi", "models", "players",
        "sampling", "music", "contract", "native",
    },
    "cli": {"commands", "contract", "native"},
}  # fmt: skip
"""Room of `realtime` -> the rooms it may import, whenever that happens (also inside functions)."""


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _sources() -> dict[str, Path]:
    folders = ("realtime", "export", "ui")
    return {_module(path): path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))}


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _imports(module: str) -> set[str]:
    """Modules of the project that a module names in imports, wherever they stand."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(_sources()[module].read_text("utf-8"))]
    while todo:
        node = todo.pop()
        found |= {name for name in _named(node) if name in _sources()}
        todo += ast.iter_child_nodes(node)
    return found - {module}


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("room", sorted({_room(m) for m in _sources() if m.startswith("realtime.")} - {""}))
def test_arrows_of_a_room_run_one_way(room):
    allowed = MAY_IMPORT[room] | {room, ""}
    wrong = [
        f"{module} imports {name}"
        for module in _sources()
        if module.startswith("realtime.") and _room(module) == room
        for name in _imports(module)
        if name.startswith(("realtime.", "export", "ui"))
        and (not name.startswith("realtime.") or _room(name) not in allowed)
    ]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_no_room_above_imports_below_it_in_a_circle():
    """The table itself has no circle: what a room may import never may import that room."""
    for room, below in MAY_IMPORT.items():
        for other in below:
            assert room not in MAY_IMPORT.get(other, set()), f"{room} and {other} may import each other"


def test_the_panel_speaks_through_control_only():
    wrong = [
        f"{module} imports {name}"
        for module in _sources()
        if module.startswith("ui")
        for name in _imports(module)
        if not name.startswith(("ui", "realtime.control", "realtime.native")) and name != "realtime"
    ]
    assert not wrong, "\n".join(wrong)


def test_no_two_modules_import_each_other():
    graph = {module: _imports(module) for module in _sources()}
    state: dict[str, int] = {}
    circles: list[str] = []

    def walk(module: str, path: list[str]) -> None:
        state[module] = 1
        for name in sorted(graph[module]):
            if state.get(name) == 1:
                start = path.index(name) if name in path else 0
                circles.append(" -> ".join([*path[start:], name]))
            elif name not in state:
                walk(name, [*path, name])
        state[module] = 2

    for module in sorted(graph):
        if module not in state:
            walk(module, [module])
    assert not circles, "\n".join(circles)


def _model_of(module: str, room: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 and ".".join(parts[:2]) == room else ""


def test_a_model_is_used_through_its_face():
    """From outside its folders a model is its package, `code`, the language of its tokens, or `reflex`, the net in the
    callback: nothing else of it."""
    models = {path.parent.name for path in (ROOT / "realtime" / "models").glob("*/__init__.py")}
    wrong = []
    for module in _sources():
        own = _model_of(module, "realtime.models") or _model_of(module, "export.models")
        for name in _imports(module):
            model = _model_of(name, "realtime.models")
            inner = name.split(".")[3:]
            if model in models - {own} and inner not in ([], ["code"], ["reflex"]):
                wrong.append(f"{module} imports {name}")
    assert models and not wrong, "\n".join(sorted(wrong))
