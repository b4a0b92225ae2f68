"""From a partner's text to typed, coded and placed rows; every row loaded, ignored, a duplicate, or quarantined."""
