"""What a process asks of the system."""

import subprocess
import sys

import pytest

PROGRAM = """
import gc, resource
from brigade.process import prepare_for_many, settle_memory
prepare_for_many()
settle_memory()
print(*resource.getrlimit(resource.RLIMIT_NOFILE), gc.get_freeze_count() > 1000)
"""


@pytest.mark.parametrize(("soft", "hard", "then"), [(256, 1000, 1000), (1000, 1000, 1000)])
def test_the_soft_limit_of_open_files_becomes_the_administrators(soft: int, hard: int, then: int) -> None:
    shell = f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$0" -c "$1"'
    done = subprocess.run(["bash", "-c", shell, sys.executable, PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == f"{then} {hard} True\n"
