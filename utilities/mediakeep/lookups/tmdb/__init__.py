"""The Movie Database: what is asked of it, what it answers, and what is kept of that."""
