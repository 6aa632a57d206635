"""The deterministic shell: one durable workflow per lead, which carries out what the engine decides."""
