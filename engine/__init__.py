"""The pure core: definitions, the machine, and every rule. Same input, same output; nothing here does anything."""
