"""One style sheet: colours, type and measures in tables, and what draws with them; Qt thread."""
