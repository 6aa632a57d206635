"""Scenarios that authors write, run in memory: what is given, what happens, what is expected (B.2)."""
