"""networking-l2gw's agent in the process of Neutron's API, without a broker.

What neutron-l2gateway-agent runs. Messages go through memory instead.
"""
import os
import sqlite3
import threading
import time
import types

import eventlet
from neutron.conf.agent import common as agent_config
from neutron_lib import context
from neutron_lib.db import api as db_api
from networking_l2gw.db.l2gateway.ovsdb import models
from networking_l2gw.services.l2gateway import l2gw_agent
from networking_l2gw.services.l2gateway.agent.ovsdb import manager
from networking_l2gw.services.l2gateway.common import config
from networking_l2gw.services.l2gateway.common import topics
from networking_l2gw.services.l2gateway.ovsdb import data
from oslo_config import cfg
from oslo_messaging._drivers import impl_fake

START_LIMIT = 60  # seconds


def prepare(where):
    """What must be in place before the plugin is loaded and the database is made."""
    deliver_at_once()
    commit_mirror()
    # A request keeps its snapshot open while it waits for the agent, whose news
    # must be written meanwhile: MySQL lets them pass, SQLite only in this mode.
    with sqlite3.connect(os.path.join(where, 'neutron.db')) as db:
        db.execute('PRAGMA journal_mode = WAL')


def deliver_at_once():
    """Messages in memory are looked for 20 times a second; a broker pushes them."""
    arrived = threading.Condition()
    deliver = impl_fake.FakeExchange.deliver_message

    def deliver_and_tell(*args, **kwargs):
        deliver(*args, **kwargs)
        with arrived:
            arrived.notify_all()

    def wait(seconds):
        with arrived:
            arrived.wait(seconds)

    impl_fake.FakeExchange.deliver_message = deliver_and_tell
    impl_fake.time = types.SimpleNamespace(time=time.time, sleep=wait)


def commit_mirror():
    """Have the plugin keep what it notes of a switch.

    It begins a transaction for each row, inside of one that the session of this
    neutron-lib begins by itself and that nobody commits.
    """
    note = data.L2GatewayOVSDBCallbacks.update_ovsdb_changes

    def note_and_commit(self, context, **kwargs):
        with db_api.CONTEXT_WRITER.using(context):
            note(self, context, **kwargs)

    data.L2GatewayOVSDBCallbacks.update_ovsdb_changes = note_and_commit


def run():
    """Start the agent and wait until the plugin knows a port of the switch."""
    config.register_ovsdb_opts_helper(cfg.CONF)
    agent_config.register_agent_state_opts_helper(cfg.CONF)
    l2gw_agent.L2gatewayAgentService(
        host=cfg.CONF.host, topic=topics.L2GATEWAY_AGENT, manager=manager.OVSDBManager(cfg.CONF)).start()
    with eventlet.Timeout(START_LIMIT):
        while not known_ports():
            eventlet.sleep(0.1)


def known_ports():
    with db_api.CONTEXT_READER.using(context.get_admin_context()) as session:
        return session.query(models.PhysicalPorts).count()
