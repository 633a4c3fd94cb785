"""Undo and redo of parameter edits: one step a gesture; no Qt."""

from dataclasses import dataclass

LIMIT = 500


@dataclass
class Step:
    """One gesture on one address: from the value before to the last one."""

    address: str
    before: float
    after: float
    gesture: int


class History:
    """Two stacks of steps."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    def edited(self, address: str, before: float, after: float, gesture: int) -> None:
        """Notes an edit; edits of one gesture on one address become one step."""
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last is not None and last.address == address and last.gesture == gesture:
            last.after = after
        else:
            self._done.append(Step(address, before, after, gesture))
            del self._done[:-LIMIT]

    def undo(self) -> Step | None:
        """The step to take back: set its address to `before`."""
        return self._move(self._done, self._undone)

    def redo(self) -> Step | None:
        """The step to make again: set its address to `after`."""
        return self._move(self._undone, self._done)

    def forget(self, addresses: set[str]) -> None:
        """Drops steps whose parameter is gone (another scene)."""
        self._done = [step for step in self._done if step.address in addresses]
        self._undone = [step for step in self._undone if step.address in addresses]

    @staticmethod
    def _move(source: list[Step], target: list[Step]) -> Step | None:
        if not source:
            return None
        target.append(source.pop())
        return target[-1]
