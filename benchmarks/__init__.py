"""Speed and memory of the engine, always as ratios to something simple measured in the same run."""
