"""Progress reports and master reports."""
