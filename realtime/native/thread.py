"""Threads that start in compiled code: the interpreter never runs on them, so it can never stop them; [main]."""

from __future__ import annotations

import ctypes
import sys

from realtime.native.errors import AntiphonError


class NativeThread:
    """A thread running `int64 entry(int64 argument)`; `join()` waits without holding the interpreter."""

    def __init__(self, entry: int, argument: int):
        self._handle = ctypes.c_void_p()
        if sys.platform == "win32":
            kernel = ctypes.windll.kernel32
            kernel.CreateThread.restype = ctypes.c_void_p
            self._handle.value = kernel.CreateThread(
                None, ctypes.c_size_t(0), ctypes.c_void_p(entry), ctypes.c_void_p(argument), 0, None
            )
            failed = not self._handle.value
        else:
            failed = ctypes.CDLL(None).pthread_create(
                ctypes.byref(self._handle), None, ctypes.c_void_p(entry), ctypes.c_void_p(argument)
            )
        if failed:
            raise AntiphonError("The system gave no thread for the audio clock: close other programs and try again.")

    def join(self) -> None:
        if sys.platform == "win32":
            ctypes.windll.kernel32.WaitForSingleObject(self._handle, 0xFFFFFFFF)
            ctypes.windll.kernel32.CloseHandle(self._handle)
        else:
            ctypes.CDLL(None).pthread_join(self._handle, None)
