"""Write the M4B of a book, join parts without encoding, and verify the result."""
