"""networking-l2gw's agent writer at work, spoken to by lines as the raw client.

The first line of input has the work. "network" makes one transaction for each
network, as a connection does; "mac" one for each MAC, as a port event does.
"""
import json
import sys

from networking_l2gw.services.l2gateway.agent import l2gateway_config
from networking_l2gw.services.l2gateway.agent.ovsdb import ovsdb_writer
from networking_l2gw.services.l2gateway.common import config

config.register_ovsdb_opts_helper(config.cfg.CONF)


def mac_dict(mac):
    return {'uuid': '', 'mac': mac, 'logical_switch_id': '', 'physical_locator_id': '', 'ip_address': ''}


def switch_dict(network):
    return {'uuid': network['id'], 'name': network['name'], 'key': network['vni'], 'description': ''}


def connect_network(writer, work, network):
    macs = {}
    for mac, ip in network['macs']:
        macs.setdefault(ip, []).append(mac_dict(mac))
    locators = [{'uuid': uuid, 'dst_ip': ip} for ip, uuid in work['locators'].items() if ip in macs]
    port = {'uuid': work['port'], 'name': 'p1', 'physical_switch_id': '', 'port_fault_status': '',
            'vlan_bindings': [{'vlan': network['vlan'], 'logical_switch_uuid': ''}]}
    writer.update_connection_to_gateway(switch_dict(network), locators, macs, [port], 'x', 'CREATE')


def add_macs(writer, work, network):
    for mac, ip in network['macs']:
        writer.insert_ucast_macs_remote(switch_dict(network), {'uuid': work['locators'][ip], 'dst_ip': ip}, mac_dict(mac), 'x')


def main():
    work = json.loads(sys.stdin.readline())
    writer = ovsdb_writer.OVSDBWriter(config.cfg.CONF.ovsdb, l2gateway_config.L2GatewayConfig(
        {'ovsdb_identifier': 'x', 'ovsdb_ip': '127.0.0.1', 'ovsdb_port': work['tcp']}))
    print('ready', flush=True)
    sys.stdin.readline()
    do = connect_network if work['mode'] == 'network' else add_macs
    for network in work['networks']:
        do(writer, work, network)
    print('done', flush=True)
    sys.stdin.read()


main()
