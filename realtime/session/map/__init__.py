"""The map at work: ports and profiles, assignments in force, learning, lights; a thread of its own."""
