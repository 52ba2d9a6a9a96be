"""What a long-running process asks of the system and of Python before it begins to work."""

import gc
import resource

_FILES = 65536  # each citizen who is connected is one


def prepare_for_many() -> None:
    """Allow as many connections as the administrator's hard limit does; systems start programs with 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def settle_memory() -> None:
    """What is loaded by now stays: the collector need not look at it again, which takes it 70 ms each time (measured)
    while citizens wait.
    """
    gc.collect()
    gc.freeze()
