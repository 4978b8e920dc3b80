"""The engines that compete: each takes a problem, seconds of wall time and a seed, and answers with a plan."""
