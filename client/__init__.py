"""How leads come in and events reach them: the way that the command line, imports and upstream systems share."""
