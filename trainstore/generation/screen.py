"""What a function has no need of, found in its syntax tree. An explanation for the model, not a boundary.

Hostile code passes any such list; the sandbox is what keeps code in bounds. A function that a model wrote in
good faith is better for what it learns here: it would fail in the sandbox, or depend on what is not recorded.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

_MODULES = {
    **dict.fromkeys(("subprocess", "pty"), "starts programs"),
    **dict.fromkeys(
        ("socket", "ssl", "urllib", "http", "ftplib", "smtplib", "requests", "httpx", "aiohttp"), "uses the network"
    ),
    **dict.fromkeys(("ctypes", "cffi", "_ctypes"), "calls machine code"),
    **dict.fromkeys(("shutil", "tempfile", "pathlib", "glob"), "touches files"),
    **dict.fromkeys(("pickle", "dill", "joblib", "shelve"), "reads or writes files of objects"),
    **dict.fromkeys(("signal", "gc", "atexit"), "changes the process that it runs in"),
    "importlib": "imports what cannot be seen",
}  # fmt: skip
_OS_CALLS = {
    **dict.fromkeys(("system", "popen", "fork", "kill", "killpg", "posix_spawn"), "starts or ends programs"),
    **dict.fromkeys(("_exit", "abort"), "ends the process"),
    **dict.fromkeys(("environ", "getenv", "putenv"), "depends on the environment"),
    **dict.fromkeys(
        ("remove", "unlink", "rename", "replace", "rmdir", "removedirs", "mkdir", "makedirs", "listdir", "walk", "open",
         "scandir", "chmod", "symlink", "link"), "touches files"
    ),
}  # fmt: skip
_CALLS = {
    **dict.fromkeys(("eval", "exec", "compile", "__import__"), "runs text as code"),
    **dict.fromkeys(("open", "torch.save", "torch.load", "np.save", "np.load", "numpy.save", "numpy.load"), "touches files"),
    **dict.fromkeys(("torch.hub.load", "torch.hub.download_url_to_file"), "downloads"),
    **dict.fromkeys(("input", "breakpoint"), "waits for a person"),
    **dict.fromkeys(("exit", "quit", "sys.exit"), "ends the process"),
}  # fmt: skip
_METHODS = {
    "from_pretrained": "downloads",
    **dict.fromkeys(("write_text", "write_bytes", "read_text", "read_bytes"), "touches files"),
}
_DOWNLOADING_KEYWORDS = frozenset({"download", "pretrained"})


class Dislike(NamedTuple):
    """Something that does not belong into a training function, with its line."""

    line: int
    what: str


def screen(tree: ast.Module) -> list[Dislike]:
    """Return what does not belong into a training function, by line."""
    return sorted({dislike for node in ast.walk(tree) for dislike in _dislikes(node)})


def _dislikes(node: ast.AST) -> Iterator[Dislike]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _module(node, alias.name)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            yield Dislike(node.lineno, "a relative import finds nothing: the function is one file")
        yield from _module(node, node.module or "")
        for alias in node.names:
            yield from _attribute(node, f"{node.module}.{alias.name}")
    elif isinstance(node, ast.Attribute):
        yield from _attribute(node, _dotted(node))
    elif isinstance(node, ast.Call):
        yield from _call(node)


def _module(node: ast.Import | ast.ImportFrom, name: str) -> Iterator[Dislike]:
    why = _MODULES.get(name.partition(".")[0])
    if why:
        yield Dislike(node.lineno, f"the module {name} {why}")


def _attribute(node: ast.Attribute | ast.ImportFrom, name: str) -> Iterator[Dislike]:
    module, _, member = name.rpartition(".")
    if module != "os":
        return
    why = "starts or ends programs" if member.startswith(("exec", "spawn")) else _OS_CALLS.get(member)
    if why:
        yield Dislike(node.lineno, f"{name} {why}")


def _call(node: ast.Call) -> Iterator[Dislike]:
    name = _dotted(node.func)
    why = _CALLS.get(name) or (_METHODS.get(name.rpartition(".")[2]) if "." in name else None)
    if why:
        yield Dislike(node.lineno, f"{name}() {why}")
    for keyword in node.keywords:
        constant = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if keyword.arg in _DOWNLOADING_KEYWORDS and constant is True:
            yield Dislike(node.lineno, f"{keyword.arg}=True downloads")


def _dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` for such an expression; what stands before a call or an index is left out."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "…")
    return ".".join(reversed(parts))
