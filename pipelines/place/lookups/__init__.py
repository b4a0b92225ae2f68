"""Lookups: how figures of one boundary set's areas become another's."""
