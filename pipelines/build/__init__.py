"""From harmonised rows to the warehouse: one snapshot of what is current, handed to dbt, which never opens the ledger."""
