"""Make this machine ready: an environment with the pinned packages in it."""
