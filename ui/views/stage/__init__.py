"""Stage: what is read at two metres while it is played; one part a file; Qt thread."""
