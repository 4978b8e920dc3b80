"""Public face: checking evidence inside the browser of whoever holds it, without sending it anywhere."""
