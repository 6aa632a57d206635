"""When two leads are one (S0.13): how like what is known of them is, and what that counts by an identity table."""
