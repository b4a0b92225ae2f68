"""Boundary sets: read from files, checked, kept."""
