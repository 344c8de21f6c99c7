"""A real OpenSSH server on loopback, with keys, configuration and port of its own: SFTP for DVC, a shell for git."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from getpass import getuser
from pathlib import Path

import pytest

_SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile {folder}/pid
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
Subsystem sftp internal-sftp
LogLevel VERBOSE
"""


@dataclass
class SshServer:
    """A server whose only user is the one who runs the tests.

    Attributes:
        folder: of its keys and configuration.
        key: the private key that it lets in; ``stranger`` is one that it does not.
    """

    folder: Path
    port: int
    before: tuple[str, ...] = ()
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def stranger(self) -> Path:
        return self.folder / "stranger"

    def url(self, path: Path) -> str:
        """Return the address of a folder there."""
        return f"ssh://{getuser()}@127.0.0.1:{self.port}{path}"

    def git_command(self, key: Path | None = None) -> str:
        """Return what git is to call as ssh: nothing of the user's own is read."""
        options = [
            "-F",
            "none",
            "-i",
            str(key or self.key),
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "BatchMode=yes",
        ]
        options += ["-o", f"UserKnownHostsFile={self.folder}/known_hosts", "-o", "IdentityAgent=none"]
        return shlex.join(["ssh", *options])

    def start(self) -> None:
        """Start it, and return when it answers."""
        assert _SSHD is not None
        command = [*self.before, _SSHD, "-D", "-e", "-f", str(self.folder / "config")]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, start_new_session=True)
        self.processes.append(process)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.processes[-1].poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def kill(self) -> None:
        """Kill it with every connection."""
        for process in self.processes:
            for child in _family(process.pid):
                try:
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            process.wait()
        self.processes.clear()


def _family(pid: int) -> list[int]:
    """Return a process and all below it; sshd puts each connection into a session of its own."""
    import psutil

    try:
        process = psutil.Process(pid)
        return [pid, *(child.pid for child in process.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def make_server(folder: Path, before: tuple[str, ...] = ()) -> SshServer:
    """Make the keys and the configuration of a server; skip where there is no OpenSSH server."""
    if _SSHD is None:
        pytest.skip("there is no OpenSSH server (sshd) on this machine")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd insists on it for its separated process
    folder.mkdir()
    for name in ("host_key", "key", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "authorized_keys").write_bytes((folder / "key.pub").read_bytes())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
    host = (folder / "host_key.pub").read_text().split(" ")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host[0]} {host[1]}\n")
    return SshServer(folder, port, before)


@pytest.fixture
def ssh_server(tmp_path: Path) -> Iterator[SshServer]:
    """An OpenSSH server that runs."""
    server = make_server(tmp_path / "ssh")
    server.start()
    yield server
    server.kill()
