"""What can be wrong, one function a kind; `music.kinds` is the table of them."""
