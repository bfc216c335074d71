"""Which movie a file is: what its names say, what TMDb knows, and how sure that is."""
