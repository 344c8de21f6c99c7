"""What every worker does, whatever its job: give up rights, get ready, say so, work, end."""

import faulthandler
import io
import json
import os
import site
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from trainstore.execution.frames import write_frame
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.sandbox.confinement import Confinement
from trainstore.execution.sandbox.gate import wait_at_gate
from trainstore.execution.worker.confinement import confine

Answer = Callable[[dict[str, Any]], None]


def run_job(root: str) -> None:
    """Do the job of a folder; answers go to the descriptor that the request names."""
    job = JobFolder(Path(root))
    request = json.loads(job.request.read_text(encoding="utf-8"))
    answer = _answer_by_frame(request) if request["mode"] == "serve" else _answer_by_line(request)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    faulthandler.enable()
    if not wait_at_gate(request["gate"], confine(Confinement.from_json(request["confinement"]))):
        os._exit(0)
    _add_packages(request["packages"])
    _run(request, job, answer)
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # the function may have closed or replaced them
            stream.flush()
    # Threads and exit handlers of the function get no say in what follows its result.
    os._exit(0)


def _add_packages(folders: list[str]) -> None:
    """Add the packages of a recorded environment, to a Python that was started without any."""
    for folder in folders:
        site.addsitedir(folder)
    if folders:
        site.setquit()
        site.sethelper()


def _run(request: dict[str, Any], job: JobFolder, answer: Answer) -> None:
    try:
        from trainstore.execution.worker.readiness import Refused, get_ready
    except ImportError as error:
        answer({"refused": "import", "message": str(error)})
        return
    try:
        device, state = get_ready(request, job)
    except Refused as refusal:
        answer({"refused": refusal.what, "message": str(refusal)})
        return
    answer({"ready": state})
    if request["mode"] == "serve":
        from trainstore.execution.worker.serving import serve

        serve(request, device, answer)
    elif request["mode"] == "survey":
        from trainstore.execution.worker.survey import survey

        answer({"devices": survey()})
    elif request["mode"] == "decode":
        from trainstore.execution.worker.decoding import decode

        decode(request, job, answer)
    else:
        from trainstore.execution.worker.training import train

        train(request, job, device, answer)


def _answer_by_line(request: dict[str, Any]) -> Answer:
    def answer(message: dict[str, Any]) -> None:
        line = memoryview(json.dumps(message).encode() + b"\n")
        while line:
            line = line[os.write(request["answers"], line) :]

    return answer


def _answer_by_frame(request: dict[str, Any]) -> Answer:
    return lambda message: write_frame(request["answers"], message)
