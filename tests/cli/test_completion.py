"""`netsonde completion`."""

import shutil
import subprocess

import pytest

from tests.cli.commands import netsonde


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    ran = netsonde("completion", shell)
    assert ran.status == 0
    assert "_NETSONDE_COMPLETE" in ran.out
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=ran.out.encode(), check=True)


def test_another_shell_is_refused() -> None:
    assert netsonde("completion", "csh").status == 2


def test_words_are_completed() -> None:
    env = {"_NETSONDE_COMPLETE": "bash_complete", "COMP_WORDS": "netsonde t", "COMP_CWORD": "1"}
    assert netsonde(env=env).out.split() == [
        *("plain,trace", "plain,tnt", "plain,tcp", "plain,tunnels")
    ]
