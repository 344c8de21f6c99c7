"""Where objects of DVC's cache are shared: the DVC remotes that a store's configuration names."""
