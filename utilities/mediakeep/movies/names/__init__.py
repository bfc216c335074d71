"""What the names of movie files and folders say."""
