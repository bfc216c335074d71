"""Read Monkey's Audio streams and APEv2 tags."""
