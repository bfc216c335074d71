"""A made cinema: movies that TMDb could know, the service itself, and files to find them by."""
