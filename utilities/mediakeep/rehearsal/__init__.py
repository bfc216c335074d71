"""A small stand-in world to practise on: a sample library of real, playable files."""
