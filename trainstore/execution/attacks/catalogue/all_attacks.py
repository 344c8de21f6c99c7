"""All attacks, in the order in which they are tried and told."""

from trainstore.execution.attacks.catalogue.exhaustion_attacks import EXHAUSTION_ATTACKS
from trainstore.execution.attacks.catalogue.file_attacks import FILE_ATTACKS
from trainstore.execution.attacks.catalogue.kernel_attacks import KERNEL_ATTACKS
from trainstore.execution.attacks.catalogue.process_attacks import PROCESS_ATTACKS
from trainstore.execution.attacks.catalogue.result_attacks import RESULT_ATTACKS
from trainstore.execution.attacks.catalogue.socket_attacks import SOCKET_ATTACKS

ATTACKS = (
    *FILE_ATTACKS, *PROCESS_ATTACKS, *SOCKET_ATTACKS, *KERNEL_ATTACKS, *EXHAUSTION_ATTACKS, *RESULT_ATTACKS,
)  # fmt: skip
