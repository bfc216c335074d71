"""The subjects that share the engine: their interface, registry and adapters."""
