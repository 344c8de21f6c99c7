"""What training code needs of the machine, read from its syntax tree before it runs."""
