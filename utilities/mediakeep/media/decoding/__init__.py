"""Sound read and decoded from beginning to end, to find what is damaged in it."""
