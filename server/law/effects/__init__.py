"""Effect of service: what each attempt is worth in law, and what follows from all of them."""
