"""``python -m spatialgeom.apps.train``: what ``accelerate launch -m`` and ``torchrun -m`` start."""

import sys

from spatialgeom.apps.cli import guarded
from spatialgeom.apps.train.cli import main

if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1:])))
