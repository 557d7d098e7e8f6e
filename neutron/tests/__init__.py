# First of all: parts of Neutron put eventlet's http.server in place of the real one, which does not run in a thread.
from tests import fakes  # noqa: F401
