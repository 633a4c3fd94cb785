"""A bare graph understood as an audio effect, for want of metadata; [main]."""

from __future__ import annotations

from realtime.neural.ort import OrtSession
from realtime.neural.package_manifest import AUDIO_EFFECT, FORMAT, About, PackageFault, RoleRow, StateRow


def infer_manifest(model_name: str, session: OrtSession) -> tuple[About, str]:
    """The metadata that a bare graph would have, and a note of what was inferred: states are pairs of equal shape named
    alike, the rest one audio input and output. Raises PackageFault."""
    inputs = {port.name: port for port in session.inputs}
    outputs = {port.name: port for port in session.outputs}
    states = []
    for name, port in inputs.items():
        stem = name.removesuffix("_in")
        for other in (f"{name}_out", f"{stem}_out", f"{name}_next", f"{stem}n", f"new_{name}"):
            if (
                other in outputs
                and other != name
                and outputs[other].shape == port.shape
                and min(port.shape, default=0) > 0
            ):
                states.append(StateRow(input=name, output=other))
                break
    taken = {state.input for state in states} | {state.output for state in states}
    sound_in = [port for name, port in inputs.items() if name not in taken]
    sound_out = [port for name, port in outputs.items() if name not in taken]
    if len(sound_in) != 1 or len(sound_out) != 1:
        raise PackageFault(
            "it carries no 'antiphon' metadata and its audio and state tensors cannot be told apart "
            f"(left over: {[p.name for p in sound_in]} and {[p.name for p in sound_out]}); "
            "name states X and X_out, or export it as a package"
        )
    roles_in = [RoleRow(name=name, role="state" if name in taken else "audio") for name in inputs]
    roles_out = [RoleRow(name=name, role="state" if name in taken else "audio") for name in outputs]
    about = About(format=FORMAT, kind=AUDIO_EFFECT, name=model_name, inputs=roles_in, outputs=roles_out, states=states)
    pairs = ", ".join(f"{state.input} -> {state.output}" for state in states) or "none"
    return about, (
        f"no metadata: audio is {sound_in[0].name} -> {sound_out[0].name}, states are {pairs}; any sample rate assumed"
    )
