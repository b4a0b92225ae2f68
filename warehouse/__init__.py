"""Storage: where things lie, the ledger of what happened, the releases and who may read them."""
