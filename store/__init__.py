"""PostgreSQL: what leadflow remembers and what reports read. Knows no Temporal; SQL is in `sql/` and `migrations/`."""
