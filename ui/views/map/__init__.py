"""The map: controllers, learning, assignments."""
