"""One check function for each kind of movie issue; the table of kinds is in issue_kinds.py."""
