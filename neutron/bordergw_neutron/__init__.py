# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Neutron's side of bordergw: a driver of networking-l2gw, gateway devices, and extensions of the clients."""
