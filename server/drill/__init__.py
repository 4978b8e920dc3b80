"""演练: plays a whole day against a running server, over HTTP only, exactly as people and phones would."""
