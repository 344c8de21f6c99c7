"""Attacks on files: to read what is not the function's, to change what is the store's, to leave things behind."""

import os
from pathlib import Path

from trainstore.execution.attacks.programs.attempt import Bait, job_folder, scratch


def read_ssh_key(bait: Bait) -> None:
    print(Path(bait["home"], ".ssh", "id_ed25519").read_text())


def read_document(bait: Bait) -> None:
    print(Path(bait["home"], "documents", "salaries.csv").read_text())


def read_shadow(bait: Bait) -> None:
    print("shadow", len(Path("/etc/shadow").read_bytes()), "bytes")


def list_home(bait: Bait) -> None:
    print(os.listdir(bait["home"]))


def read_git_config(bait: Bait) -> None:
    print(Path(bait["store"], ".git", "config").read_text())


def write_git_hook(bait: Bait) -> None:
    hook = Path(bait["store"], ".git", "hooks", "post-commit")
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)


def overwrite_version(bait: Bait) -> None:
    Path(bait["version"]).write_text("{}")


def delete_version(bait: Bait) -> None:
    Path(bait["deletable"]).unlink()


def chmod_version(bait: Bait) -> None:
    os.chmod(bait["chmodded"], 0o606)


def touch_version(bait: Bait) -> None:
    os.utime(bait["touched"], (1, 1))


def append_to_profile(bait: Bait) -> None:
    with Path(bait["home"], ".bashrc").open("a") as profile:
        profile.write("# planted\n")


def write_through_symlink(bait: Bait) -> None:
    link = scratch() / "link-out"
    link.symlink_to(bait["writable"])
    link.write_text("written through a link")


def read_through_hard_link(bait: Bait) -> None:
    link = scratch() / "link-in"
    os.link(bait["linkable"], link)
    print(link.read_text())


def plant_in_site_packages(bait: Bait) -> None:
    Path(bait["planted_pth"]).write_text("# a line of code here would run in every later Python\n")


def plant_in_package(bait: Bait) -> None:
    Path(bait["planted_pyc"]).write_bytes(b"")


def plant_in_tmp(bait: Bait) -> None:
    Path(bait["planted_module"]).write_text("# a later job might import this\n")


def fill_elsewhere(bait: Bait) -> None:
    for number in range(bait["disk_mib"] // 8):
        Path(bait["store"], f"fill-{number}").write_bytes(bytes(8 << 20))


def rewrite_other_job(bait: Bait) -> None:
    Path(bait["other_job"], "code", "training_function.py").write_text("# not what was to be run\n")


def read_other_shm(bait: Bait) -> None:
    print(Path(bait["shm"]).read_text())


def read_test_part(bait: Bait) -> None:
    """The worker gets the training and the validation part; the test part must not lie anywhere near."""
    import numpy as np

    for file in job_folder().rglob("*.npy"):
        print("largest value", np.load(file).max().item())
