"""What would mend an artist's issues: pure decisions, one function a kind; nothing is written."""
