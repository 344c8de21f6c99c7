"""From a data set to a saved, proven function: asking a language model, checking, trying, repairing, improving."""
