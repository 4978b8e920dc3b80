"""What looks wrong only when many records are seen together: findings with figures for a person to look at.

WGS-84, metres, aware times. Values in, values out; every check is a pure function of the records it is given, so that
the same records give the same findings. Thresholds and tests are described in docs/place-and-watch.md.
"""

from evidence.watch.drawing import draw
from evidence.watch.hits import KINDS, Hit
from evidence.watch.values import Image, Moment, Visit
from evidence.watch.watching import watch

__all__ = ["KINDS", "Hit", "Image", "Moment", "Visit", "draw", "watch"]
