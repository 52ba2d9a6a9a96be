"""The files that the project is installed and run from."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from brigade.config import plan
from brigade.errors import Misconfigured
from brigade.stack import machine
from brigade.stack.render import render
from brigade.stack.secrets import secret, write_private

ROOT = Path(__file__).parents[2]


def pinned(lock: str) -> set[str]:
    text = (ROOT / lock).read_text()
    return {name.lower().replace("_", "-") for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def wanted(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", name, maxsplit=1)[0].lower().replace("_", "-") for name in requirements}


def test_the_locks_hold_every_dependency_and_no_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert wanted(project["dependencies"]) <= pinned("requirements.lock"), "run `make lock`"
    assert wanted(project["optional-dependencies"]["test"]) <= pinned("requirements-test.lock"), "run `make lock`"
    assert pinned("requirements.lock") <= pinned("requirements-test.lock")
    for lock in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / lock).read_text()
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")


def test_registrations_are_what_synapse_and_the_services_agree_on(tmp_path: Path) -> None:
    found = plan({"var": str(tmp_path), "bridges": {"webchat": None}, "bots": {}}).config
    files = render(found)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    webchat = yaml.safe_load((tmp_path / "synapse/registration-webchat.yaml").read_text())
    bots = yaml.safe_load((tmp_path / "synapse/registration-bots.yaml").read_text())
    for each in (webchat, bots):
        assert (each["rate_limited"], each["receive_ephemeral"], each["io.element.msc4190"]) == (False, True, True)
    assert webchat["url"] == "http://127.0.0.1:8101"
    assert webchat["as_token"] == found.services["webchat"].tokens().as_token
    assert all(re.match(webchat["namespaces"]["users"][1]["regex"], u) for u in ["@_webchat_x:brigade.localhost"])
    assert bots["sender_localpart"] == "brigade"
    assert [re.match(a["regex"], "#accueil:brigade.localhost") is not None for a in bots["namespaces"]["aliases"]] == [
        *(False, True, False, False),
    ]


def test_rendering_again_keeps_every_secret(tmp_path: Path) -> None:
    found = plan({"var": str(tmp_path), "bridges": {}, "bots": {}}).config
    before = [(file, file.read_text()) for file in render(found)]
    secrets = [(file, file.read_text()) for file in found.paths.secrets.iterdir()]
    render(found)
    assert [(file, file.read_text()) for file, _ in before + secrets] == before + secrets


def test_a_secret_cut_short_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("")
    made = secret(tmp_path / "token")
    assert len(made) == 64
    assert secret(tmp_path / "token") == made


def test_a_full_disk_keeps_the_former_file(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    write_private(file, "before")
    with pytest.raises(Misconfigured, match="is full"), machine.sentences(tmp_path):
        Path("/dev/full").write_text("x")
    assert file.read_text() == "before"
