"""Scenarios on a real installation: the lead workflow on a Temporal server that skips time, and PostgreSQL (B.2)."""
