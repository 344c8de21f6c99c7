"""Whether a function could be tried here at all, found out before a model is asked for one."""

from trainstore.errors import DeviceUnavailable
from trainstore.execution.sandbox.levels import level_of, reaches, sandbox_demand
from trainstore.execution.sandbox.plan import make_plan
from trainstore.execution.sandbox.view import worker_view
from trainstore.execution.survey import survey_machine
from trainstore.workflows.generating.options import GenerateOptions

_EVERYWHERE = ("auto", "cpu")


def check_machine(options: GenerateOptions) -> None:
    """Refuse what a trial run would refuse once the answer is there, which takes minutes and may cost money.

    A worker is started only where its answer is not known without: for a device by name, or in a poor sandbox.

    Raises:
        DeviceUnavailable, SandboxTooWeak: no function could be tried as wanted.
    """
    demand = sandbox_demand(options.allow_weak_sandbox)
    enough = reaches(level_of(make_plan(demand, worker_view()).hoped_for()), demand.least)
    if enough and options.device in _EVERYWHERE:
        return
    here = [str(device["name"]) for device in survey_machine(demand).devices]
    kinds = {name.partition(":")[0] for name in here}
    if options.device not in (*_EVERYWHERE, *here, *kinds):
        raise DeviceUnavailable(
            f"Device {options.device!r} is not here; this machine has {', '.join(here)}.",
            "Use --device auto to take what this machine has.",
        )
