"""From a file nobody has described yet to a draft of its spec, with a question beside everything that is uncertain."""
