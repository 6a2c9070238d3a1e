"""Jobs: the folder, its ledger, identities, states and budget. This room alone knows the database."""
