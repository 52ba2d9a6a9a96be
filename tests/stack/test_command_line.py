"""What an administrator types, and what comes back: each command in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from brigade.cli import application, names
from brigade.stack.ports import free_listen

COMMAND = [sys.executable, "-m", "brigade"]


def brigade(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, cwd=folder, timeout=90)


def refused(*arguments: str) -> str:
    done = brigade(*arguments)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    return done.stderr


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(*processes: psutil.Process) -> bool:
    """Whether all end within 20 s; in a container nobody may collect what is left of an orphan."""
    deadline = time.monotonic() + 20
    while any(alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The homeserver and the bots' process alone, on ports of their own."""
    found = tmp_path / "brigade.yaml"
    alone = {"bridges": {}, "bots": {}, "help_centre": {"enabled": False}}
    found.write_text(yaml.safe_dump(alone | {"listen": free_listen()}))
    return found


@pytest.fixture
def running(file: Path) -> Iterator[Path]:
    done = brigade("up", "--config", str(file))
    assert done.returncode == 0, done
    yield file
    brigade("down", "--config", str(file))


def test_check_says_ok_or_what_is_wrong(file: Path) -> None:
    assert brigade("check", "--config", str(file)).stdout == "ok\n"
    file.write_text("bridges: {}\nbots: {}\nlisten:\n  wep: 1\n")
    assert refused("check", "--config", str(file)) == "brigade.yaml: listen.wep: unknown key; did you mean `web`?\n"


def test_the_file_in_this_folder_is_found(file: Path) -> None:
    file.write_text("bridges: {}\nbots: {}\nzzz: 1\n")
    done = brigade("check", folder=file.parent)
    assert done.stderr.startswith("brigade.yaml: zzz: unknown key")


def test_every_command_is_found_by_its_file() -> None:
    assert {"up", "down", "check", "render", "run", "db", "sample"} <= set(names())
    for name in ("up", "db"):
        found = application(name)
        assert [c.name for c in found.registered_commands] + [g.name for g in found.registered_groups] == [name]


def test_up_shows_what_runs_and_a_second_one_finds_it(running: Path) -> None:
    endpoints = json.loads((running.parent / "var/run/endpoints.json").read_text())
    assert set(endpoints) == {
        *("homeserver", "server_name", "webchat", "demo_page", "help_centre", "console", "metrics"),
        *("lobby", "space", "operators", "units", "messenger", "x", "smtp"),
    }
    assert set(endpoints["operators"][0]) == {"user_id", "password", "languages"}
    assert set(endpoints["units"][0]) == {"name", "homeserver", "user_id", "password"}
    for url in endpoints["metrics"].values():
        assert b"# HELP" in urllib.request.urlopen(url).read()
    again = brigade("up", "--config", str(running))
    assert again.returncode == 0
    assert again.stdout.startswith("Already running")
    for operator in endpoints["operators"]:
        assert operator["user_id"] in again.stdout
        assert operator["password"] in again.stdout


def test_a_process_killed_from_outside_comes_back_and_the_log_says_so(running: Path) -> None:
    run = running.parent / "var/run"
    before = int((run / "bots.pid").read_text())
    os.kill(before, signal.SIGKILL)
    assert brigade("up", "--config", str(running)).returncode == 0
    assert int((run / "bots.pid").read_text()) != before
    told = [json.loads(line) for line in (running.parent / "var/log/supervisor.log").read_text().splitlines()]
    assert [line["process"] for line in told if line["event"] == "process died, restarting"] == ["bots"]


def test_nothing_is_left_when_the_supervisor_is_killed(running: Path) -> None:
    run = running.parent / "var/run"
    supervisor = psutil.Process(int((run / "lock").read_text()))
    children = supervisor.children()
    assert len(children) == 2
    supervisor.kill()
    assert gone(*children)
    assert brigade("up", "--config", str(running)).returncode == 0


def test_down_ends_everything_and_can_be_said_twice(running: Path) -> None:
    supervisor = psutil.Process(int((running.parent / "var/run/lock").read_text()))
    everything = [supervisor, *supervisor.children()]
    assert brigade("down", "--config", str(running)).stdout == "stopped\n"
    assert gone(*everything)
    assert not (running.parent / "var/run/endpoints.json").exists()
    done = brigade("down", "--config", str(running))
    assert (done.returncode, done.stdout) == (0, "nothing was running\n")


def test_what_runs_can_be_stopped_although_the_configuration_is_wrong_by_now(running: Path) -> None:
    running.write_text("zzz: 1\n")
    assert brigade("down", "--config", "brigade.yaml", folder=running.parent).stdout == "stopped\n"


def test_a_disk_without_room_is_one_sentence(file: Path) -> None:
    said = refused("up", "--config", str(file), "--var", "/proc/brigade")  # a file system with no byte free
    assert said.startswith("The disk that holds /proc/brigade is full (0 MB free")
    assert said.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_sentence(file: Path) -> None:
    said = refused("render", "--config", str(file), "--var", "/sys/brigade")
    assert "/sys/brigade" in said
    assert said.count("\n") == 1


def test_an_interrupted_up_leaves_nothing(file: Path) -> None:
    # A suite that was started in the background inherits that interrupts are ignored; a person at a terminal does not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    started = subprocess.Popen(
        [*COMMAND, "up", "--config", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    signal.signal(signal.SIGINT, before)
    lock = file.parent / "var/run/lock"
    deadline = time.monotonic() + 20
    while not (lock.exists() and lock.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    supervisor = psutil.Process(int(lock.read_text()))
    started.send_signal(signal.SIGINT)
    assert started.stderr
    assert b"Traceback" not in started.stderr.read()
    started.wait(20)
    assert gone(supervisor)
    assert brigade("down", "--config", str(file)).stdout == "nothing was running\n"


def test_run_names_the_processes_that_there_are(file: Path) -> None:
    assert (
        refused("run", "nobody", "--config", str(file)) == "There is no process nobody; the configuration has bots.\n"
    )
