"""Entry of the supervisor process; its one argument is the orders as JSON."""

import sys

from trainstore.execution.supervisor.orders import Orders
from trainstore.execution.supervisor.watch import supervise

if __name__ == "__main__":
    supervise(Orders.from_json(sys.argv[1]))
