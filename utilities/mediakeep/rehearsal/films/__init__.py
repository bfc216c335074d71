"""The simulated TMDb: an invented movie catalogue, the API and the image host."""
