"""Solo by mutes: what is not soloed is muted, and what was muted before stays so afterwards; no widgets."""

from collections.abc import Callable


class Solo:
    """Of tracks by address part. mute(at, on) sets one; `muted(at)` tells how it is."""

    def __init__(self, mute: Callable[[str, bool], object], muted: Callable[[str], bool]) -> None:
        self._mute, self._muted = mute, muted
        self.soloed: set[str] = set()
        self._before: dict[str, bool] = {}

    def toggle(self, at: str, tracks: list[str]) -> None:
        """Solos a track too, or no longer; with none left all are as they were."""
        if not self.soloed:
            self._before = {track: self._muted(track) for track in tracks}
        self.soloed ^= {at}
        self.soloed &= set(tracks)
        for track in tracks:
            wanted = track not in self.soloed if self.soloed else self._before.get(track, False)
            self._mute(track, wanted)  # also what seems so already: an answer may still be on its way

    def forget(self) -> None:
        """Another scene: nothing is soloed there."""
        self.soloed, self._before = set(), {}
