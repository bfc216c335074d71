"""Back up the sources, place the finished book, and record the job."""
