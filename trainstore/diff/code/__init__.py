"""What differs between two texts of code, in lines and in words, in bounded time whatever they hold."""
