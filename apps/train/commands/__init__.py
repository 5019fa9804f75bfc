"""Subcommands of ``spatialgeom train``."""
