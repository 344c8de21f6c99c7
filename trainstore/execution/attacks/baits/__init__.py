"""The parent's side of an attack: what there is to go for, and what shows that it was reached."""
