"""Failures that the command line turns into one sentence and an exit code."""


class InputError(Exception):
    """What the user gave cannot be used; the message names what was expected, what came and what to do."""


class UsageError(Exception):
    """The command line asks for something that does not exist or contradicts itself."""
