"""Which files there are, and which feed each one belongs to."""
