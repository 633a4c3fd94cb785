"""What a bench plays: a scene (`ANTIPHON_BENCH_SCENE`, default first_light) under hands that never rest; [main]."""

from __future__ import annotations

import os

from realtime.bench.hands import Hands


def make_engine(sample_rate: float) -> Hands:
    """A fresh engine with the scene installed, ready to be given to a driver."""
    from realtime.engine.engine import Engine
    from realtime.session import scene as scenes

    scene = scenes.load(os.environ.get("ANTIPHON_BENCH_SCENE", "first_light"))
    engine = Engine(sample_rate, 0, 2, scene.tempo_bpm)
    engine.record["transport"]["playing"] = 1
    engine.swap(engine.compile(scene.rack), wait_s=0.0)
    engine.set_signature(*scene.signature)
    engine.set_master_db(scene.master_db)
    return Hands(engine)
