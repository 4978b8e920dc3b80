"""Outside systems, one small interface each. Services depend on the interface, never on a vendor's client."""
