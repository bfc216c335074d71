"""Batches on several machines: the tasks of a batch run on the workers of a Dask scheduler."""
