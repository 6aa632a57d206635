"""What leadflow costs, as ratios within one run: `make bench`. Absolute times are of the machine it runs on."""
