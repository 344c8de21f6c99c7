"""Where training functions come from: language models, and the starters that ship with trainstore."""
