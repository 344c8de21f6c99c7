"""Attacks through parts of the kernel that training needs nothing of, and through programs with rights of their own."""

import ctypes
import fcntl
import os
import subprocess
import termios

from trainstore.execution.attacks.programs.attempt import Bait, call, scratch, system_call

_NEW_USER_NAMESPACE = 0x10000000
_SEARCH_KEY, _READ_KEY = 10, 11
_USER_KEYRING = -4
_LOG_SIZE = 10
_ZEROS = os.makedev(1, 5)


def set_up_io_uring(bait: Bait) -> None:
    """Its operations pass by a system call filter."""
    parameters = ctypes.create_string_buffer(120)
    os.close(system_call("io_uring_setup", 4, parameters))


def read_key(bait: Bait) -> None:
    key = system_call("keyctl", _SEARCH_KEY, _USER_KEYRING, b"user", bait["key"].encode(), 0)
    found = ctypes.create_string_buffer(200)
    system_call("keyctl", _READ_KEY, key, found, len(found))
    print(found.value.decode())


def nest_user_namespace(bait: Bait) -> None:
    """Within one a process has every capability, and with it more of the kernel to attack."""
    child = os.fork()
    if child == 0:
        try:
            call("unshare", _NEW_USER_NAMESPACE)
            os._exit(0)
        except OSError as error:
            os._exit(error.errno or 1)
    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if number:
        raise OSError(number, os.strerror(number))


def mount_file_system(bait: Bait) -> None:
    call("mount", b"attack", bait["mount_point"].encode(), b"tmpfs", 0, b"size=4k")


def make_device(bait: Bait) -> None:
    """A device node of the function's own would be a way to the disks."""
    node = scratch() / "zeros"
    os.mknod(node, 0o020600, _ZEROS)
    print("device gives", len(node.open("rb").read(8)))


def run_set_user_id(bait: Bait) -> None:
    ended = subprocess.run([bait["set_user_id"], "-u"], capture_output=True, check=True, text=True)
    print("set-user-id ran as", ended.stdout)


def type_on_terminal(bait: Bait) -> None:
    """What is put into a terminal's input is run by the shell that reads from it."""
    terminal = os.open(bait["terminal"], os.O_RDWR | os.O_NOCTTY)
    try:
        for character in b"typed\n":
            fcntl.ioctl(terminal, termios.TIOCSTI, bytes([character]))
    finally:
        os.close(terminal)


def write_to_terminal(bait: Bait) -> None:
    terminal = os.open(bait["terminal"], os.O_WRONLY | os.O_NOCTTY)
    try:
        os.write(terminal, b"written on the terminal")
    finally:
        os.close(terminal)


def read_kernel_log(bait: Bait) -> None:
    print("kernel log of", call("klogctl", _LOG_SIZE, None, 0) > 0)
