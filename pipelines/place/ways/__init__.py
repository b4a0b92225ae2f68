"""The ways to a place, each from columns of text to a located table."""
