"""Text tools that checks, matching and repairs share."""
