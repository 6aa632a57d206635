"""The local stack on one machine: PostgreSQL, Temporal, a notification sink and our own processes."""
