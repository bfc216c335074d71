"""Reports on weeks and days: what they tell, in which words, pictures and files."""
