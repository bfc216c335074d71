"""Sessions of pipelines: create, run, list, resume and remove them."""
