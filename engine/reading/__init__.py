"""Reading YAML strictly, and saying what is wrong with it, where and how to mend it."""
