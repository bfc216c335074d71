"""What lies beside a movie, what is due there, and how it is written."""
