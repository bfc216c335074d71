"""Files put together from parts of others, the sound among them never taken apart."""
