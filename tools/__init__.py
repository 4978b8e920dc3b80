"""What developers and operators run around the product: set-up, the embedded stack, requirement files."""
