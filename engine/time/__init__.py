"""Durations, calendars and deadlines. Never used in a workflow: zones and holidays do not work there."""
