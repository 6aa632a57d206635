"""What can be wrong with a process that would run: leads that are lost, wait for ever or go round in circles (B.1)."""
