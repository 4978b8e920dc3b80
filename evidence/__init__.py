"""Evidence from the door: hashing, stores, inspection of media, signatures, thumbnails, geometry.

A library: it knows neither Flask, MongoEngine nor Celery, and nothing of cases or visits. It takes bytes and
values and answers frozen dataclasses, or raises :class:`evidence.errors.EvidenceError` with a stable code.
"""
