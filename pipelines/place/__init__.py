"""Onto the National Grid, and from the grid onto areas: each distinct place once, for each boundary set once."""
