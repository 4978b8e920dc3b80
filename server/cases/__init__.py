"""Cases, parties, case numbers, documents, imports."""
