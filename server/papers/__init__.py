"""Papers: plain data in, PDF out. Knows no other feature.

`render_proof` prints the proof of service (送达回证), `render_report` the service report (送达报告书).
Both are deterministic: the same data gives the same bytes.
"""
