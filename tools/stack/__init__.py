"""The embedded stack: a real mongod and a real Valkey from pip wheels, and the supervisor behind `make run`.

For development, tests and the demo on one machine; production runs the official servers (compose.yaml).
Nothing is imported here: `tools.setup` reads `ports` and `guard` before anything is installed.
"""
