"""The briefs of one repository: files, ledger, claims, refs, trust, transactions, recovery."""
