"""The text of a scene, edited as a person would edit it."""
