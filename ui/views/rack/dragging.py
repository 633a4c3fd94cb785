"""Items on their way by mouse: what a drag carries, and what comes in from the desktop; Qt thread."""

from PyQt6.QtCore import QMimeData, QPoint, Qt
from PyQt6.QtGui import QDrag, QMouseEvent
from PyQt6.QtWidgets import QApplication, QWidget

from ui.state import drops
from ui.state.drops import MIME, Item


def far_enough(start: QPoint, event: QMouseEvent) -> bool:
    """Whether a pressed mouse has moved so far that it is a drag."""
    held = bool(event.buttons() & Qt.MouseButton.LeftButton)
    return held and (event.position().toPoint() - start).manhattanLength() >= QApplication.startDragDistance()


def carry(widget: QWidget, item: Item) -> None:
    """Drags an item, shown as the widget looks; returns when it was dropped or let go."""
    packed = QMimeData()
    packed.setData(MIME, item.dumped().encode())
    drag = QDrag(widget)
    drag.setMimeData(packed)
    drag.setPixmap(widget.grab())
    drag.setHotSpot(QPoint(widget.width() // 4, widget.height() // 2))
    drag.exec(Qt.DropAction.MoveAction | Qt.DropAction.CopyAction, Qt.DropAction.MoveAction)


def items(mime: QMimeData | None) -> list[Item]:
    """What a drag carries: one of ours, or the files that a place in the rack can take."""
    if mime is None:
        return []
    if mime.hasFormat(MIME):
        one = drops.loaded(bytes(mime.data(MIME).data()).decode("utf-8", "replace"))
        return [one] if one else []
    found = (drops.of_file(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())
    return [one for one in found if one is not None]


def files(mime: QMimeData | None) -> list[str]:
    """The names of all files that a drag carries, whether they can be taken or not."""
    return [url.fileName() for url in mime.urls()] if mime is not None and mime.hasUrls() else []
