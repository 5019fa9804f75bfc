"""Families of vision-language models: each is a module, found by the model type of its configuration."""

from spatialgeom.apps.train.families._family import TILE_TOKENS, Family, ImageBudget, ImagePlan, Parts

__all__ = ["TILE_TOKENS", "Family", "ImageBudget", "ImagePlan", "Parts"]
