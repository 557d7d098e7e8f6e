"""Neutron's API with the networking-l2gw plugin, on SQLite and without a broker.

What neutron-server does for one API worker, configured here instead of in files.
Arguments: the directory to put the database in and, if networking-l2gw's agent
is to run too, the TCP port of its switch's database. Says "listening on URL".
"""
import eventlet

eventlet.monkey_patch()

import os
import sys

import neutron
import networking_l2gw
from neutron.common import config
from neutron.conf import common as common_conf
from neutron.db.migration.models import head  # noqa: F401 registers all tables
from neutron_lib.db import api as db_api
from neutron_lib.db import model_base
from networking_l2gw.db.l2gateway import l2gateway_models  # noqa: F401
from networking_l2gw.db.l2gateway.ovsdb import models  # noqa: F401
from oslo_config import cfg
from paste import deploy  # noqa: F401 what Debian's package calls it

CONFIG = """
[DEFAULT]
core_plugin = ml2
service_plugins = networking_l2gw.services.l2gateway.plugin.L2GatewayPlugin
api_paste_config = {paste}
api_extensions_path = {extensions}
auth_strategy = noauth
transport_url = fake://
state_path = {dir}
periodic_monitoring_interval = 2
rpc_response_timeout = 20
[oslo_concurrency]
lock_path = {dir}
[database]
connection = sqlite:///{dir}/neutron.db
[quotas]
quota_l2_gateway = -1
[service_providers]
service_provider = L2GW:l2gw:networking_l2gw.services.l2gateway.service_drivers.rpc_l2gw.L2gwRpcDriver:default
[ml2]
type_drivers = vxlan
tenant_network_types = vxlan
mechanism_drivers =
[ovsdb]
ovsdb_hosts = switch:127.0.0.1:{port}
periodic_interval = 2
max_connection_retries = 0
"""


def configure(where, port):
    path = os.path.join(where, 'neutron.conf')
    with open(path, 'w') as f:
        f.write(CONFIG.format(
            dir=where, port=port, paste=os.path.join(where, 'api-paste.ini'),
            extensions=os.path.join(os.path.dirname(networking_l2gw.__file__), 'extensions')))
    with open(os.path.join(where, 'api-paste.ini'), 'w') as f:
        f.write(PASTE)
    config.register_common_config_options()
    config.init(['--config-file', path])
    config.set_config_defaults()


PASTE = """
[composite:neutron]
use = egg:Paste#urlmap
/v2.0: neutronapi_v2_0
[composite:neutronapi_v2_0]
use = call:neutron.auth:pipeline_factory
noauth = catch_errors extensions neutronapiapp_v2_0
keystone = catch_errors extensions neutronapiapp_v2_0
[filter:catch_errors]
paste.filter_factory = oslo_middleware:CatchErrors.factory
[filter:extensions]
paste.filter_factory = neutron.api.extensions:plugin_aware_extension_middleware_factory
[app:neutronapiapp_v2_0]
paste.app_factory = neutron.api.v2.router:APIRouter.factory
"""


def main():
    where, port = sys.argv[1], ''.join(sys.argv[2:])
    configure(where, port)
    if port:
        import neutron_agent
        neutron_agent.prepare(where)
    with db_api.CONTEXT_WRITER.using(neutron_context()) as session:
        model_base.BASEV2.metadata.create_all(session.get_bind())
    app = config.load_paste_app('neutron')
    if port:
        neutron_agent.run()
    socket = eventlet.listen(('127.0.0.1', 0))
    print('listening on http://127.0.0.1:%d' % socket.getsockname()[1], flush=True)
    eventlet.wsgi.server(socket, app, log_output=False)


def neutron_context():
    from neutron_lib import context
    return context.get_admin_context()


main()
