"""Many leads of a process on one sales floor: arrivals and people's behaviour by chance, everything else by the core."""
