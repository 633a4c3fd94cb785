"""Names that a shell completes: scenes, devices, models, players, drivers; found when asked for; [main]."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def _completer(find: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        try:
            return [name for name in find() if name.startswith(incomplete)]
        except Exception:  # a shell that completes has no place for a sentence
            return []

    return complete


def _scenes() -> Iterable[str]:
    from realtime.session.paths import scene_files

    return scene_files()


def _music() -> Iterable[str]:
    from realtime.session.paths import scene_files, setlist_files, song_files

    return [*scene_files(), *song_files(), *setlist_files()]


def _devices() -> Iterable[str]:
    from realtime.devices import registry

    return registry.devices()


def _models() -> Iterable[str]:
    from realtime.models.base import model_names

    return model_names()


def _players() -> Iterable[str]:
    from realtime.players.registry import player_names

    return player_names()


def _writers() -> Iterable[str]:
    return [*_models(), *_players()]


scenes, music, devices, models, players, writers = (
    _completer(find) for find in (_scenes, _music, _devices, _models, _players, _writers)
)
drivers = _completer(lambda: ("jack", "portaudio", "null"))
