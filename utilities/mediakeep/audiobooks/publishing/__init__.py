"""Record the job of a book."""
