"""From files to a process: names resolved, stages flattened, expressions compiled, everything pinned under one digest."""
