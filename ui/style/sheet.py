"""Qt's style sheet and palette for the few stock widgets (menus, lists, scroll bars, tips, entries); Qt thread."""

from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QApplication

from ui.style import theme
from ui.style.theme import px

_ROLES = {
    QPalette.ColorRole.Window: "ground",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "sunken",
    QPalette.ColorRole.AlternateBase: "surface",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Highlight: "you",
    QPalette.ColorRole.HighlightedText: "on_tint",
    QPalette.ColorRole.PlaceholderText: "dim",
}


def apply(app: QApplication) -> None:
    """Dresses the application in the theme and scale in force."""
    palette = QPalette()
    for role, name in _ROLES.items():
        palette.setColor(role, theme.tint(name))
    app.setPalette(palette)
    app.setFont(theme.face("body"))
    app.setStyleSheet(style_sheet())


def style_sheet() -> str:
    """The sheet at the theme and scale in force."""
    c = {
        name: theme.tint(name).name()
        for name in ("ground", "surface", "raised", "sunken", "line", "text", "dim", "you", "on_tint")
    }
    touch = f"min-height: {px(40)}px; padding: {px(2)}px {px(14)}px;"
    edge = f"border: {px(1)}px solid {c['line']}; border-radius: {px(6)}px;"
    focus = f"border: {px(3)}px solid {c['text']};"
    handle = f"background: {c['line']}; border-radius: {px(7)}px; margin: {px(2)}px;"
    return f"""
    * {{ font-size: {px(22)}px; }}
    QWidget {{ color: {c["text"]}; }}
    QToolTip, QMenu {{ background: {c["raised"]}; color: {c["text"]}; {edge} padding: {px(6)}px; }}
    QMenu::item {{ {touch} border-radius: {px(5)}px; }}
    QMenu::item:selected {{ background: {c["you"]}; color: {c["on_tint"]}; }}
    QMenu::item:disabled {{ color: {c["dim"]}; }}
    QMenu::separator {{ height: {px(1)}px; background: {c["line"]}; margin: {px(6)}px; }}
    QLineEdit, QPlainTextEdit, QSpinBox, QComboBox {{ background: {c["sunken"]}; color: {c["text"]}; {edge}
        padding: 0px {px(8)}px; min-height: {px(42)}px;
        selection-background-color: {c["you"]}; selection-color: {c["on_tint"]}; }}
    QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QComboBox:focus {{ {focus} }}
    QComboBox::drop-down {{ border: none; width: {px(34)}px; }}
    QLineEdit#value_entry {{ min-height: 0px; padding: 0px {px(4)}px; }}
    QListView, QTreeView, QTableView {{ background: {c["surface"]}; color: {c["text"]}; {edge} outline: none;
        gridline-color: {c["line"]}; }}
    QListView:focus, QTreeView:focus, QTableView:focus {{ {focus} }}
    QListView::item, QTreeView::item, QTableView::item {{ {touch} }}
    QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {{
        background: {c["you"]}; color: {c["on_tint"]}; }}
    QHeaderView::section {{ background: {c["raised"]}; color: {c["dim"]}; border: none; padding: {px(8)}px; }}
    QPushButton {{ background: {c["raised"]}; color: {c["text"]}; {edge} {touch} font-weight: 600; }}
    QPushButton:focus {{ {focus} }}
    QPushButton:default {{ background: {c["you"]}; color: {c["on_tint"]}; }}
    QDialog, QMessageBox {{ background: {c["surface"]}; }}
    QScrollArea {{ background: transparent; border: none; }}
    QScrollBar:vertical {{ background: transparent; width: {px(18)}px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: {px(18)}px; margin: 0; }}
    QScrollBar::handle:vertical {{ {handle} min-height: {px(48)}px; }}
    QScrollBar::handle:horizontal {{ {handle} min-width: {px(48)}px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QSplitter::handle {{ background: transparent; }}
    """
