"""The window around the views: header, banner, drawers, foot line, keys, opening and closing; Qt thread."""
