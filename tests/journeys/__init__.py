"""A real browser on a real stack: what people do, from the first click to the last."""
