"""The Qt panel: its own process, one thread; reaches the instrument by realtime/control only."""
