"""What partners promised to send, declared as data: partners, datasets, feeds, code lists, indicators."""
