"""When two leads are one (S0.13): values made comparable, how like they are, what that counts by an identity table."""
