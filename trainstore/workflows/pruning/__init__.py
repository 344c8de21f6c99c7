"""Taking versions out of the tree by a policy: the facts, the plan, and the commit that carries it out."""
