"""The title, author and other tags of a book, and its cover."""
