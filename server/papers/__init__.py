"""Papers: plain data in, PDF out. Knows no other feature.

`render.render` prints every kind of `kinds.KINDS` from its data class (`data`, `forms`) in a wording (`wording`), the
shipped one or a court's own. It is deterministic: the same data and wording give the same bytes. docs/papers.md.
"""
