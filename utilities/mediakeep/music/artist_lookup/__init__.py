"""Look up an artist and compare the discography with the collection."""
