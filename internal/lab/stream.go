package lab

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Stream is a series of echo requests at a steady pace.
type Stream struct {
	cmd   *exec.Cmd
	out   transcript
	every time.Duration
}

// transcript is what a command has printed so far.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// Loss is what became of a Stream.
type Loss struct {
	Sent, Answered int
	// Longest is the time covered by the most requests in a row that were not answered. A request still under way when
	// the stream ended does not count.
	Longest time.Duration
}

func (l Loss) String() string {
	return fmt.Sprintf("%d of %d lost, at most %s in a row", l.Sent-l.Answered, l.Sent, l.Longest)
}

// Stream starts pinging from one host to another.
func (l *Lab) Stream(from, to string, every time.Duration) (*Stream, error) {
	s := &Stream{every: every}
	s.cmd = in(context.Background(), from, "ping", "-n", "-i", fmt.Sprint(every.Seconds()), l.Host(to).IP.String())
	s.cmd.Stdout, s.cmd.Stderr = &s.out, io.Discard
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("stream from %s to %s: %w", from, to, err)
	}
	return s, nil
}

// Answers is how many requests have been answered so far.
func (s *Stream) Answers() int { return len(pingAnswer.FindAllStringIndex(s.out.String(), -1)) }

// Stop ends the stream.
func (s *Stream) Stop() (Loss, error) {
	_ = s.cmd.Process.Signal(syscall.SIGINT) // ping prints its summary then
	_ = s.cmd.Wait()                         // its exit code only tells that answers are missing
	return parsePing(s.out.String(), s.every)
}

var (
	pingAnswer  = regexp.MustCompile(`icmp_seq=(\d+) ttl=`)
	pingSummary = regexp.MustCompile(`(\d+) packets transmitted`)
)

// parsePing reads what ping prints. The numbers of a series begin with 1.
func parsePing(out string, every time.Duration) (l Loss, err error) {
	summary := pingSummary.FindStringSubmatch(out)
	if summary == nil {
		return l, fmt.Errorf("ping says %q", out)
	}
	if l.Sent, err = number(summary[1]); err != nil {
		return l, err
	}
	var answered []int
	for _, m := range pingAnswer.FindAllStringSubmatch(out, -1) {
		n, err := number(m[1])
		if err != nil {
			return l, err
		}
		answered = append(answered, n)
	}
	slices.Sort(answered)
	answered = slices.Compact(answered)
	last := 0
	for _, n := range answered {
		l.Longest = max(l.Longest, time.Duration(n-last-1)*every)
		last = n
	}
	l.Answered = len(answered)
	if last < l.Sent {
		l.Sent-- // still under way
		l.Longest = max(l.Longest, time.Duration(l.Sent-last)*every)
	}
	return l, nil
}

func number(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("ping says %q: %w", s, err)
	}
	return int(n), nil
}
