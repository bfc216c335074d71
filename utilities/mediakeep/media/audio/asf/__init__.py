"""Read ASF files (WMA): their objects, streams and tags."""
