"""From harmonised rows to the warehouse: a snapshot of what is current, handed to dbt, which never opens the ledger."""
