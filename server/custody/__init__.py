"""证据保管: how what a phone captured reaches the court whole, stays unaltered, and can be checked by anybody.

Stands on `field` (items belong to visits) and uses the library `evidence` for everything that needs no database.
"""
