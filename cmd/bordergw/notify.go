package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"bordergw/model"
)

const (
	// beats is how often within the watchdog's time the loop is asked whether it lives: often, so that a pass
	// which takes most of that time is not taken for a loop that is stuck.
	beats = 4
	// notifyTimeout bounds how long a manager that takes nothing holds up the daemon.
	notifyTimeout = time.Second
)

// notifier tells the service manager what becomes of the daemon, by the protocol of sd_notify(3). Without a
// socket it tells nobody.
type notifier struct {
	// socket is the manager's; a name that begins with @ is in the abstract namespace.
	socket string
	// watchdog is the longest time between two signs of life before the manager kills the daemon; 0 if it does not.
	watchdog time.Duration
	log      logrus.FieldLogger
}

// newNotifier reads what the manager has put into the environment. What cannot be read is logged and left out:
// a daemon that drives switches is worth more than one that its manager knows of.
func newNotifier(getenv func(string) string, log logrus.FieldLogger) notifier {
	n := notifier{socket: getenv("NOTIFY_SOCKET"), log: log}
	if of := getenv("WATCHDOG_PID"); of != "" && of != strconv.Itoa(os.Getpid()) {
		return n // it is about another process
	}
	if text := getenv("WATCHDOG_USEC"); text != "" {
		within, err := time.ParseDuration(text + "us")
		if err != nil || within <= 0 {
			log.WithField("value", text).Warn("WATCHDOG_USEC is not a number of microseconds: the service manager is sent no signs of life")
			return n
		}
		n.watchdog = within
	}
	return n
}

// ready says that the daemon serves, and shows the status to people.
func (n notifier) ready(status string) { n.send("READY=1\nSTATUS=" + status) }

// reloading says that files are read again, until ready.
func (n notifier) reloading() {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // fails for an unknown clock only
	n.send(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/int64(time.Microsecond)))
}

// stopping says that the end was asked for, or has come by itself.
func (n notifier) stopping() { n.send("STOPPING=1\nSTATUS=stopping") }

// watch sends a sign of life whenever alive returns nil, until ctx ends. It asks alive before each: a daemon
// whose loop is stuck falls silent, and the manager starts it again.
func (n notifier) watch(ctx context.Context, alive func(context.Context) error) {
	if n.socket == "" || n.watchdog <= 0 {
		return
	}
	next := time.NewTicker(n.watchdog / beats)
	defer next.Stop()
	for alive(ctx) == nil {
		n.send("WATCHDOG=1")
		select {
		case <-next.C:
		case <-ctx.Done():
		}
	}
}

// send hands the manager one message. It opens the socket for each, so that a manager that was replaced gets the next.
func (n notifier) send(state string) {
	if n.socket == "" {
		return
	}
	if err := n.write(state); err != nil {
		n.log.WithField("err", model.Plain(err)).Warn("the service manager can not be told what becomes of the daemon")
	}
}

func (n notifier) write(state string) error {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetWriteDeadline(time.Now().Add(notifyTimeout)); err != nil {
		return err
	}
	_, err = conn.Write([]byte(state))
	return err
}
