"""What goes into the papers people ask for: read from the task, the law's findings and what was typed."""

from server.reports.forms.catalogue import FORMS, Field, Form
from server.reports.forms.gathering import Gathered, check, gather, try_out
from server.reports.forms.material import Wanted

__all__ = ["FORMS", "Field", "Form", "Gathered", "Wanted", "check", "gather", "try_out"]
