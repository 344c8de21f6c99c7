"""What the filter does with each system call of x86-64 that it does not let pass, by the calls' numbers."""

ARCHITECTURE = 0xC000003E
HIGHEST_KNOWN = 470  # `listns`; what is newer does not exist for a worker, nor do x32's calls

CLONE, CLONE3, SOCKET, SOCKETPAIR, IOCTL, PRLIMIT64 = 56, 435, 41, 53, 16, 302

DENIED = {
    # other processes, and the kernel's own insides
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "pidfd_getfd": 438,
    "pidfd_send_signal": 424, "process_madvise": 440, "migrate_pages": 256, "move_pages": 279,
    "perf_event_open": 298, "bpf": 321, "userfaultfd": 323,
    # keys, and shared objects that no namespace of files holds
    "keyctl": 250, "add_key": 248, "request_key": 249, "shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240,
    "memfd_secret": 447, "vmsplice": 278, "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304,
    # Landlock looks at it from ABI 3 on; with an open file it is another call, which stays
    "truncate": 76,
    # mounts and namespaces
    "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "move_mount": 429, "fsopen": 430,
    "fsconfig": 431, "fsmount": 432, "fspick": 433, "open_tree": 428, "open_tree_attr": 467, "mount_setattr": 442,
    "unshare": 272, "setns": 308,
    # device nodes, pipes with names, and the machine
    "mknod": 133, "mknodat": 259, "quotactl": 179, "quotactl_fd": 443, "swapon": 167, "swapoff": 168, "acct": 163,
    "reboot": 169, "kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313,
    "delete_module": 176, "syslog": 103, "vhangup": 153, "lookup_dcookie": 212, "nfsservctl": 180,
    "settimeofday": 164, "clock_settime": 227, "adjtimex": 159, "clock_adjtime": 305, "sethostname": 170,
    "setdomainname": 171, "iopl": 172, "ioperm": 173, "modify_ldt": 154, "personality": 135, "setpriority": 141,
    "ioprio_set": 251,
    # a second way to make system calls, past every filter
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
}  # fmt: skip

# Landlock does not look at these. A failure would break `shutil.copy2` and `tempfile`, so they succeed and do nothing.
WITHOUT_EFFECT = {
    "chmod": 90, "fchmod": 91, "fchmodat": 268, "fchmodat2": 452, "chown": 92, "fchown": 93, "lchown": 94,
    "fchownat": 260, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "setxattrat": 463, "removexattr": 197,
    "lremovexattr": 198, "fremovexattr": 199, "removexattrat": 466, "file_setattr": 469, "utime": 132,
    "utimes": 235, "futimesat": 261, "utimensat": 280,
}  # fmt: skip
