"""Outside systems as processes of their own, speaking the real wire formats on loopback.

For demonstration and tests. The product does not know them: it is given an address.
"""
