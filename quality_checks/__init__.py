"""Checks on rows and on deliveries: Pandera schemas made from the datasets, a return against its feed's history."""
