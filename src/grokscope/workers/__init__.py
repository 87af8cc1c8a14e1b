"""Where it runs: processes of this machine, fed by one driver, which alone writes the ledger."""
