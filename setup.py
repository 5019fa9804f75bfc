"""Packaging: the library lives in ``src``, the applications in ``apps`` as ``spatialgeom.apps``."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent

setup(
    name="spatialgeom",
    version="0.1.0",
    description="GPU-accelerated multi-view geometry, and a spatial question-answering data engine on it",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    package_dir={"": "src", "spatialgeom.apps": "apps"},
    packages=[
        *find_packages("src"),
        "spatialgeom.apps",
        *(f"spatialgeom.apps.{name}" for name in find_packages("apps")),
    ],
    package_data={"spatialgeom": ["py.typed"]},
    entry_points={"console_scripts": ["spatialgeom = spatialgeom.apps.cli:main"]},
    install_requires=[
        "torch>=2.11",
        "numpy>=2.0",
        "scipy>=1.13",
        "numba>=0.61",
        "kornia>=0.8.1",
        "h5py>=3.11",
        "pyarrow>=17",
        "pillow>=11",
        "isal>=1.7",
        "tqdm>=4.66",
        "jsonargparse>=4.49",
        "docstring-parser>=0.16",  # jsonargparse shows the readers' options in --help with it
        "PyYAML>=6",
    ],
    extras_require={
        "train": [
            "accelerate>=1.10",
            "transformers>=5.17",
            "peft>=0.17",
            "safetensors>=0.5",
            "tensorboard>=2.18",
        ],
        "bench": ["transformers>=5.17", "matplotlib>=3.9"],
        "ray": ["ray>=2.40"],
        "dev": [
            "pytest>=8",
            "pytest-xdist>=3.6",
            "filelock>=3",
            "hypothesis>=6.100",
            "matplotlib>=3.9",
            "ruff>=0.12",
            "mypy>=1.15",
            "triton>=3.6; platform_system == 'Linux'",
            "types-PyYAML",
            "types-tqdm",
        ],
    },
    classifiers=[
        "Programming Language :: Python :: 3",
        "Operating System :: OS Independent",
        "Topic :: Scientific/Engineering :: Image Recognition",
    ],
)
