"""What the parts of resumable upload promise each other. Stores and lockers import this module and nothing of each
other (the shape of tusd: a small store, optional powers beside it, locks apart)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol, runtime_checkable

from evidence.uploads.errors import not_found

_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")


def checked_id(upload_id: str) -> str:
    """The id itself if it is one; keeps ``../`` and strangers out of paths. Raises ``upload.not_found``."""
    if not _ID.fullmatch(upload_id):
        raise not_found()
    return upload_id


@dataclass(frozen=True, slots=True)
class Info:
    """What is fixed when an upload is created. `metadata` is the header as it came; `parts` are ids of a final one."""

    upload_id: str
    length: int
    metadata: str = ""
    partial: bool = False
    parts: tuple[str, ...] = ()

    @property
    def concat(self) -> str:
        """The value of Upload-Concat without the addresses of the parts: partial, final or nothing."""
        return "partial" if self.partial else ("final" if self.parts else "")


class Source(Protocol):
    """Where a store takes the bytes of one request from."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fills the buffer from its start; 0 when no more will come, for whatever reason."""
        ...

    @property
    def seal(self) -> str:
        """The checksum the bytes must have, ``algorithm hex``; empty when none was sent."""
        ...

    def sound(self) -> bool:
        """Whether what was read has that checksum."""
        ...


class UploadStore(Protocol):
    """Bytes on their way in. The offset is what would still be there after a power cut."""

    def create(self, info: Info) -> None:
        """Makes an empty upload, durably. The id is new."""
        ...

    def info(self, upload_id: str) -> Info:
        """What was stated at creation. Raises ``upload.not_found``."""
        ...

    def offset(self, upload_id: str) -> int:
        """How many bytes are durable; settles what a killed writer left. Raises ``upload.not_found``."""
        ...

    def append(self, upload_id: str, *, offset: int, source: Source) -> int:
        """Stores what comes, from exactly this offset on; returns the new offset when it is durable.

        The store fences by itself: of two writers at one offset, one gets ``upload.wrong_offset`` or
        ``upload.locked``. Bytes whose checksum is wrong leave no trace: ``upload.wrong_checksum``.
        """
        ...

    def open(self, upload_id: str) -> BinaryIO:
        """A seekable stream over the bytes stored so far. Raises ``upload.not_found``."""
        ...

    def remove(self, upload_id: str) -> None:
        """Frees everything; nothing happens when there is nothing."""
        ...


@runtime_checkable
class Concatenating(Protocol):
    """A store that can join finished uploads."""

    def concat(self, info: Info, parts: Sequence[Info]) -> None:
        """Makes a finished upload of the bytes of the parts in this order, durably, or nothing."""
        ...


@runtime_checkable
class Sweeping(Protocol):
    """A store in which killed processes may leave rubbish that no upload names."""

    def sweep(self, *, older_than_s: float) -> int:
        """Removes it; returns how many things went."""
        ...


class Lease(Protocol):
    """The right to touch one upload, for as long as nobody asks for it."""

    @property
    def asked(self) -> bool:
        """Somebody newer wants it, or it is lost: store what is there and leave."""
        ...

    def release(self) -> None:
        """Gives it back; a second time does nothing."""
        ...


class Locker(Protocol):
    """One lock per upload, across processes."""

    def take(self, upload_id: str) -> Lease:
        """Asks the holder to let go, waits a few seconds. Raises ``upload.locked``."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants to create an upload."""

    length: int
    metadata: Mapping[str, str]
    partial: bool = False
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the desk knows of an upload. `full`: all bytes were durable before, only `finish` is left. `settled`: they
    have gone where they belong and are no longer here."""

    upload_id: str
    length: int
    expires_at: datetime | None = None
    full: bool = False
    settled: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


class Desk(Protocol):
    """Who may upload what, and what becomes of it: the caller's side of the protocol."""

    def admit(self, wish: Wish) -> Known:
        """A new upload. Raises what there is to say against it."""
        ...

    def joined(self, parts: Sequence[str]) -> Known | None:
        """The final upload made of these parts before: whoever missed the answer gets it again."""
        ...

    def find(self, upload_id: str) -> Known:
        """Raises ``upload.not_found`` or ``upload.gone``, also for somebody else's."""
        ...

    def finish(self, upload_id: str) -> Mapping[str, str]:
        """All bytes are durable: put them where they belong. May be called again. Returns headers for the answer."""
        ...

    def drop(self, upload_id: str) -> None:
        """Its owner has ended it; may refuse. Called before the bytes are freed."""
        ...
