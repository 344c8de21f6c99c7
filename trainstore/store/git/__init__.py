"""Git: reading by the program, writing through GitPython, and what both speak of."""
