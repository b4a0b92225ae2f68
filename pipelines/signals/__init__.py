"""Recording practice: what a partner's returns say of how it records, summarised a return at a time, and judged."""
