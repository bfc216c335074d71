"""The chapters of a book: from files, tags, silence, or a file of chapters."""
