"""Run batches: scheduling, stages, retries, executors and worker processes."""
