"""What custody does: announce, land, seal, log, analyse, watch, export."""
