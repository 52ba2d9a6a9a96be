"""What ships names no place where it was made, and no place that it would be fetched from."""

import re

import pytest

# Written in parts, so that this file does not find itself.
REGISTRIES = "|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(org|com)", "yarn" + r"pkg\.com"))
MACHINE = r"(?<![\w.}])/(?:ho" + r"me|Us" + r"ers|ro" + r"ot|wo" + r"rk)/\w"
ELSEWHERE = r"\.\./sha" + "red"
CDN = r"https?://[\w.-]*(?:cdn|jsdelivr|unpkg|googleapis|gstatic)[\w.-]*"


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE, ELSEWHERE, CDN])
def test_no_file_names(pattern: str, files: dict[str, str]) -> None:
    wrong = []
    for path, text in files.items():
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line):
                wrong.append(f"{path}:{number}: {line.strip()[:100]}")
    assert not wrong


def test_the_files_are_found(files: dict[str, str]) -> None:
    assert {"README.md", "pyproject.toml", "brigade/audience.py", "bridges/webchat/static/exit.js"} <= files.keys()


def test_text_files_end_with_a_line(files: dict[str, str]) -> None:
    assert not [path for path, text in files.items() if text and not text.endswith("\n")]
