"""What Numba does not offer of LLVM: 64 decisions as one word."""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def _pack(typing_context: Any, flags: Any, start: Any) -> tuple[Any, Callable[..., Any]]:
    """Return 64 entries of a contiguous bool array, those from ``start`` on, as the bits of a uint64."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        lanes = ir.VectorType(ir.IntType(8), 64)
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), lanes.as_pointer())
        bits = builder.icmp_unsigned("!=", builder.load(place, align=1), lanes(None))
        return builder.bitcast(bits, ir.IntType(64))

    return types.uint64(flags, types.intp), emit


pack = cast("Callable[[Any, int], Any]", intrinsic(_pack))
