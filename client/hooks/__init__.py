"""Webhooks of form and CRM providers: checked, read, and turned into leads and events by what ops wrote of them."""
