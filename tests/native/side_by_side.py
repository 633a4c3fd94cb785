"""Run by test_kernel_files: compiles one function for one of many records, and prints what it reads through it."""

import sys

import numpy as np

from realtime.native.jit import audio


@audio
def read(record):
    return record.wanted


def main(fields: int) -> None:
    dtype = np.dtype([*((f"f{at}", "i8") for at in range(fields)), ("wanted", "f8")], align=True)
    memory = np.zeros(1, dtype)
    memory["wanted"] = 100.0 + fields
    print(read(memory[0]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
