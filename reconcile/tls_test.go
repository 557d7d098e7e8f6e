package reconcile_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/vtep/transport"
	"bordergw/vtep/transport/transporttest"
)

func secure(t *testing.T, own transporttest.Pair, cas, pins map[string]string) *transport.TLS {
	t.Helper()
	log, _ := logtest.NewNullLogger()
	s, err := transport.New(transport.Config{Certificate: own.Certificate, PrivateKey: own.PrivateKey, CAs: cas, Fingerprints: pins}, log)
	require.NoError(t, err)
	return s
}

// withTLS gives a switch a certificate and the CA that it checks ours by.
func withTLS(p transporttest.Pair, ca string) ovsdbtest.Option {
	return ovsdbtest.WithArgs("--certificate="+p.Certificate, "--private-key="+p.PrivateKey, "--ca-cert="+ca)
}

// shell runs commands in a new directory, which it returns.
func shell(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

func pairIn(dir, name string) transporttest.Pair {
	return transporttest.Pair{Certificate: filepath.Join(dir, name+"-cert.pem"), PrivateKey: filepath.Join(dir, name+"-privkey.pem")}
}

func fingerprint(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	block, _ := pem.Decode(text[strings.Index(string(text), "-----BEGIN"):])
	sum := sha256.Sum256(block.Bytes)
	return hex.EncodeToString(sum[:])
}

func freePort(t *testing.T) uint16 { return uint16(ovsdbtest.ReservePort(t)) }

func (g *gate) certificate(id string) model.Condition {
	if c := model.FindCondition(g.loop.DeviceStatus(id).Conditions, "CertificateValid"); c != nil {
		return *c
	}
	return model.Condition{}
}

// Certificates of ovs-pki(8), in both directions: the subject tells which device
// dials in, and we dial a switch whose certificate has no host name that fits.
func TestOVSPKI(t *testing.T) {
	dir := shell(t, `o="ovs-pki --dir=$PWD/pki --log=$PWD/log"; $o init; $o req+sign leaf switch; $o req+sign ctl controller`)
	switches, controllers := filepath.Join(dir, "pki/switchca/cacert.pem"), filepath.Join(dir, "pki/controllerca/cacert.pem")
	tls := secure(t, pairIn(dir, "ctl"), map[string]string{"switches": switches}, nil)
	g := newGate(t, tls, "pssl:0:127.0.0.1")
	port := freePort(t)
	sw := newSwitch(t, "sw1", "192.0.2.1", withTLS(pairIn(dir, "leaf"), controllers), ovsdbtest.WithArgs(fmt.Sprintf("--remote=pssl:%d:127.0.0.1", port)))
	call(sw, "ssl:"+g.addresses[0])
	g.discovers("sw1", "neither switch sw1 nor certificate leaf is registered")
	gd := listener("leaf")
	gd.TLS = "switches"
	id := g.register(gd)
	g.reaches(id, model.DeviceInSync)
	require.Equal(t, "ssl:127.0.0.1", g.report(id).Endpoint)
	require.Equal(t, "Valid", g.certificate(id).Reason)
	g.active(g.connect(g.network(), "", &tor{name: "sw1"}))

	require.NoError(t, g.store.DeleteL2Gateway(t.Context(), g.disconnect()))
	require.NoError(t, g.store.DeleteGatewayDevice(t.Context(), id))
	sw.VtepCtl("del-manager")
	id = g.register(model.GatewayDevice{Name: "leaf", ManagementIP: "127.0.0.1", ManagementPort: port, ManagementProtocol: model.ProtocolOVSDBTLS})
	g.reaches(id, model.DeviceInSync)
	require.Equal(t, "Valid", g.certificate(id).Reason)
	require.Equal(t, fmt.Sprintf("ovsdb+ssl:127.0.0.1:%d", port), g.report(id).Endpoint)
}

// disconnect deletes the connection there is and gives its gateway.
func (g *gate) disconnect() (gateway string) {
	g.t.Helper()
	for c := range g.store.Definitions().Connections.All() {
		require.NoError(g.t, g.store.DeleteConnection(g.t.Context(), c.ID))
		gateway = c.L2GatewayID
	}
	return gateway
}

// Self-signed certificates of openssl, trusted by their fingerprint.
func TestPinnedCertificate(t *testing.T) {
	dir := shell(t, `for n in a b ctl; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=$n -keyout $n-privkey.pem -out $n-cert.pem; done`)
	a, b, ctl := pairIn(dir, "a"), pairIn(dir, "b"), pairIn(dir, "ctl")
	tls := secure(t, ctl, nil, map[string]string{"one": fingerprint(t, a.Certificate), "two": fingerprint(t, b.Certificate)})
	g := newGate(t, tls, "pssl:0:127.0.0.1", "ptcp:0:127.0.0.1")
	register := func(name, trust string) string {
		gd := listener(name)
		gd.TLS = trust
		return g.register(gd)
	}
	impostor := newSwitch(t, "sw1", "192.0.2.1", withTLS(b, ctl.Certificate))
	id := register("sw1", "one")
	call(impostor, "tcp:"+g.addresses[1])
	g.discovers("sw1", "device sw1: the peer shows no certificate")
	call(impostor, "ssl:"+g.addresses[0])
	g.discovers("sw1", "device sw1: the peer's certificate is not the pinned one")
	require.Equal(t, model.DeviceUnreachable, g.loop.DeviceStatus(id).Phase)

	real := newSwitch(t, "sw9", "192.0.2.9", withTLS(a, ctl.Certificate))
	call(real, "ssl:"+g.addresses[0])
	g.reaches(id, model.DeviceInSync)
	require.Equal(t, "sw9", g.report(id).Switches[0].Name, "the pin is surer than the name")
}

func TestF04StatusTellsWhatIsWrong(t *testing.T) {
	lab, ops := transporttest.NewCA(t, "lab"), transporttest.NewCA(t, "ops")
	own := lab.Issue("ctl")
	tls := secure(t, own, map[string]string{"lab": lab.File, "ops": ops.File}, map[string]string{"pin": own.Fingerprint})
	g := newGate(t, tls)
	dial := func(shown transporttest.Pair, checks, trust string, port uint16) string {
		newSwitch(t, fmt.Sprintf("sw%d", port), "192.0.2.1", withTLS(shown, checks), ovsdbtest.WithArgs(fmt.Sprintf("--remote=pssl:%d:127.0.0.1", port)))
		return g.register(model.GatewayDevice{ManagementIP: "127.0.0.1", ManagementPort: port, ManagementProtocol: model.ProtocolOVSDBTLS, TLS: trust})
	}
	plain := newSwitch(t, "plain", "192.0.2.2")
	for name, c := range map[string]struct{ id, reason, text string }{
		"CA of another": {dial(lab.Issue("a"), lab.File, "ops", freePort(t)), "UnknownCA", `issuer "CN=lab"`},
		"expired":       {dial(lab.Issue("a", transporttest.Expired), lab.File, "", freePort(t)), "Expired", "out of its time"},
		"other pin":     {dial(lab.Issue("a"), lab.File, "pin", freePort(t)), "WrongFingerprint", "instead of " + own.Fingerprint},
		"refuses us":    {dial(lab.Issue("a"), ops.File, "lab", freePort(t)), "Refused", "the peer refuses our certificate"},
		"not configured": {g.register(model.GatewayDevice{ManagementIP: "127.0.0.1", ManagementPort: 1, ManagementProtocol: model.ProtocolOVSDBTLS, TLS: "nosuch"}),
			"NotConfigured", `no tls-ca or tls-fingerprint named "nosuch"`},
		"plaintext": {g.register(model.GatewayDevice{ManagementIP: "127.0.0.1", ManagementPort: uint16(plain.Port()), ManagementProtocol: model.ProtocolOVSDBTLS}),
			"NotTLS", "does not speak TLS"},
	} {
		g.eventually(func() bool { return g.certificate(c.id).Reason == c.reason }, "%s: %s", name, c.reason)
		st := g.loop.DeviceStatus(c.id)
		require.Equal(t, model.DeviceUnreachable, st.Phase)
		require.Contains(t, st.LastError, c.text)
		require.False(t, g.certificate(c.id).True)
	}
}

func TestListeningDeviceNamesAnUnknownCA(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	g := newGate(t, secure(t, ca.Issue("ctl"), map[string]string{"lab": ca.File}, nil), "pssl:0:127.0.0.1")
	gd := listener("sw1")
	gd.TLS = "nosuch"
	id := g.register(gd)
	g.eventually(func() bool { return strings.Contains(g.loop.DeviceStatus(id).Detail, `named "nosuch"`) }, "it says so")
}

// F-04: a switch whose certificate is not trusted comes to nothing, whatever
// it is called.
func TestF04CallerOfAnUnknownCA(t *testing.T) {
	lab, ops := transporttest.NewCA(t, "lab"), transporttest.NewCA(t, "ops")
	g := newGate(t, secure(t, lab.Issue("ctl"), map[string]string{"lab": lab.File}, nil), "pssl:0:127.0.0.1")
	id := g.register(listener("sw1"))
	call(newSwitch(t, "sw1", "192.0.2.1", withTLS(ops.Issue("sw1"), lab.File)), "ssl:"+g.addresses[0])
	g.eventually(func() bool { return g.metric("bordergw_refused_connections_total", "UnknownCA") > 0 }, "it is refused")
	require.Empty(t, g.unregistered())
	require.Equal(t, model.DeviceUnreachable, g.loop.DeviceStatus(id).Phase)
	require.Contains(t, g.warns("connection from 127.0.0.1 refused").Data["err"], "of an unknown CA")
}

func TestF04PlainCallToATLSPort(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	g := newGate(t, secure(t, ca.Issue("ctl"), map[string]string{"lab": ca.File}, nil), "pssl:0:127.0.0.1")
	sw, target := newSwitch(t, "sw1", "192.0.2.1"), "tcp:"+g.addresses[0]
	call(sw, target)
	sw.VtepCtl("set", "Manager", target, "inactivity_probe=1000") // it says nothing before
	g.eventually(func() bool { return g.metric("bordergw_refused_connections_total", "NotTLS") > 0 }, "it is refused")
	require.Empty(t, g.unregistered())
}

// F-05: our certificate is replaced under a session, which goes on; the next one
// sees the new certificate. What expires soon is shown.
func TestF05RotationUnderASession(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	own := ca.Issue("ctl")
	tls := secure(t, own, map[string]string{"lab": ca.File}, nil)
	g := newGate(t, tls, "pssl:0:127.0.0.1")
	sw := newSwitch(t, "sw1", "192.0.2.1", withTLS(ca.Issue("sw1", transporttest.Until(24*time.Hour)), ca.File))
	id := g.register(listener("sw1"))
	call(sw, "ssl:"+g.addresses[0])
	g.reaches(id, model.DeviceInSync)
	require.Equal(t, "ExpiresSoon", g.certificate(id).Reason)
	require.True(t, g.certificate(id).True)
	require.Contains(t, g.certificate(id).Message, "the certificate of the switch ends")
	in := func(name string) time.Duration {
		return time.Until(time.Unix(int64(g.metric("bordergw_tls_certificate_expiry_seconds", name)), 0))
	}
	require.InDelta(t, 24, in("device/"+id).Hours(), 0.1)
	require.InDelta(t, 365*24, in("own").Hours(), 0.1)
	require.InDelta(t, 365*24, in("ca/lab").Hours(), 0.1)

	ca.Renew(&own, "ctl", transporttest.Until(12*time.Hour))
	g.eventually(func() bool { return in("own") < 13*time.Hour }, "the new certificate is in use")
	g.active(g.connect(g.network(), "", &tor{name: "sw1"}))
	require.Equal(t, 1, g.sessions(id), "the session stands")
	require.Contains(t, g.certificate(id).Message, "the certificate of the daemon ends")
	sw.Stop()
	sw.Run()
	g.eventually(func() bool { return g.sessions(id) == 2 }, "it dials in again")
	g.reaches(id, model.DeviceInSync)
}
