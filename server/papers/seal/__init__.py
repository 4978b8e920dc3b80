"""Electronic seals on finished papers: PDF bytes in, sealed PDF bytes out; and what a sealed PDF is worth.

`provider` is what every provider of seals promises, `embedded` seals here (PAdES B-LTA, ETSI EN 319 142-1), `check`
says whether a seal holds and what changed since. Keys come from the caller: nothing here stores anything.
"""
