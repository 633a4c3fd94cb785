"""The views: which there are, in the order of their buttons, and where each is built when it is first seen; Qt thread.

A view is a subclass of ui.views.view.View in the module named here.
"""

from importlib import import_module

from ui import strings
from ui.desk import Desk
from ui.views.view import View

VIEWS = (
    # name, title, module, class
    ("stage", strings.STAGE, "ui.views.stage.stage", "StageView"),
    ("rack", strings.RACK, "ui.views.rack.rack_view", "RackView"),
    ("players", strings.PLAYERS, "ui.views.players.players_view", "PlayersView"),
    ("mixer", strings.MIXER, "ui.views.mixer.mixer", "MixerView"),
    ("map", strings.MAP, "ui.views.map.map_view", "MapView"),
    ("rig", strings.RIG, "ui.views.rig.rig_view", "RigView"),
    ("models", strings.MODELS, "ui.views.models", "ModelsView"),
)
NAMES = tuple(name for name, *_ in VIEWS)
TITLES = tuple((name, title) for name, title, *_ in VIEWS)


def build(name: str, desk: Desk) -> View:
    """The view of that name."""
    module, kind = next((module, kind) for one, _, module, kind in VIEWS if one == name)
    return getattr(import_module(module), kind)(desk)
