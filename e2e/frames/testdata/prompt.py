"""relay.py that looks ten times a second at what has changed, where ovs-vtep looks once.

A real switch learns a MAC and takes a row in milliseconds. This comes near enough to measure the controller.
"""

import sys

import ovs.poller

sys.dont_write_bytecode = True
import relay  # noqa: E402

wait = ovs.poller.Poller.timer_wait
ovs.poller.Poller.timer_wait = lambda self, msec: wait(self, min(msec, 100))
relay.stock.main()
