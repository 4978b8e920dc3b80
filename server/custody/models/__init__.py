"""What custody keeps beside the items themselves: devices, tickets, announcements, uploads, second looks, findings."""

from server.custody.models.announced import ANNOUNCED_STATES, Announced
from server.custody.models.capture import CaptureDevice, CaptureTicket
from server.custody.models.findings import FINDING_STATES, Finding
from server.custody.models.looks import LOOK_STATES, SecondLook
from server.custody.models.uploads import UPLOAD_STATES, UploadRecord

__all__ = [
    "ANNOUNCED_STATES",
    "FINDING_STATES",
    "LOOK_STATES",
    "UPLOAD_STATES",
    "Announced",
    "CaptureDevice",
    "CaptureTicket",
    "Finding",
    "SecondLook",
    "UploadRecord",
]
