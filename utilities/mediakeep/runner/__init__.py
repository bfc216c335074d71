"""How work is run: batches, stages, retries and executors."""
