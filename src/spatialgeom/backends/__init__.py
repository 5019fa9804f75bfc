"""Implementations of the operations; private, reached through ``spatialgeom.ops`` alone."""
