"""What the library raises: each is a built-in error too, so that callers need not import it."""


class ShapeError(ValueError):
    """An argument has a shape that does not fit, or disagrees with another argument."""


class DTypeError(TypeError):
    """An argument has a type that the operation does not take."""


class DeviceError(ValueError):
    """The tensors of one call are on different devices."""


class BackendError(RuntimeError):
    """A backend that was named cannot run here; the message says why."""
