"""The TMDb API and its image host."""
