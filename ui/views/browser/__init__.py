"""The browser: scenes, devices, models and songs, searched, heard and dragged into the rack."""
