"""What is remembered: the queue, its journal, checkpoints, sessions and history."""
