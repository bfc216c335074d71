"""One check function for each issue kind; the table is in movies/issue_kinds.py."""
