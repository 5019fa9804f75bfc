"""The subcommands of ``spatialgeom datagen``: each module has ``main``, and imports what is slow inside."""
