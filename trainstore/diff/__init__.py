"""What differs between two versions. Pure: takes what was read, returns what to show."""
