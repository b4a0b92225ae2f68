"""From the warehouse to a release: checked, hashed, written beside the last one, then moved into place."""
