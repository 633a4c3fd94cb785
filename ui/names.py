"""Names as a person reads them, from what the tree has; no widgets."""

from typing import Any

from ui import strings
from ui.store import Store


def plain_name(name: str) -> str:
    """first_light -> First light."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def scene_info(store: Store, name: str) -> dict[str, Any]:
    """What /scenes/info tells of a scene; {} where it does not."""
    return next((one for one in store.json("/scenes/info", []) if one.get("name") == name), {})


def scene_title(store: Store) -> str:
    """The title of the scene that sounds; its file's name made readable where the tree does not tell."""
    name = str(store.value("/scene") or "")
    return str(scene_info(store, name).get("title") or plain_name(name)) or strings.NO_SCENE
