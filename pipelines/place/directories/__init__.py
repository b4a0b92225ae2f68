"""Reference data from its publishers' files, and what is looked up in it."""
