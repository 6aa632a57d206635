"""Trying a process out in memory before anybody depends on it: on the same core as production, without a server."""
