"""What is told of movies to people and programs: reports, records and tables."""
