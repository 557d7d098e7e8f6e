# Python runs this before ovs-vtep. Open vSwitch's poller loads eventlet and gevent wherever they are installed, which
# triples the emulator's memory and adds seconds to its start; as None they cannot be imported.
import sys

for name in ("eventlet", "gevent"):
    sys.modules[name] = None
