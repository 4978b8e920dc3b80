"""`flask law …`: the law engine on the command line, for testers, trainers and other systems."""
