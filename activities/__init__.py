"""Side effects: settling decisions in the database, and delivering notices, packs and calls."""
