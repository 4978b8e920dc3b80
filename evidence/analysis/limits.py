"""What a decoder may take, and what a file may be, before the answer is a refusal instead of a wait."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024
MAX_PIXELS = 100_000_000
MAX_VIDEO_S = 3 * 3600.0
MAX_AUDIO_S = 12 * 3600.0
MAX_BYTES = 500 * MEGABYTE
# Larger frames than 8K are no phone's: their buffers alone would eat the memory budget.
MAX_FRAME_PIXELS = 8192 * 4608

DISPLAY_PX = 1600
THUMBNAIL_PX = 320
PROXY_PX = 640
PROXY_FPS = 12
PROXY_S = 600.0
POSTER_FRAMES = 5
LISTEN_S = 1800.0


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds of one job: processor seconds, seconds on the wall, bytes of memory beyond the idle child, bytes written.

    ``proxy_s`` is the processor time after which a proxy film is closed where it stands.
    """

    cpu_s: int
    wall_s: float
    memory_bytes: int = 1200 * MEGABYTE
    output_bytes: int = 256 * MEGABYTE
    proxy_s: float = 0.0


BUDGETS = {
    "photo": Budget(cpu_s=20, wall_s=40),
    "signature": Budget(cpu_s=10, wall_s=20),
    "strokes": Budget(cpu_s=10, wall_s=20),
    "audio": Budget(cpu_s=60, wall_s=120),
    "video": Budget(cpu_s=180, wall_s=300, proxy_s=120.0),
}
