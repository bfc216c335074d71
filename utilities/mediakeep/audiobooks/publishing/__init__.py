"""Place the finished book, and record the job."""
