"""A VTEP that passes frames from tunnel to tunnel, made of the distribution's ovs-vtep.

ovs-vtep is loaded as it is; what differs is put in its place in memory:

* A Logical_Switch with remote MACs is realised without a VLAN binding, too.
* Physical_Locator.tunnel_key, where set, is the VNI towards that locator (hardware_vtep 1.5.0).
* A flooded frame that came from a peer of the own site goes to the ports and to the peers of other sites, one that came
  from another site to the ports and to the peers of the own: never back into the side it came from. A peer is of the
  own site when its tunnel IP is in the same /24.

Replication is always the switch's own (source_node). There is no BFD, and there are no statistics.
"""

import importlib.machinery
import importlib.util
import ipaddress
import sys

import ovs.db.idl

STOCK = "/usr/share/openvswitch/scripts/ovs-vtep"
TABLES = {
    "Logical_Switch": ["name", "tunnel_key"],
    "Physical_Locator": ["dst_ip", "tunnel_key"],
    "Physical_Locator_Set": ["locators"],
    "Ucast_Macs_Remote": ["MAC", "logical_switch", "locator"],
    "Mcast_Macs_Remote": ["MAC", "logical_switch", "locator_set"],
}


def load():
    sys.dont_write_bytecode = True  # the script's directory is not ours
    loader = importlib.machinery.SourceFileLoader("ovs_vtep", STOCK)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("ovs_vtep", loader))
    loader.exec_module(module)
    return module


stock = load()


class Database:
    """The rows of hardware_vtep that vtep-ctl does not show in full."""

    def __init__(self):
        schema = ovs.db.idl.SchemaHelper(ovs.dirs.PKGDATADIR + "/vtep.ovsschema")
        for table, columns in TABLES.items():
            schema.register_columns(table, columns)
        self.idl = ovs.db.idl.Idl("unix:%s/db.sock" % ovs.dirs.RUNDIR, schema)

    def refresh(self):
        while self.idl.run():
            pass

    def rows(self, table, logical_switch=None):
        for row in self.idl.tables[table].rows.values():
            if logical_switch is None or row.logical_switch.name == logical_switch:
                yield row

    def key(self, name):
        """The tunnel key of a Logical_Switch, None while there is none."""
        for row in self.rows("Logical_Switch"):
            if row.name == name and row.tunnel_key:
                return row.tunnel_key[0]
        return None

    def unicast(self, name):
        """MAC -> peer of a Logical_Switch."""
        return {r.MAC: peer(r.locator) for r in self.rows("Ucast_Macs_Remote", name)}

    def flood(self, name):
        """The peers that get what is for everybody."""
        return {peer(locator) for r in self.rows("Mcast_Macs_Remote", name)
                if r.MAC == "unknown-dst" for locator in r.locator_set.locators}


def peer(locator):
    """What a tunnel is known by: ADDRESS, or ADDRESS#KEY when it has a key of its own."""
    return "#".join([locator.dst_ip] + [str(key) for key in locator.tunnel_key])


database = None


class Relay(stock.Logical_Switch):
    """A Logical_Switch whose tunnels are known by peer instead of by address."""

    def near(self, tunnel):
        site = ipaddress.ip_network(stock.Tunnel_Ip + "/24", strict=False)
        return ipaddress.ip_address(tunnel.partition("#")[0]) in site

    def add_tunnel(self, tunnel, tunnel_key):
        address, _, key = tunnel.partition("#")
        others, self.tunnels = self.tunnels, {}
        super().add_tunnel("vxlan_over_ipv4/" + address, key or tunnel_key)
        made, self.tunnels = self.tunnels, others
        for port in made.values():
            self.tunnels[tunnel] = port

    def outlets(self, tunnels):
        return [self.tunnels[t][0] for t in sorted(tunnels) if t in self.tunnels]

    def update_flood(self):
        ports = list(self.ports.values())
        flows = ["priority=0,action=" + actions(ports + self.outlets(self.unknown_dsts))]
        for tunnel, (port, _, _) in self.tunnels.items():
            onward = [t for t in self.unknown_dsts if self.near(t) != self.near(tunnel)]
            flows.append("priority=1,in_port=%s,action=%s" % (port, actions(ports + self.outlets(onward))))
        stock.ovs_ofctl("del-flows %s cookie=0x6000/-1,table=1" % self.short_name)
        for flow in flows:
            stock.ovs_ofctl("add-flow %s cookie=0x6000,table=1,%s" % (self.short_name, flow))

    def update_remote_macs(self):
        key = database.key(self.name)
        if key is None:
            return
        unicast, flood = database.unicast(self.name), database.flood(self.name)
        before = dict(self.tunnels)
        wanted = flood.union(unicast.values())
        for tunnel in set(self.tunnels) - wanted:
            self.del_tunnel(tunnel)
        for tunnel in wanted - set(self.tunnels):
            self.add_tunnel(tunnel, key)
        # A tunnel made anew has another port: what pointed at it must be written again.
        macs = {mac: self.tunnels[t][0] for mac, t in unicast.items() if t in self.tunnels}
        for mac in set(self.remote_macs) - set(macs):
            self.del_remote_mac(mac)
        for mac, port in macs.items():
            if self.remote_macs.get(mac) != port:
                self.add_remote_mac(mac, unicast[mac])
        self.remote_macs = macs
        if self.tunnels != before or self.unknown_dsts != flood:
            self.unknown_dsts = flood
            self.update_flood()

    def update_stats(self):
        pass


bound = stock.handle_physical


def handle_physical():
    global database
    if database is None:
        database = Database()
    database.refresh()
    bound()
    wanted = set()
    for row in database.rows("Logical_Switch"):
        if row.tunnel_key and (database.unicast(row.name) or database.flood(row.name)):
            wanted.add(row.name)
    for name in wanted - set(stock.Lswitches):
        stock.Lswitches[name] = Relay(name, stock.ps_name)
    for name, switch in list(stock.Lswitches.items()):
        if name not in wanted and not switch.ports:
            drop(name, switch)


def drop(name, switch):
    switch.cleanup_ls()
    stock.ovs_vsctl("del-br " + switch.short_name)
    if any(row.name == name for row in database.rows("Logical_Switch")):
        stock.vtep_ctl("clear-local-macs " + name)
    del stock.Lswitches[name]


def actions(ports):
    return ",".join(ports) or "drop"


stock.Logical_Switch = Relay
stock.handle_physical = handle_physical
stock.run_bfd = lambda: None

if __name__ == "__main__":
    stock.main()
