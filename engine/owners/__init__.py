"""Whose a lead is to be, and who is told: candidates, why they are passed over, and the methods that pick one."""
