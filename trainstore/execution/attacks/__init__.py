"""Programs that attack whatever runs them, and what shows whether they succeeded: the sandbox's proof."""
