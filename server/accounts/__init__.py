"""Courts (a tree), people, roles, sessions."""
