"""The process in which a stranger's model is loaded and run first: `python -m realtime.neural.trial_run REQUEST`;
[worker].

Prints one JSON object: {"digest", "run_us", "warnings"}, or {"fault": sentence}. Bounds itself before it loads anything.
"""

from __future__ import annotations

import json
import sys

from realtime.native.errors import AntiphonError


def _bound(cpu_s: float, memory_bytes: int) -> None:
    """Seconds of computing and bytes of memory of this process, where the system can bound them."""
    try:
        import resource
    except ImportError:
        return
    seconds = max(1, round(cpu_s))
    for limit, soft in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _try(request: dict) -> dict:
    from realtime.neural.behaviour import observe
    from realtime.neural.package import open_package
    from realtime.neural.package_file import read_file

    try:
        file = read_file(request["path"])
        package = open_package(file, infer=request["infer"])
        run_us, warnings = observe(package)
    except AntiphonError as fault:
        return {"fault": str(fault)}
    except MemoryError:
        return {"fault": f"{request['path']}: its tensors do not fit into the memory; export it smaller"}
    return {"digest": file.digest, "run_us": run_us, "warnings": warnings}


def main() -> None:
    request = json.loads(sys.argv[1])
    _bound(request["cpu_s"], request["memory_bytes"])
    print(json.dumps(_try(request)), flush=True)


if __name__ == "__main__":
    main()
