"""Calls the steps in their order, for the command line and for Dagster alike. No rule of the data lives here."""
