"""Can anybody see anything on it: brightness, uniformity, sharpness. Thresholds draw attention, they refuse nothing.

Sharpness is the variance of the Laplacian (J. L. Pech-Pacheco et al., Diatom autofocusing in brightfield
microscopy, ICPR 2000) of the picture in grey at 400 px, where sensor noise has been averaged away.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

SIDE_PX = 400
DARK, BRIGHT = 32, 245
TOO_DARK_MEAN, TOO_DARK_SHARE = 28.0, 0.92
TOO_BRIGHT_MEAN, TOO_BRIGHT_SHARE = 247.0, 0.92
BLANK_SPREAD = 3.0
BLURRED_BELOW = 30.0
# A JPEG whose data end early is filled up with one colour, and no decoder complains.
CUT_OFF_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Quality:
    """``brightness`` mean of 0–255; ``spread`` its standard deviation; shares of dark and bright pixels (0–1).

    ``flat_share``: how much of the height, from the lower edge, is of exactly one colour.
    """

    brightness: float
    spread: float
    dark_share: float
    bright_share: float
    sharpness: float
    flat_share: float = 0.0

    def concerns(self) -> list[str]:
        """``image.blank`` alone where nothing is to be seen; else too dark or bright, and blurred."""
        if self.brightness < TOO_DARK_MEAN and self.dark_share > TOO_DARK_SHARE:
            return ["image.too_dark"]
        if self.spread < BLANK_SPREAD:
            return ["image.blank"]
        found = []
        if self.brightness > TOO_BRIGHT_MEAN and self.bright_share > TOO_BRIGHT_SHARE:
            found.append("image.too_bright")
        if self.flat_share > CUT_OFF_SHARE:
            found.append("image.cut_off")
        if self.sharpness < BLURRED_BELOW:
            found.append("image.blurred")
        return found

    def document(self) -> dict[str, float]:
        """Plain numbers, rounded as far as they mean something."""
        return {
            "brightness": round(self.brightness, 1),
            "spread": round(self.spread, 1),
            "dark_share": round(self.dark_share, 3),
            "bright_share": round(self.bright_share, 3),
            "sharpness": round(self.sharpness, 1),
            "flat_share": round(self.flat_share, 3),
        }


def quality(grey: Image.Image) -> Quality:
    """Measures a picture in mode ``L``."""
    small = grey.copy()
    small.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    values = np.asarray(small, dtype=np.float32)
    return Quality(
        float(values.mean()),
        float(values.std()),
        float((values < DARK).mean()),
        float((values > BRIGHT).mean()),
        _laplacian_variance(values),
        _flat_share(values),
    )


def _laplacian_variance(values: np.ndarray) -> float:
    if min(values.shape) < 3:
        return 0.0
    middle = values[1:-1, 1:-1]
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    return float((around - 4 * middle).var())


def _flat_share(values: np.ndarray) -> float:
    colour = values[-1, -1]
    rows = np.abs(values - colour).max(axis=1) <= 1
    uneven = np.flatnonzero(~rows)
    return float(1 - (uneven[-1] + 1) / len(rows)) if len(uneven) else 1.0
