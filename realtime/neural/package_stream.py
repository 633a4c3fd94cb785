"""An audio package made ready for the callback; [main]."""

from __future__ import annotations

from realtime.native.errors import AntiphonError
from realtime.neural.ort_stream import OrtStream
from realtime.neural.package import Package
from realtime.neural.package_manifest import ParameterRow


def driven_parameters(package: Package) -> list[ParameterRow]:
    """The parameters that have an input in the graph, in the order of the table."""
    inputs = set(package.names("inputs", "param"))
    return [row for row in package.about.parameters if row.id in inputs]


def package_stream(package: Package) -> OrtStream:
    """An audio package as a stream, parameters at their defaults, at rest. Raises AntiphonError."""
    initial = package.initial_states()
    driven = driven_parameters(package)
    stream = OrtStream(
        package.session,
        package.names("inputs", "audio")[0],
        package.names("outputs", "audio")[0],
        {state.input: (state.output, initial[state.input]) for state in package.about.states},
        [row.id for row in driven],
        package.stream_block(),
    )
    for row, address in zip(driven, stream.param_addresses, strict=True):
        stream.set_param(address, row.default)
    if stream.errors:
        stream.close()
        raise AntiphonError(
            f"{package.path}: it fails when it runs block by block (states of a free shape, or a size it refuses);"
            " export it with fixed state shapes and any number of frames"
        )
    stream.settle(package.about.prewarm)
    return stream
