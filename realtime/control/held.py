"""The notes and pedals each client holds down by /midi, so that one that dies leaves none hanging; control thread."""

PEDALS = (64, 66, 67, 69)  # sustain, sostenuto, soft, hold 2
Client = tuple[str, int]
MAX_CLIENTS = 256
NOTE_OFF, NOTE_ON, CONTROL_CHANGE, PITCH_BEND = 0x80, 0x90, 0xB0, 0xE0


class HeldNotes:
    """What is down, by client, as (status, data 1)."""

    def __init__(self) -> None:
        self._down: dict[Client, dict[tuple[int, int], None]] = {}

    def clients(self) -> list[Client]:
        """All that hold something, the longest first."""
        return list(self._down)

    def note(self, client: Client, args: tuple) -> list[Client]:
        """Follows one accepted /midi message (status, data 1, data 2); returns clients to release, there being too many."""
        status, number, value = args[0], args[1] & 0x7F, args[2] & 0x7F
        kind, channel = status & 0xF0, status & 0x0F
        down = self._down.setdefault(client, {})
        if kind == NOTE_ON and value > 0:
            down[NOTE_ON | channel, number] = None
        elif kind in (NOTE_ON, NOTE_OFF):
            down.pop((NOTE_ON | channel, number), None)
        elif kind == CONTROL_CHANGE and number in PEDALS:
            if value > 0:
                down[status, number] = None
            else:
                down.pop((status, number), None)
        elif kind == PITCH_BEND:
            if (number, value) != (0, 64):
                down[status, 0] = None
            else:
                down.pop((status, 0), None)
        if not down:
            del self._down[client]
        return self.clients()[:-MAX_CLIENTS]

    def release(self, client: Client) -> list[tuple[int, int, int]]:
        """The messages that lift everything this client holds; forgets it."""
        messages = []
        for status, number in self._down.pop(client, {}):
            if status & 0xF0 == NOTE_ON:
                messages.append((NOTE_OFF | status & 0x0F, number, 0))
            elif status & 0xF0 == PITCH_BEND:
                messages.append((status, 0, 64))
            else:
                messages.append((status, number, 0))
        return messages
