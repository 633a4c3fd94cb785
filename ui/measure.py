"""The panel's own cost, measured from within: frame by frame at 60 a second, with a knob moved now and then; Qt thread.

A frame is what one sixtieth of a second brings: messages polled, all that moves by itself advanced, everything painted.
"""

import os
import time
from typing import Any

FRAME_S = 1.0 / 60.0
EDIT_EVERY = 12
CONNECT_S = 30.0


def measure(port: int | None, size: tuple[int, int], seconds: float, view: str, drawers: bool = True) -> dict[str, Any]:
    """Frame costs in ms (as the clock went, and of this thread alone: what a busy machine takes away is in the first only),
    frames drawn a second, and [address, value, CLOCK_MONOTONIC s] of each edit. Raises AntiphonError."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from realtime.native.errors import AntiphonError
    from ui import strings
    from ui.shell.rubbish import Rubbish
    from ui.shell.window import Panel, application
    from ui.views.stage.stage import StageView

    app = application()
    panel = Panel(port)
    panel.resize(*size)
    panel.show()
    Rubbish(panel)
    give_up = time.monotonic() + CONNECT_S
    while not panel.store.nodes:
        app.processEvents()
        time.sleep(0.01)
        if time.monotonic() > give_up:
            panel.close()
            raise AntiphonError(strings.SCREENSHOT_ALONE.format(CONNECT_S))
    stage = panel.views["stage"]
    assert isinstance(stage, StageView)
    knob = stage.macros[0]
    panel.show_view(view)
    panel.show_drawer("scope", drawers)
    panel.show_drawer("piano", drawers)
    panel._frames.stop()  # from here on frames are counted by hand
    panel.connection.pause()
    costs: list[float] = []
    worked: list[float] = []
    edits: list[list] = []
    due = time.monotonic()
    end = due + seconds
    while (now := time.monotonic()) < end:
        if now < due:
            time.sleep(due - now)
        began, busy = time.monotonic(), time.thread_time()
        if len(costs) % EDIT_EVERY == 0:
            parameter = knob.parameter
            knob.edit_once(parameter.at(0.2 + 0.6 * ((len(costs) // EDIT_EVERY) % 97) / 97.0))
            edits.append([parameter.address, knob.value, time.monotonic()])
        panel.connection.tick()
        panel._frame()
        app.processEvents()
        costs.append(1000.0 * (time.monotonic() - began))
        worked.append(1000.0 * (time.thread_time() - busy))
        due = max(due + FRAME_S, time.monotonic() - FRAME_S)
    panel.close()
    ordered, own = sorted(costs[5:] or costs), sorted(worked[5:] or worked)
    return {
        "view": view, "size": list(size), "frames": len(costs), "frames_a_second": len(costs) / seconds,
        "frame_ms_p50": ordered[len(ordered) // 2], "frame_ms_p99": ordered[int(0.99 * (len(ordered) - 1))],
        "frame_ms_max": ordered[-1], "frame_cpu_ms_p50": own[len(own) // 2],
        "frame_cpu_ms_p99": own[int(0.99 * (len(own) - 1))], "edits": edits,
    }  # fmt: skip
