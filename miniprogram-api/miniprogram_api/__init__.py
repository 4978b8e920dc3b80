"""The face of the phone: field staff today, parties later. Reaches data only through services."""
