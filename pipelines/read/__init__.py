"""From a partner's bytes to rows of text, every record accounted for: header + skipped + read + unread."""
