"""What is to be changed in a file's tags, and how each format writes it."""
