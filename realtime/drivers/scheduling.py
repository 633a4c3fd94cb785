"""Real-time priority and locked memory for the audio thread, and an honest account of what was granted; [main]."""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass, field

PRIORITY = 60
"""SCHED_FIFO priority asked for where no server sets one: above desktop work, below the kernel's watchdogs."""
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


@dataclass
class RealtimeReport:
    """What the audio thread got. `missing` holds one sentence a shortfall, each with its remedy."""

    driver: str
    thread_id: int = 0
    policy: str = "unknown"
    priority: int = 0
    memory_locked: bool = False
    missing: list[str] = field(default_factory=list)

    @property
    def realtime(self) -> bool:
        return self.policy in ("FIFO", "RR", "server")

    def __str__(self) -> str:
        head = f"{self.driver}: thread {self.thread_id or '-'}, {self.policy} {self.priority}"
        return "\n".join([head + (", memory locked" if self.memory_locked else ""), *self.missing])


def raise_priority(thread_id: int, priority: int = PRIORITY) -> str | None:
    """Ask for SCHED_FIFO for a thread of this process; None if granted, else a sentence with the remedy."""
    if sys.platform != "linux":
        return "The priority of the audio thread is left to the system here."
    try:
        os.sched_setscheduler(thread_id, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        return (
            "The audio thread has no real-time priority: allow it with a line '@audio - rtprio 95' in "
            "/etc/security/limits.d/audio.conf, join the group audio and log in again."
        )
    except OSError as error:
        return f"The audio thread has no real-time priority ({error.strerror})."
    return None


def lock_memory() -> str | None:
    """Keep this process's pages in RAM; None if granted, else a sentence with the remedy."""
    if sys.platform != "linux":
        return None
    import resource

    # with a small limit MCL_FUTURE would make later allocations fail: better unlocked than out of memory
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    if unlimited or os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0:
            return None
    return (
        "Memory is not locked, so a swapped page may cost a dropout: add '@audio - memlock unlimited' to "
        "/etc/security/limits.d/audio.conf and log in again."
    )


def report(driver: str, thread_id: int) -> RealtimeReport:
    """Read the scheduling of the audio thread and the machine's own obstacles."""
    result = RealtimeReport(driver, thread_id)
    if sys.platform != "linux":
        result.policy = "server"  # CoreAudio and WASAPI promote their threads themselves
        return result
    if thread_id == 0:
        result.missing.append("No audio thread has run yet.")
        return result
    names = {os.SCHED_FIFO: "FIFO", os.SCHED_RR: "RR", os.SCHED_OTHER: "OTHER"}
    try:
        policy = os.sched_getscheduler(thread_id) & ~getattr(os, "SCHED_RESET_ON_FORK", 0)
        result.policy = names.get(policy, str(policy))
        result.priority = os.sched_getparam(thread_id).sched_priority
    except ProcessLookupError:
        result.policy = "gone"
    if not result.realtime:
        result.missing.append(
            "The audio thread runs without real-time priority: allow rtprio in /etc/security/limits.d/audio.conf "
            "(or start JACK with -R)."
        )
    result.memory_locked = _locked_kib() > 0
    governor = _first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor and governor != "performance":
        result.missing.append(f"The CPU governor is '{governor}': 'cpupower frequency-set -g performance' steadies it.")
    return result


def _locked_kib() -> int:
    try:
        with open("/proc/self/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmLck")), 0)
    except OSError:
        return 0


def _first_line(path: str) -> str:
    try:
        with open(path) as file:
            return file.readline().strip()
    except OSError:
        return ""
