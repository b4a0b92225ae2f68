"""Checks on rows and on deliveries: Pandera schemas built from the datasets, and a return against its feed's history."""
