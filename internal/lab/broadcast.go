package lab

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// experimental is the EtherType that IEEE 802 leaves to local experiments: no host answers it, no switch treats it
// in a way of its own.
const experimental = 0x88b5

// Broadcast sends one frame with the given text to everybody.
func (h Host) Broadcast(text string) error { return h.broadcast(experimental, []byte(text)) }

// announce sends an ARP announcement (RFC 5227, section 3): everybody learns where the host is.
func (h Host) announce() error {
	mac, err := net.ParseMAC(h.MAC)
	if err != nil {
		return err
	}
	request := []byte{0, 1, 8, 0, 6, 4, 0, 1}
	request = append(append(request, mac...), h.IP.AsSlice()...)
	request = append(append(request, make([]byte, len(mac))...), h.IP.AsSlice()...)
	return h.broadcast(unix.ETH_P_ARP, request)
}

func (h Host) broadcast(protocol uint16, payload []byte) error {
	err := within(h.Name, func() error {
		f, err := packetSocket("eth0", protocol)
		if err != nil {
			return err
		}
		defer f.Close()
		device, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		to := &unix.SockaddrLinklayer{
			Protocol: networkOrder(protocol), Ifindex: device.Index,
			Halen: 6, Addr: [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		}
		return unix.Sendto(int(f.Fd()), payload, 0, to)
	})
	if err != nil {
		return fmt.Errorf("broadcast from %s: %w", h.Name, err)
	}
	return nil
}

// Ear counts the frames of Broadcast that reach a host.
type Ear struct {
	socket *os.File
	done   chan struct{}

	mu    sync.Mutex
	heard map[string]int // by text
}

// Listen starts counting; nothing that arrives after it has returned is missed. What the host itself sends does not
// count, unless the network brings it back.
func (h Host) Listen() (*Ear, error) {
	e := &Ear{done: make(chan struct{}), heard: map[string]int{}}
	err := within(h.Name, func() (err error) {
		if e.socket, err = packetSocket("eth0", experimental); err != nil {
			return err
		}
		return ignoreOutgoing(e.socket)
	})
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", h.Name, err)
	}
	go e.listen()
	return e, nil
}

func ignoreOutgoing(socket *os.File) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	})
	return errors.Join(err, failed)
}

func (e *Ear) listen() {
	defer close(e.done)
	buf := make([]byte, 2048)
	for {
		n, err := e.socket.Read(buf)
		if err != nil {
			return
		}
		e.mu.Lock()
		e.heard[strings.TrimRight(string(buf[:n]), "\x00")]++
		e.mu.Unlock()
	}
}

// Heard is how many copies of a text have arrived so far.
func (e *Ear) Heard(text string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard[text]
}

// Close ends the counting.
func (e *Ear) Close() error {
	err := e.socket.Close()
	<-e.done
	return err
}
